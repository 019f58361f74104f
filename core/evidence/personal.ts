// How does evidence name a person's data without keeping it? By a digest whose salt lies with the person's erasable
// item: with the salt gone, a tax id cannot be found again by trying them all (S23).

import { createHmac } from 'node:crypto';

/** 128 bits: as many as no search reaches. */
const saltBytes = 16;

/**
 * HMAC-SHA-256 under the person's salt, base64url.
 * @param what the kind of datum, e.g. `taxId`, `email`: the same text in two places has two digests.
 * @throws TypeError for a salt below 128 bits.
 */
export function saltedDigest(salt: Uint8Array, what: string, value: string): string {
  if (salt.length < saltBytes)
    throw new TypeError(`expected a salt of ${saltBytes} bytes, found ${salt.length}`);
  return createHmac('sha256', salt).update(`apodera/personal/v1\n${what}\n${value}`).digest('base64url');
}
