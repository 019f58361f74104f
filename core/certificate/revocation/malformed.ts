// What is said of bytes that are no revocation list or OCSP answer? The reader's own words, under our codes.

import { Refusal, type RefusalCode } from '../../errors.ts';

export function malformedCrl(found: string): Refusal {
  return new Refusal('CRL_MALFORMED', { found });
}

/** Runs `read`; what der.ts refuses is refused as `code`, with what it found. */
export function readingAs<T>(code: RefusalCode, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal) || !readersOwn.has(error.code)) throw error;
    throw new Refusal(code, { ...error.detail });
  }
}

const readersOwn: ReadonlySet<RefusalCode> = new Set(['DER_MALFORMED', 'CERTIFICATE_EXTENSION_REPEATED']);
