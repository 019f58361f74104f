// What does this OCSP answer prove about this certificate (RFC 6960 §3.2)? The signature, whose it is, that it
// speaks of this certificate, and that it is of now. Fetching is an adapter's; lists are check-by-crls.ts.

import { Refusal } from '../../errors.ts';
import { revocationPolicy } from '../../policy.ts';
import { checkSignature } from '../algorithms.ts';
import type { Extension } from '../certificate.ts';
import { readSingle, TAG } from '../der.ts';
import { sameBytes } from '../parse.ts';
import { readPublicKey } from '../public-key.ts';
import type { RevocationAnswer, Word } from './answer.ts';
import { staleAt } from './freshness.ts';
import { certIdHashes, digest, NONCE, type OcspQuestion, publicKeyBits } from './ocsp-request.ts';
import { responderOf } from './ocsp-responder.ts';
import { type OcspResponse, parseOcspResponse, type SingleResponse } from './ocsp-response.ts';

export interface OcspCheckInput extends OcspQuestion {
  /** DER, as it came; size is bounded where it is fetched. */
  readonly response: Uint8Array;
  /** How the answer calls its source: the responder's URL. */
  readonly source: string;
  readonly now: Date;
  /** As sent: the answer must repeat it. */
  readonly nonce?: Uint8Array;
}

/** Never throws for what an answer holds: what does not count is named in `refusals`. */
export function checkRevocationByOcsp(input: OcspCheckInput): RevocationAnswer {
  try {
    return verifyOcsp(input);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      status: 'unknown',
      trouble: error.code === 'OCSP_STALE' ? 'stale' : 'unavailable',
      refusals: [error],
    };
  }
}

/** Throws an `OCSP_*` refusal, or what the responder's certificate, key or algorithm is refused for. */
export function verifyOcsp(input: OcspCheckInput): RevocationAnswer {
  const response = parseOcspResponse(input.response);
  const singles = response.singles.filter((single) => isAbout(single, input));
  if (singles.length === 0) throw new Refusal('OCSP_CERTIFICATE_NOT_NAMED', { clause: 'RFC 6960 §3.2(1)' });
  checkNonce(response, input.nonce);
  for (const single of singles) checkTimes(single, response, input.now);
  const extensions = [response.extensions, ...singles.map((single) => single.extensions)].flat();
  checkExtensions(extensions);
  // Last, because it costs: (2) the signature, (3) the signer is who it says, (4) authorised.
  const responder = responderOf(response, input);
  try {
    checkSignature(readPublicKey(responder.spki), response.algorithm, response.tbs, response.signature);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'SIGNATURE_WRONG') throw error;
    throw new Refusal('OCSP_SIGNATURE_INVALID', { clause: 'RFC 6960 §3.2(2)' });
  }
  // Said twice, the worse word counts.
  const worst = ['revoked', 'unknown', 'good'] as const;
  const single = worst.flatMap((kind) => singles.filter(({ status }) => status.kind === kind))[0]!;
  return answerOf(single, input.source);
}

function answerOf({ status, thisUpdate, nextUpdate }: SingleResponse, source: string): RevocationAnswer {
  const word: Word = { sources: [source], thisUpdate, nextUpdate };
  if (status.kind === 'revoked') {
    const { at: revocationDate, reason: revocationReason } = status;
    return { status: 'revoked', ...word, revocationDate, revocationReason, invalidityDate: undefined };
  }
  if (status.kind === 'good') return { status: 'good', ...word };
  return { status: 'unknown', trouble: undefined, refusals: [] };
}

/** CertID: both hashes and the serial; an algorithm that we do not know names nothing (§4.1.1). */
function isAbout(single: SingleResponse, { certificate, issuer }: OcspQuestion): boolean {
  const hash = certIdHashes[single.hashOid];
  return (
    hash !== undefined &&
    sameBytes(single.serialNumber, certificate.serialNumber) &&
    sameBytes(single.issuerNameHash, digest(hash, certificate.issuer.der)) &&
    sameBytes(single.issuerKeyHash, digest(hash, publicKeyBits(issuer.spki)))
  );
}

/** §3.2 (5), (6), §4.2.2.1. */
function checkTimes(single: SingleResponse, response: OcspResponse, now: Date): void {
  const ahead = now.getTime() + revocationPolicy.clockSkew;
  for (const date of [single.thisUpdate, response.producedAt]) {
    if (date.getTime() > ahead) throw new Refusal('OCSP_NOT_YET_VALID', { found: date.toISOString() });
  }
  const stale = staleAt(single);
  if (now > stale) throw new Refusal('OCSP_STALE', { found: stale.toISOString(), retryable: true });
}

/** RFC 9654 §2.1: an OCTET STRING inside the extension's; some responders leave the inner one out. */
function checkNonce(response: OcspResponse, sent: Uint8Array | undefined): void {
  if (!sent) return;
  const value = response.extensions.find(({ oid }) => oid === NONCE)?.value;
  const repeated =
    value && (value[0] === TAG.OCTET_STRING ? readSingle(value, TAG.OCTET_STRING).content : value);
  if (!repeated || !sameBytes(repeated, sent)) {
    throw new Refusal('OCSP_NONCE_WRONG', {
      found: repeated ? 'another nonce' : 'none',
      clause: 'RFC 9654 §2.1',
    });
  }
}

/** Nonce, CRL references, archive cutoff, extended revoke: they change nothing in what is read here. */
const harmless: ReadonlySet<string> = new Set([
  NONCE,
  '1.3.6.1.5.5.7.48.1.3',
  '1.3.6.1.5.5.7.48.1.6',
  '1.3.6.1.5.5.7.48.1.9',
]);

function checkExtensions(extensions: readonly Extension[]): void {
  const unknown = extensions.find(({ oid, critical }) => critical && !harmless.has(oid));
  if (unknown) throw new Refusal('OCSP_CRITICAL_EXTENSION_UNKNOWN', { found: unknown.oid });
}
