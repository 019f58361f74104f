// Is it this person? Checks a passkey's answer, or password and authenticator code, and only then signs the statement
// with the factor key: no other function may. It signs nothing whose every member it does not understand, and reads no
// decision.

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import { Refusal } from '../../core/errors.ts';
import { admitAttempt, codeLimits, pairLimits, sourceLimits } from '../../core/people/failures.ts';
import { passkeysAt } from '../../core/people/passkey.ts';
import { checkPassword } from '../../core/people/password.ts';
import { type Person, requireActive } from '../../core/people/person.ts';
import type { Factors, Failures, KnownFactor } from '../../core/people/ports.ts';
import { type Proof, proofBytes } from '../../core/people/proof.ts';
import type { FactorAttempt } from '../../core/people/second-factor.ts';
import { parseStatement, type Statement } from '../../core/people/statement.ts';
import { checkTotp } from '../../core/people/totp.ts';
import type { Signer } from '../../core/ports.ts';
import { type PasskeyPorts, requirePasskey } from './passkeys.ts';

export interface CheckFactorPorts extends Omit<PasskeyPorts, 'sign'> {
  readonly factors: Factors;
  readonly failures: Failures;
  readonly decryptSecret: (encrypted: string, personId: string) => Promise<string>;
  /** ECDSA P-256. */
  readonly factorSigner: Signer;
  /** `off`: who has no passkey cannot decide here. */
  readonly passwordFallback: 'allowed' | 'off';
}

/** One person, and what they would sign. */
interface Candidate<S = Statement> {
  readonly personId: string;
  readonly statement: S;
}

export interface CheckFactorInput extends Candidate<unknown> {
  readonly attempt: FactorAttempt;
  readonly source: string;
  /** Whom the same typed address may mean besides; it is one attempt, and whose password and code fit is meant. */
  readonly or?: readonly Candidate<unknown>[];
}

/** @throws Refusal FACTOR_*, PASSKEY_*, TRIES_EXHAUSTED, PERSON_*, PROOF_* */
export async function checkFactor(ports: CheckFactorPorts, input: CheckFactorInput): Promise<Proof> {
  const first = admitCandidate(ports, input);
  if (input.attempt?.method === 'passkey') return passkeyProof(ports, input, first.statement);
  const candidates = [first, ...(input.or ?? []).map((each) => admitCandidate(ports, each))];
  const { personId, statement, at } = await meant(ports, input, candidates);
  const unsigned = { method: 'password+totp' as const, personId, at: at.toISOString(), statement };
  return { ...unsigned, signature: await signed(ports, proofBytes(unsigned)) };
}

/** S29: whoever of them is meant, the attempt counts once for its source, and a good one leaves no failure anywhere. */
async function meant(
  ports: CheckFactorPorts,
  { attempt, source }: CheckFactorInput,
  candidates: readonly Candidate[],
): Promise<Candidate & { readonly at: Date }> {
  const { failures } = ports;
  const at = ports.clock.now();
  const suspends = candidates.every(({ statement }) => suspendsBy(statement));
  const bySource = sourceLimits(source, suspends);
  const pairs = candidates.map(({ personId }) => pairLimits(personId, source, suspends));
  const counted = [...bySource, ...pairs.flat()];
  const counts = await failures.begin(counted, at);
  admitAttempt(bySource, counts, at);
  let refusal = new Refusal('FACTOR_WRONG');
  for (const [index, candidate] of candidates.entries()) {
    const { personId } = candidate;
    try {
      admitAttempt(pairs[index]!, counts, at);
      const { person, factor } = await requirePassword(ports, attempt, personId);
      const ofCode = codeLimits(personId, suspends);
      counted.push(...ofCode);
      admitAttempt(ofCode, await failures.begin(ofCode, at), at);
      await requireCode(ports, attempt, person, factor, at);
      const others = counted.filter((limit) => !pairs[index]!.includes(limit));
      await failures.forget(pairs[index]!, others);
      return { ...candidate, at };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (refusal.code === 'FACTOR_WRONG') refusal = error;
    }
  }
  throw refusal;
}

