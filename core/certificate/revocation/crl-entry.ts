// What does one entry of a revocation list say (RFC 5280 §5.3)? Which certificate it speaks of, and whether the
// list may be believed, is decided elsewhere: check-by-crls.ts.

import type { Oid } from '../certificate.ts';
import { DerReader, TAG } from '../der.ts';
import { malformedCrl } from './malformed.ts';

/** RFC 5280 §5.3.1; 7 is not used. */
export const revocationReasons = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
} as const;

export type RevocationReason = (typeof revocationReasons)[keyof typeof revocationReasons];

/** An entry for a serial that was looked for. */
export interface CrlEntry {
  readonly serialNumber: Uint8Array;
  readonly revocationDate: Date;
  /** Absent from the entry: `unspecified` (RFC 5280 §5.3.1). */
  readonly revocationReason: RevocationReason;
  readonly invalidityDate: Date | undefined;
  /** DER of the GeneralNames that the last certificateIssuer at or before this entry gave (§5.3.3). */
  readonly certificateIssuer: Uint8Array | undefined;
}

/** One whole entry as read: its values are views of the stream's buffer, to be copied if kept. */
export interface RawEntry {
  readonly serialNumber: Uint8Array;
  readonly revocationDate: Date;
  readonly reason: RevocationReason | undefined;
  readonly invalidityDate: Date | undefined;
  readonly certificateIssuer: Uint8Array | undefined;
  /** A critical extension that RFC 5280 §5.3 does not define: the list says nothing any more. */
  readonly unknownCritical: Oid | undefined;
}

const REASON_CODE = '2.5.29.21';
/** Dropped by RFC 5280; it adds nothing to certificateHold. */
const HOLD_INSTRUCTION = '2.5.29.23';
const INVALIDITY_DATE = '2.5.29.24';
const CERTIFICATE_ISSUER = '2.5.29.29';

export function readEntry(bytes: Uint8Array, at: number, end: number): RawEntry {
  const reader = new DerReader(bytes, at, end).sequence();
  const serialNumber = reader.integer();
  const revocationDate = reader.time();
  const found = new Map<Oid, DerReader>();
  let unknownCritical: Oid | undefined;
  if (!reader.done) {
    const extensions = reader.sequence();
    while (!extensions.done) {
      const extension = extensions.sequence();
      const oid = extension.oid();
      const critical = extension.defaultFalse();
      const value = extension.element(TAG.OCTET_STRING).inside();
      extension.finish();
      if (found.has(oid)) throw malformedCrl(`extension ${oid} twice in one entry`);
      found.set(oid, value);
      if (critical && !known.has(oid)) unknownCritical ??= oid;
    }
    reader.finish();
  }
  const issuer = found.get(CERTIFICATE_ISSUER);
  return {
    serialNumber,
    revocationDate,
    reason: whole(found.get(REASON_CODE), readReason),
    invalidityDate: whole(found.get(INVALIDITY_DATE), (value) => value.time()),
    certificateIssuer: whole(issuer, (value) => value.element(TAG.SEQUENCE).der),
    unknownCritical,
  };
}

const known = new Set([REASON_CODE, HOLD_INSTRUCTION, INVALIDITY_DATE, CERTIFICATE_ISSUER]);

function whole<T>(value: DerReader | undefined, read: (value: DerReader) => T): T | undefined {
  if (value === undefined) return undefined;
  const result = read(value);
  value.finish();
  return result;
}

/** ENUMERATED CRLReason. */
export function readReason(value: DerReader): RevocationReason {
  const { content } = value.element(TAG.ENUMERATED);
  const reason = revocationReasons[content[0] as keyof typeof revocationReasons];
  if (content.length !== 1 || reason === undefined) throw malformedCrl('an unknown reasonCode');
  return reason;
}
