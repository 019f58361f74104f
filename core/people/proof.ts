// Did this person, with their own second factor, agree to exactly this? Pure and offline: the passkey's own signature
// over the statement's hash, the node's factor key for the time and for password and authenticator, statement, person,
// age at the vote. It does not say whether the person may decide (person.ts).

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';
import { type Assertion, isAssertion, type Passkey, passkeysAt, verifyAssertion } from './passkey.ts';
import { parseStatement, type Statement, statementHash } from './statement.ts';

interface CheckedProof<S extends Statement> {
  readonly personId: string;
  /** When the factor was checked, RFC 3339 UTC. */
  readonly at: string;
  readonly statement: S;
  /** ECDSA P-256, SHA-256, DER, base64url, by the one function that checks factors, over `proofBytes`. */
  readonly signature: string;
}

export interface PasswordProof<S extends Statement = Statement> extends CheckedProof<S> {
  readonly method: 'password+totp';
}

/** The assertion's challenge is the statement's hash: the person's own device signed what was agreed to. */
export interface PasskeyProof<S extends Statement = Statement> extends CheckedProof<S> {
  readonly method: 'passkey';
  readonly assertion: Assertion;
}

export type Proof<S extends Statement = Statement> = PasswordProof<S> | PasskeyProof<S>;
type Unsigned = Omit<PasswordProof, 'signature'> | Omit<PasskeyProof, 'signature'>;

declare const verified: unique symbol;
export type VerifiedProof<S extends Statement = Statement> = Proof<S> & { readonly [verified]: true };

export interface ProofExpectation<S extends Statement> {
  /** SPKI of the factor key. */
  readonly factorPublicKey: KeyObject | Uint8Array;
  readonly personId: string;
  /** Of the person's sealed record; none where the person has none. */
  readonly passkeys: readonly Passkey[] | undefined;
  /** When the vote was, or is about to be, recorded. */
  readonly votedAt: Date;
  /** Every member the statement must have; its nonce is the proof's own. */
  readonly statement: Omit<S, 'nonce'>;
}

/** What the factor key signs: UTF-8 of RFC 8785 JSON. */
export function proofBytes(proof: Unsigned): Uint8Array {
  const signed = {
    type: 'apodera/factor-proof/v1',
    method: proof.method,
    person_id: proof.personId,
    at: proof.at,
    statement_hash: statementHash(proof.statement),
    ...(proof.method === 'passkey' && { assertion_hash: assertionHash(proof.assertion) }),
  };
  return new TextEncoder().encode(canonicalJson(signed));
}

function assertionHash(assertion: Assertion): string {
  return createHash('sha256')
    .update(canonicalJson({ ...assertion }))
    .digest('base64url');
}

/** @throws Refusal PROOF_*, PASSKEY_*, FACTOR_FALLBACK_CLOSED */
export function verifyProof<S extends Statement>(
  proof: Proof,
  expected: ProofExpectation<S>,
): VerifiedProof<S> {
  const statement = parseStatement(proof?.statement);
  if (!statement || !isWhole(proof)) throw new Refusal('PROOF_MALFORMED');
  if (proof.personId !== expected.personId) throw new Refusal('PROOF_OTHER_PERSON');
  const { nonce: _, ...agreed } = statement;
  if (canonicalJson(agreed) !== canonicalJson(expected.statement as Json))
    throw new Refusal('PROOF_OTHER_STATEMENT');
  const key = keyOf(expected.factorPublicKey);
  if (!verify('sha256', proofBytes(proof), key, Buffer.from(proof.signature, 'base64url')))
    throw new Refusal('PROOF_SIGNATURE_WRONG');
  requireOwnFactor(proof, statement, expected.passkeys);
  requireFresh(proof.at, expected.votedAt);
  return proof as VerifiedProof<S>;
}

function isWhole(proof: Proof): boolean {
  if (typeof proof.signature !== 'string') return false;
  return proof.method === 'password+totp' || (proof.method === 'passkey' && isAssertion(proof.assertion));
}

/** S14: whoever had a passkey at that moment decided with it. */
function requireOwnFactor(
  proof: Proof,
  statement: Statement,
  passkeys: readonly Passkey[] | undefined,
): void {
  const counted = passkeysAt(passkeys, new Date(proof.at));
  if (proof.method === 'password+totp') {
    if (counted.length > 0) throw new Refusal('FACTOR_FALLBACK_CLOSED');
    return;
  }
  const own = counted.find(({ credentialId }) => credentialId === proof.assertion.credentialId);
  if (!own) throw new Refusal('PASSKEY_UNKNOWN');
  verifyAssertion(proof.assertion, own, statementHash(statement));
}

/** base64url SHA-256 of the whole proof: what a seal names as its reason. */
export function proofDigest(proof: Proof): string {
  return createHash('sha256')
    .update(proofBytes(proof))
    .update(Buffer.from(proof.signature, 'base64url'))
    .digest('base64url');
}

function keyOf(key: KeyObject | Uint8Array): KeyObject {
  return key instanceof Uint8Array
    ? createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
    : key;
}

/**
 * At most 5 minutes between factor and vote; a factor from the future is no factor, 5 s of skew apart.
 * @throws Refusal PROOF_TOO_OLD
 */
export function requireFresh(at: string, votedAt: Date): void {
  const ageMs = votedAt.getTime() - Date.parse(at);
  if (!(ageMs >= -peoplePolicy.proofSkewMs && ageMs <= peoplePolicy.proofLifeMs))
    throw new Refusal('PROOF_TOO_OLD');
}