const suspendsBy = (statement: Statement) =>
  'action' in statement && statement.action === 'participant.suspend';

/** S29: no count of failures stands before a passkey; it cannot be guessed. */
async function passkeyProof(
  ports: CheckFactorPorts,
  { personId, attempt }: CheckFactorInput,
  expected: Statement,
): Promise<Proof> {
  if (attempt.method !== 'passkey') throw new Refusal('PROOF_MALFORMED');
  const { assertion } = attempt;
  const person = await ports.people.person(personId);
  const passkeyPorts = { ...ports, sign: (bytes: Uint8Array) => signed(ports, bytes) };
  const statement = await requirePasskey(passkeyPorts, person, assertion, personId);
  // The nonce is the one that was asked with; everything else is what is about to be done.
  if (canonicalJson({ ...statement, nonce: '' }) !== canonicalJson({ ...expected, nonce: '' }))
    throw new Refusal('PROOF_OTHER_STATEMENT');
  const at = ports.clock.now().toISOString();
  const unsigned = { method: 'passkey' as const, personId, at, statement, assertion };
  return { ...unsigned, signature: await signed(ports, proofBytes(unsigned)) };
}

/** base64url, by the factor key. */
export async function signed(
  { factorSigner }: Pick<CheckFactorPorts, 'factorSigner'>,
  bytes: Uint8Array,
): Promise<string> {
  const digest = createHash('sha256').update(bytes).digest();
  return Buffer.from(await factorSigner.sign(digest)).toString('base64url');
}

/** What a person signs names them, or their task: one person's factor never signs for another. */
function admitCandidate(
  ports: CheckFactorPorts,
  { personId, statement: asked }: Candidate<unknown>,
): Candidate {
  const statement = parseStatement(asked);
  // What a passkey is made for is signed where it is read, and nowhere else.
  if (!statement || statement.type === 'apodera/passkey-registration/v1')
    throw new Refusal('PROOF_MALFORMED');
  if (!namesPerson(statement, personId)) throw new Refusal('PROOF_OTHER_PERSON');
  if ('node' in statement && statement.node !== ports.node) throw new Refusal('PROOF_MALFORMED');
  return { personId, statement };
}

function namesPerson(statement: Statement, personId: string): boolean {
  if (statement.type === 'apodera/confirmation/v1') return statement.task_id.endsWith(`/${personId}`);
  // Which passkey answers says who it is: it is looked for among this person's alone.
  return statement.type === 'apodera/passkey-sign-in/v1' || statement.person === personId;
}

async function requirePassword(
  ports: CheckFactorPorts,
  attempt: FactorAttempt,
  personId: string,
): Promise<{ readonly person: Person; readonly factor: KnownFactor }> {
  if (attempt?.method !== 'password+totp') throw new Refusal('PROOF_MALFORMED');
  const person = await ports.people.person(personId);
  const factor = person && (await ports.factors.factor(personId));
  // The same work and the same answer, whether the person, the password or the code is wrong.
  checkPassword(String(attempt.password), factor?.passwordHash);
  if (!person || !factor) throw new Refusal('FACTOR_WRONG');
  return { person, factor };
}

async function requireCode(
  ports: CheckFactorPorts,
  attempt: FactorAttempt,
  person: Person,
  factor: KnownFactor,
  now: Date,
): Promise<void> {
  if (attempt?.method !== 'password+totp') throw new Refusal('PROOF_MALFORMED');
  const { personId } = person;
  const secret = await ports.decryptSecret(factor.totpSecretEncrypted, personId);
  const step = checkTotp(secret, String(attempt.totp), factor.lastStep, now);
  await ports.factors.useStep(personId, step);
  requireActive(person, now);
  // S14, and only to who knows both: nobody learns here whether somebody has a passkey.
  if (ports.passwordFallback === 'off' || passkeysAt(person.passkeys, now).length > 0)
    throw new Refusal('FACTOR_FALLBACK_CLOSED');
}
