// Is it this person? Checks a passkey's answer, or password and authenticator code, and only then signs the statement
// with the factor key: no other function may. It signs nothing whose every member it does not understand, and reads no
// decision.

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import { Refusal } from '../../core/errors.ts';
import { admitAttempt, codeLimits, failureLimits } from '../../core/people/failures.ts';
import { passkeysAt } from '../../core/people/passkey.ts';
import { checkPassword } from '../../core/people/password.ts';
import { type Person, requireActive } from '../../core/people/person.ts';
import type { Factors, Failures, KnownFactor } from '../../core/people/ports.ts';
import { type Proof, proofBytes } from '../../core/people/proof.ts';
import type { FactorAttempt } from '../../core/people/second-factor.ts';
import { parseStatement, type Statement } from '../../core/people/statement.ts';
import { checkTotp } from '../../core/people/totp.ts';
import type { Signer } from '../../core/ports.ts';
import { type PasskeyDeps, requirePasskey } from './passkeys.ts';

export interface CheckFactorDeps extends Omit<PasskeyDeps, 'sign'> {
  readonly factors: Factors;
  readonly failures: Failures;
  readonly decryptSecret: (encrypted: string, personId: string) => Promise<string>;
  /** ECDSA P-256. */
  readonly factorSigner: Signer;
  /** `off`: who has no passkey cannot decide here. */
  readonly passwordFallback: 'allowed' | 'off';
}

export interface CheckFactorInput {
  readonly personId: string;
  readonly statement: unknown;
  readonly attempt: FactorAttempt;
  readonly source: string;
}

/** @throws Refusal FACTOR_*, PASSKEY_*, TRIES_EXHAUSTED, PERSON_*, PROOF_* */
export async function checkFactor(deps: CheckFactorDeps, input: CheckFactorInput): Promise<Proof> {
  const statement = admitStatement(deps, input);
  const { personId, attempt } = input;
  if (attempt?.method === 'passkey') return passkeyProof(deps, input, statement);
  const now = deps.clock.now();
  const suspends = 'action' in statement && statement.action === 'participant.suspend';
  const limits = failureLimits(personId, input.source, suspends);
  admitAttempt(limits, await deps.failures.begin(limits, now), now);
  const { person, factor } = await requirePassword(deps, input);
  const ofCode = codeLimits(personId, suspends);
  admitAttempt(ofCode, await deps.failures.begin(ofCode, now), now);
  await requireCode(deps, input, person, factor, now);
  await deps.failures.forget([...limits, ...ofCode]);
  const unsigned = { method: 'password+totp' as const, personId, at: now.toISOString(), statement };
  return { ...unsigned, signature: await signed(deps, proofBytes(unsigned)) };
}

/** S29: no count of failures stands before a passkey; it cannot be guessed. */
async function passkeyProof(
  deps: CheckFactorDeps,
  { personId, attempt }: CheckFactorInput,
  expected: Statement,
): Promise<Proof> {
  if (attempt.method !== 'passkey') throw new Refusal('PROOF_MALFORMED');
  const { assertion } = attempt;
  const person = await deps.people.person(personId);
  const passkeyDeps = { ...deps, sign: (bytes: Uint8Array) => signed(deps, bytes) };
  const statement = await requirePasskey(passkeyDeps, person, assertion, personId);
  // The nonce is the one that was asked with; everything else is what is about to be done.
  if (canonicalJson({ ...statement, nonce: '' }) !== canonicalJson({ ...expected, nonce: '' }))
    throw new Refusal('PROOF_OTHER_STATEMENT');
  const at = deps.clock.now().toISOString();
  const unsigned = { method: 'passkey' as const, personId, at, statement, assertion };
  return { ...unsigned, signature: await signed(deps, proofBytes(unsigned)) };
}

/** base64url, by the factor key. */
export async function signed(
  { factorSigner }: Pick<CheckFactorDeps, 'factorSigner'>,
  bytes: Uint8Array,
): Promise<string> {
  const digest = createHash('sha256').update(bytes).digest();
  return Buffer.from(await factorSigner.sign(digest)).toString('base64url');
}

/** What a person signs names them, or their task: one person's factor never signs for another. */
function admitStatement(deps: CheckFactorDeps, input: CheckFactorInput): Statement {
  const statement = parseStatement(input.statement);
  // What a passkey is made for is signed where it is read, and nowhere else.
  if (!statement || statement.type === 'apodera/passkey-registration/v1')
    throw new Refusal('PROOF_MALFORMED');
  if (!namesPerson(statement, input.personId)) throw new Refusal('PROOF_OTHER_PERSON');
  if ('node' in statement && statement.node !== deps.node) throw new Refusal('PROOF_MALFORMED');
  return statement;
}

function namesPerson(statement: Statement, personId: string): boolean {
  if (statement.type === 'apodera/confirmation/v1') return statement.task_id.endsWith(`/${personId}`);
  // Which passkey answers says who it is: it is looked for among this person's alone.
  return statement.type === 'apodera/passkey-sign-in/v1' || statement.person === personId;
}

async function requirePassword(
  deps: CheckFactorDeps,
  { attempt, personId }: CheckFactorInput,
): Promise<{ readonly person: Person; readonly factor: KnownFactor }> {
  if (attempt?.method !== 'password+totp') throw new Refusal('PROOF_MALFORMED');
  const person = await deps.people.person(personId);
  const factor = person && (await deps.factors.factor(personId));
  // The same work and the same answer, whether the person, the password or the code is wrong.
  checkPassword(String(attempt.password), factor?.passwordHash);
  if (!person || !factor) throw new Refusal('FACTOR_WRONG');
  return { person, factor };
}

async function requireCode(
  deps: CheckFactorDeps,
  { attempt, personId }: CheckFactorInput,
  person: Person,
  factor: KnownFactor,
  now: Date,
): Promise<void> {
  if (attempt?.method !== 'password+totp') throw new Refusal('PROOF_MALFORMED');
  const secret = await deps.decryptSecret(factor.totpSecretEncrypted, personId);
  const step = checkTotp(secret, String(attempt.totp), factor.lastStep, now);
  await deps.factors.useStep(personId, step);
  requireActive(person, now);
  // S14, and only to who knows both: nobody learns here whether somebody has a passkey.
  if (deps.passwordFallback === 'off' || passkeysAt(person.passkeys, now).length > 0)
    throw new Refusal('FACTOR_FALLBACK_CLOSED');
}
