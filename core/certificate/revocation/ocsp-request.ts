// How is a responder asked about one certificate (RFC 6960 §4.1, RFC 5019, RFC 9654)? Bytes only; sending them is
// adapters/http/revocation-fetch.ts, believing the answer ocsp.ts.

import { createHash } from 'node:crypto';
import type { ParsedCertificate } from '../certificate.ts';
import { DerReader } from '../der.ts';
import { context, nullValue, objectIdentifier, octetString, sequence, tlv } from '../der-writer.ts';

export type CertIdHash = 'sha1' | 'sha256';

export const certIdHashes: Readonly<Record<string, CertIdHash>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
};
const hashIds = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;
export const NONCE = '1.3.6.1.5.5.7.48.1.2';

export interface OcspQuestion {
  readonly certificate: ParsedCertificate;
  readonly issuer: ParsedCertificate;
}

/**
 * DER of an OCSPRequest. SHA-1 is here a name, not a signature: responders of RFC 5019 know no other. A nonce has
 * 32 octets (RFC 9654 §2.1); send one only to responders that repeat it, as `verifyOcsp` will insist.
 */
export function ocspRequest(
  question: OcspQuestion,
  options: { readonly hash?: CertIdHash; readonly nonce?: Uint8Array } = {},
): Uint8Array {
  const request = sequence(certIdOf(question, options.hash ?? 'sha1'));
  const nonce = options.nonce && sequence(objectIdentifier(NONCE), octetString(octetString(options.nonce)));
  return sequence(sequence(sequence(request), ...(nonce ? [context(2, sequence(nonce))] : [])));
}

/** DER of a CertID (RFC 6960 §4.1.1). */
export function certIdOf({ certificate, issuer }: OcspQuestion, hash: CertIdHash): Uint8Array {
  return sequence(
    sequence(objectIdentifier(hashIds[hash]), nullValue()),
    octetString(digest(hash, certificate.issuer.der)),
    octetString(digest(hash, publicKeyBits(issuer.spki))),
    tlv(0x02, certificate.serialNumber),
  );
}

/** URL of the GET form (RFC 6960 A.1): base64 of the request, each special character escaped, after a slash. */
export function ocspGetUrl(responder: string, request: Uint8Array): string {
  const slash = responder.endsWith('/') ? '' : '/';
  return `${responder}${slash}${encodeURIComponent(Buffer.from(request).toString('base64'))}`;
}

/** Content of subjectPublicKey without the count of unused bits: what issuerKeyHash and KeyHash are taken over. */
export function publicKeyBits(spki: Uint8Array): Uint8Array {
  const fields = new DerReader(spki).sequence();
  fields.sequence();
  return fields.bitString().bytes;
}

export function digest(hash: CertIdHash, bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}
