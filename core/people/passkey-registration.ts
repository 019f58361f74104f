// Was this passkey really made by this person's browser, for this door, on our question? The function that checks
// factors has read the browser's answer and signs what it found; whoever seals it into a person verifies that here.

import { createHash, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import { algorithms } from './authenticator-data.ts';
import type { Passkey } from './passkey.ts';
import { requireFresh } from './proof.ts';
import { type PasskeyRegistrationStatement, parseStatement, statementHash } from './statement.ts';

export type NewPasskey = Pick<Passkey, 'credentialId' | 'publicKey' | 'algorithm' | 'rpId'>;

export interface PasskeyRegistration {
  readonly personId: string;
  /** When the browser's answer was read, RFC 3339 UTC. */
  readonly at: string;
  readonly statement: PasskeyRegistrationStatement;
  readonly passkey: NewPasskey;
  /** ECDSA P-256, SHA-256, DER, base64url, by the factor key over `registrationBytes`. */
  readonly signature: string;
}

export function registrationBytes(registration: Omit<PasskeyRegistration, 'signature'>): Uint8Array {
  const { personId, at, statement, passkey } = registration;
  const signed = {
    type: 'apodera/passkey-registered/v1',
    person_id: personId,
    at,
    statement_hash: statementHash(statement),
    credential_id: passkey.credentialId,
    public_key: passkey.publicKey,
    algorithm: passkey.algorithm,
    rp_id: passkey.rpId,
  };
  return new TextEncoder().encode(canonicalJson(signed));
}

/** @throws Refusal PROOF_* */
export function verifyRegistration(
  registration: PasskeyRegistration,
  expected: {
    readonly factorPublicKey: KeyObject;
    /** Every member that the statement must have; its nonce is its own. */
    readonly statement: Omit<PasskeyRegistrationStatement, 'nonce'>;
    readonly now: Date;
  },
): Passkey {
  const statement = parseStatement(registration?.statement);
  const { passkey } = registration ?? {};
  if (!statement || typeof registration.signature !== 'string' || !isNewPasskey(passkey))
    throw new Refusal('PROOF_MALFORMED');
  const { nonce: _, ...agreed } = statement;
  if (canonicalJson(agreed) !== canonicalJson(expected.statement)) throw new Refusal('PROOF_OTHER_STATEMENT');
  if (registration.personId !== expected.statement.person) throw new Refusal('PROOF_OTHER_PERSON');
  const signature = Buffer.from(registration.signature, 'base64url');
  if (!verify('sha256', registrationBytes(registration), expected.factorPublicKey, signature))
    throw new Refusal('PROOF_SIGNATURE_WRONG');
  requireFresh(registration.at, expected.now);
  const { credentialId, publicKey, algorithm, rpId } = passkey;
  return { credentialId, publicKey, algorithm, rpId, addedAt: expected.now, endedAt: null };
}

function isNewPasskey(value: NewPasskey | undefined): value is NewPasskey {
  const texts = [value?.credentialId, value?.publicKey, value?.rpId];
  return (
    value !== undefined &&
    texts.every((text) => typeof text === 'string' && text.length > 0) &&
    algorithms.includes(value.algorithm)
  );
}

/** base64url SHA-256: what a seal names as its reason. */
export function registrationDigest(registration: PasskeyRegistration): string {
  return createHash('sha256')
    .update(registrationBytes(registration))
    .update(Buffer.from(registration.signature, 'base64url'))
    .digest('base64url');
}
