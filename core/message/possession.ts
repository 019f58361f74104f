// Does the sender of this enrolment hold the new certificate's private key? (S11) The new key signs who, to
// whom, which message, when, and what is asked (use, reason, what it replaces), so that the proof serves for this
// enrolment only. A certificate seen on the wire can be sent by anybody; its key cannot. Whether the certificate is any
// good is asked elsewhere.

import { constants, createHash, type KeyObject, verify } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import { Refusal } from '../errors.ts';

export type PossessionAlgorithm = 'PS256' | 'ES256' | 'ES384' | 'ES512';

/** What the new key signs. `sender` and `receiver` are fin_ids; `creationDate` is the text of the message. */
export interface PossessionClaim {
  readonly thumbprint: Thumbprint;
  readonly sender: string;
  readonly receiver: string;
  readonly messageId: string;
  readonly creationDate: string;
  /** Of the message's parameters: {@link parametersDigest}. */
  readonly parametersSha256: string;
}

/** As it stands in the message: base64 of the signature; EC in IEEE P1363 form, fixed length. */
export interface PossessionProof {
  readonly alg: string;
  readonly signature: string;
}

declare const proved: unique symbol;

/** Proof that the sender holds the key of `thumbprint`. Only verifyPossession makes one. */
export interface ProvedPossession {
  readonly thumbprint: Thumbprint;
  readonly [proved]: true;
}

const hashes = { PS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' } as const;
/** RFC 7518 §3.4: each ES algorithm is bound to one curve. */
const curves = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' } as const;

/**
 * base64url of SHA-256 over the RFC 8785 JSON of all parameters but the proof itself. Members that are undefined
 * stand for absent ones.
 */
export function parametersDigest(parameters: object): string {
  const { proof_of_possession, ...rest } = parameters as Record<string, Json | undefined>;
  return createHash('sha256').update(canonicalJson(rest)).digest('base64url');
}

/** The bytes to sign: RFC 8785 JSON. All values are strings and the names stand sorted, so JSON.stringify is it. */
export function possessionStatement(claim: PossessionClaim): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      creation_date: claim.creationDate,
      message_id: claim.messageId,
      parameters_sha256: claim.parametersSha256,
      receiver: claim.receiver,
      sender: claim.sender,
      thumbprint: claim.thumbprint,
      type: 'apodera/possession/v2',
    }),
  );
}

/** @throws Refusal POSSESSION_MALFORMED, POSSESSION_NOT_PROVED */
export function verifyPossession(
  claim: PossessionClaim,
  proof: PossessionProof,
  publicKey: KeyObject,
): ProvedPossession {
  const algorithm = algorithmOf(proof.alg);
  const signature = Buffer.from(proof.signature, 'base64');
  if (signature.length === 0 || signature.toString('base64') !== proof.signature) {
    throw new Refusal('POSSESSION_MALFORMED', { parameter: 'signature', expected: 'canonical base64' });
  }
  if (!keyFits(algorithm, publicKey)) {
    throw new Refusal('POSSESSION_NOT_PROVED', {
      parameter: 'alg',
      expected: "the new key's own",
      found: algorithm,
    });
  }
  const key =
    algorithm === 'PS256'
      ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      : { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
  if (!verify(hashes[algorithm], possessionStatement(claim), key, signature)) {
    throw new Refusal('POSSESSION_NOT_PROVED');
  }
  return { thumbprint: claim.thumbprint } as ProvedPossession;
}

function algorithmOf(alg: string): PossessionAlgorithm {
  if (Object.hasOwn(hashes, alg)) return alg as PossessionAlgorithm;
  throw new Refusal('POSSESSION_MALFORMED', { parameter: 'alg', expected: Object.keys(hashes).join(', ') });
}

function keyFits(algorithm: PossessionAlgorithm, key: KeyObject): boolean {
  if (algorithm === 'PS256') return key.asymmetricKeyType === 'rsa';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curves[algorithm];
}
