// What stands after the entries of a revocation list: its extensions (RFC 5280 §5.2) and its signature. Whether
// they admit the list for a certificate is decided in crl-scope.ts and check-by-crls.ts.

import type { Extension, Oid } from '../certificate.ts';
import { contextConstructed, contextPrimitive, DerReader, TAG } from '../der.ts';
import { readAlgorithm, readExtensionList, sameBytes } from '../parse.ts';
import type { CrlHead } from './crl-head.ts';
import {
  type DistributionPoint,
  type IssuingDistributionPoint,
  readDistributionPoints,
  readIssuingDistributionPoint,
} from './distribution-points.ts';
import { malformedCrl } from './malformed.ts';

export interface CrlExtensions {
  /** keyIdentifier of authorityKeyIdentifier: a hint at the signer's key, never a proof. */
  readonly authorityKeyId: Uint8Array | undefined;
  /** DER of the whole authorityKeyIdentifier: a delta must name the same key as its base (§6.3.3(c)). */
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly crlNumber: bigint | undefined;
  /** BaseCRLNumber: present on delta lists only. */
  readonly deltaBase: bigint | undefined;
  readonly scope: IssuingDistributionPoint | undefined;
  readonly scopeDer: Uint8Array | undefined;
  readonly freshestCrl: readonly DistributionPoint[];
  /** A critical extension that RFC 5280 §5.2 does not define: the list must not be used. */
  readonly unknownCritical: Oid | undefined;
}

export interface CrlTail {
  readonly extensions: CrlExtensions;
  readonly signature: Uint8Array;
}

const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const ISSUER_ALT_NAME = '2.5.29.18';
const CRL_NUMBER = '2.5.29.20';
const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const FRESHEST_CRL = '2.5.29.46';
const known: ReadonlySet<Oid> = new Set([
  AUTHORITY_KEY_IDENTIFIER,
  ISSUER_ALT_NAME,
  CRL_NUMBER,
  DELTA_CRL_INDICATOR,
  ISSUING_DISTRIBUTION_POINT,
  FRESHEST_CRL,
]);

/** `bytes` are those from the end of the entries to the end of the list. */
export function readTail(bytes: Uint8Array, head: CrlHead): CrlTail {
  const tbs = new DerReader(bytes, 0, head.tbsEnd - head.entriesEnd);
  const wrapper = tbs.optional(contextConstructed(0));
  tbs.finish();
  // §5.1.2.7: extensions belong to version 2.
  if (wrapper && head.version !== 2) throw malformedCrl('extensions in a list of version 1');
  const inside = wrapper?.inside();
  const extensions = inside ? readExtensionList(inside) : [];
  inside?.finish();
  const rest = new DerReader(bytes, tbs.end);
  const algorithm = readAlgorithm(rest);
  const signature = rest.bitString();
  rest.finish();
  // §5.1.1.2: what is signed must be what was announced.
  if (!sameBytes(algorithm.der, head.algorithm.der)) throw malformedCrl('two different signature algorithms');
  if (signature.unusedBits !== 0) throw malformedCrl('a signature of broken octets');
  return { extensions: meaningOf(extensions), signature: signature.bytes };
}

function meaningOf(extensions: readonly Extension[]): CrlExtensions {
  const value = (oid: Oid) => extensions.find((extension) => extension.oid === oid)?.value;
  const authorityKeyIdentifier = value(AUTHORITY_KEY_IDENTIFIER);
  const scopeDer = value(ISSUING_DISTRIBUTION_POINT);
  const freshest = value(FRESHEST_CRL);
  return {
    authorityKeyIdentifier,
    authorityKeyId: authorityKeyIdentifier && keyIdentifier(authorityKeyIdentifier),
    crlNumber: numberOf(value(CRL_NUMBER)),
    deltaBase: numberOf(value(DELTA_CRL_INDICATOR)),
    scope: scopeDer && readIssuingDistributionPoint(scopeDer),
    scopeDer,
    freshestCrl: freshest ? readDistributionPoints(freshest) : [],
    unknownCritical: extensions.find((extension) => extension.critical && !known.has(extension.oid))?.oid,
  };
}

/** CRLNumber: INTEGER (0..MAX), at most 20 octets (§5.2.3). */
function numberOf(der: Uint8Array | undefined): bigint | undefined {
  if (!der) return undefined;
  const reader = new DerReader(der);
  const content = reader.integer();
  reader.finish();
  if (content[0]! >= 0x80 || content.length > 21) throw malformedCrl('a CRLNumber out of range');
  return BigInt(`0x${Buffer.from(content).toString('hex')}`);
}

function keyIdentifier(der: Uint8Array): Uint8Array | undefined {
  const fields = new DerReader(der).enter(TAG.SEQUENCE);
  return fields.tag === contextPrimitive(0) ? fields.octetString(contextPrimitive(0)) : undefined;
}
