// Who may answer for this issuer (RFC 6960 §4.2.2.2)? The issuer's own key, or one that the issuer itself certified
// for OCSP signing. The answer's signature is checked in ocsp.ts, with the key found here.

import { Refusal } from '../../errors.ts';
import { checkSignature } from '../algorithms.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { extendedKeyUsageOf, KEY_USAGE, keyUsageOf } from '../extensions.ts';
import { sameName } from '../name-match.ts';
import { sameBytes } from '../parse.ts';
import { checkCertificate } from '../path-rules.ts';
import { readPublicKey } from '../public-key.ts';
import { digest, publicKeyBits } from './ocsp-request.ts';
import { certificatesOf, type OcspResponse } from './ocsp-response.ts';

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const OCSP_NOCHECK = '1.3.6.1.5.5.7.48.1.5';
/** Certificates of one answer that are looked at; one is usual. */
const looked = 4;

/** Throws `OCSP_RESPONDER_NOT_AUTHORISED`, or what the responder's certificate is refused for. */
export function responderOf(
  response: OcspResponse,
  input: { readonly issuer: ParsedCertificate; readonly now: Date },
): ParsedCertificate {
  if (isNamed(response, input.issuer)) return input.issuer;
  const candidates = certificatesOf(response, looked).filter((candidate) => isNamed(response, candidate));
  let refusal = notAuthorised('the certificate of the responder that the answer names');
  for (const candidate of candidates) {
    try {
      checkDelegate(candidate, input);
      return candidate;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function isNamed({ responder }: OcspResponse, { subject, spki }: ParsedCertificate): boolean {
  if ('name' in responder) return sameName(responder.name, subject);
  // KeyHash is SHA-1 whatever CertID uses (§4.2.1).
  return sameBytes(responder.keyHash, digest('sha1', publicKeyBits(spki)));
}

function checkDelegate(
  delegate: ParsedCertificate,
  { issuer, now }: Parameters<typeof responderOf>[1],
): void {
  // Issued by this very key: another CA under the same anchor has no say.
  if (!sameName(delegate.issuer, issuer.subject))
    throw notAuthorised('a responder certified by the issuer itself');
  // anyExtendedKeyUsage is no delegation: the purpose must stand there.
  if (!extendedKeyUsageOf(delegate)?.includes(OCSP_SIGNING)) throw notAuthorised('id-kp-OCSPSigning');
  const usage = keyUsageOf(delegate);
  if (usage !== undefined && !(usage & (KEY_USAGE.DIGITAL_SIGNATURE | KEY_USAGE.NON_REPUDIATION))) {
    throw notAuthorised('digitalSignature');
  }
  checkCertificate(delegate, now);
  try {
    checkSignature(readPublicKey(issuer.spki), delegate.signatureAlgorithm, delegate.tbs, delegate.signature);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'SIGNATURE_WRONG') {
      throw notAuthorised('a responder certified by the issuer itself');
    }
    throw error;
  }
  // §4.2.2.2.1: the others would have to be asked about in their turn; ours is to believe none of them.
  if (!delegate.extension(OCSP_NOCHECK)) throw notAuthorised('ocsp-nocheck');
}

function notAuthorised(expected: string): Refusal {
  return new Refusal('OCSP_RESPONDER_NOT_AUTHORISED', { expected, clause: 'RFC 6960 §4.2.2.2' });
}
