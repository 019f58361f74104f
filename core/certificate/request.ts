// How does one ask a PSC for a certificate (PKCS #10, RFC 2986)? Subject, public key, and a signature by the key
// itself. The private key stays where it is: signing is a function handed in. What the PSC makes of it is its own.

import { bitString, context, integer, nullValue, objectIdentifier, sequence } from './der-writer.ts';
import { encodeName, type NameAttribute } from './name-writer.ts';

/** Signature algorithms that every PSC takes: RSASSA-PKCS1-v1_5 and ECDSA, with SHA-256 (P-384: SHA-384). */
const requestAlgorithms = {
  'rsa-sha256': sequence(objectIdentifier('1.2.840.113549.1.1.11'), nullValue()),
  'ecdsa-sha256': sequence(objectIdentifier('1.2.840.10045.4.3.2')),
  'ecdsa-sha384': sequence(objectIdentifier('1.2.840.10045.4.3.3')),
} as const;
export type RequestAlgorithm = keyof typeof requestAlgorithms;

export interface RequestInput {
  readonly subject: readonly NameAttribute[];
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly algorithm: RequestAlgorithm;
  /** Signs the bytes themselves (not a digest of them). ECDSA: DER, RFC 3279 §2.2.3. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** CertificationRequest, DER. No attributes: PSCs of the region write the extensions themselves. */
export async function buildRequest({ subject, spki, algorithm, sign }: RequestInput): Promise<Uint8Array> {
  const information = sequence(integer(0), encodeName(subject), spki, context(0));
  const signature = await sign(information);
  return sequence(information, requestAlgorithms[algorithm], bitString(signature));
}
