// Is this list signed by this certificate's key, and may that key sign lists? RFC 5280 §6.3.3 (f) to (h), but for
// the signer's own path, which the caller has proved. A VerifiedCrl may be stale, or of another scope.

import { Refusal } from '../../errors.ts';
import { revocationPolicy } from '../../policy.ts';
import type { AlgorithmIdentifier, ParsedCertificate } from '../certificate.ts';
import { KEY_USAGE, keyUsageOf, subjectKeyIdOf } from '../extensions.ts';
import { sameName } from '../name-match.ts';
import { sameBytes } from '../parse.ts';
import { keyObjectOf, type PublicKey, readPublicKey } from '../public-key.ts';
import type { ScannedCrl } from './crl-scan.ts';

const RSASSA_PSS = '1.2.840.113549.1.1.10';

declare const verified: unique symbol;

/** A list with the name that the caller knows it by: the URL it came from. */
export interface OfferedCrl {
  readonly source: string;
  readonly crl: ScannedCrl;
}

/** Proof that `signer` signed the list and that all in it is understood. */
export interface VerifiedCrl extends OfferedCrl {
  readonly [verified]: true;
  readonly signer: ParsedCertificate;
}

const checked = new WeakMap<ScannedCrl, Map<string, boolean>>();

/**
 * Throws `CRL_ISSUER_NOT_AUTHORISED`, `CRL_SIGNATURE_INVALID`, `CRL_CRITICAL_EXTENSION_UNKNOWN`, `CRL_MALFORMED`,
 * `CRL_NOT_YET_VALID`, and what a key or algorithm is refused for.
 */
export function verifyCrl(offered: OfferedCrl, signer: ParsedCertificate, now: Date): VerifiedCrl {
  const { crl } = offered;
  if (!sameName(signer.subject, crl.head.issuer)) {
    throw new Refusal('CRL_ISSUER_NOT_AUTHORISED', { expected: 'the issuer that the list names' });
  }
  const usage = keyUsageOf(signer);
  if (usage !== undefined && !(usage & KEY_USAGE.CRL_SIGN)) {
    throw new Refusal('CRL_ISSUER_NOT_AUTHORISED', { expected: 'cRLSign', clause: 'RFC 5280 §6.3.3(f)' });
  }
  const unknown = crl.extensions.unknownCritical ?? crl.unknownCriticalEntryExtension;
  if (unknown !== undefined) {
    throw new Refusal('CRL_CRITICAL_EXTENSION_UNKNOWN', { found: unknown, clause: 'RFC 5280 §5.2, §5.3' });
  }
  if (crl.namesOtherIssuers && !crl.extensions.scope?.indirectCrl) {
    throw new Refusal('CRL_MALFORMED', { found: 'certificateIssuer in a list that is not indirect' });
  }
  if (crl.head.thisUpdate.getTime() > now.getTime() + revocationPolicy.clockSkew) {
    throw new Refusal('CRL_NOT_YET_VALID', { found: crl.head.thisUpdate.toISOString() });
  }
  if (!isSignedBy(crl, signer)) throw new Refusal('CRL_SIGNATURE_INVALID', { clause: 'RFC 5280 §6.3.3(g)' });
  return { ...offered, signer } as unknown as VerifiedCrl;
}

/** A streamed list can be asked once per key: the answer is kept with the list. */
function isSignedBy(crl: ScannedCrl, { spki }: ParsedCertificate): boolean {
  const key = Buffer.from(spki).toString('base64');
  const answers = checked.get(crl) ?? new Map<string, boolean>();
  checked.set(crl, answers);
  const known = answers.get(key);
  if (known !== undefined) return known;
  const signer = readPublicKey(spki);
  const holds = mayVerify(signer, crl.head.algorithm) && crl.signedBy(keyObjectOf(signer));
  answers.set(key, holds);
  return holds;
}

/** RFC 4055 §3.3: a key bound to RSASSA-PSS, or to its parameters, verifies nothing else. */
function mayVerify(key: PublicKey, { oid, parameters }: AlgorithmIdentifier): boolean {
  if (key.kind !== 'RSA' || !key.pssOnly) return true;
  if (oid !== RSASSA_PSS) return false;
  return !key.pssParameters || (parameters !== undefined && sameBytes(key.pssParameters, parameters));
}

/** Those whose key the list points at come first; the hint decides nothing else (RFC 5280 §4.2.1.1). */
export function likeliestFirst(
  crl: ScannedCrl,
  signers: readonly ParsedCertificate[],
): readonly ParsedCertificate[] {
  const hint = crl.extensions.authorityKeyId;
  const rank = (signer: ParsedCertificate) => {
    const id = hint && subjectKeyIdOf(signer);
    return id ? (sameBytes(id, hint) ? 0 : 2) : 1;
  };
  return signers.length > 1 ? [...signers].sort((a, b) => rank(a) - rank(b)) : signers;
}
