// Is it this person? Checks password and authenticator code and, only then, signs the statement with the factor key:
// no other function may. It signs nothing whose every member it does not understand, and reads no decision.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import { admitAttempt, failureLimits } from '../../core/people/failures.ts';
import { checkPassword } from '../../core/people/password.ts';
import { requireActive } from '../../core/people/person.ts';
import type { Factors, Failures, People } from '../../core/people/ports.ts';
import { type Proof, proofBytes } from '../../core/people/proof.ts';
import type { FactorAttempt } from '../../core/people/second-factor.ts';
import { parseStatement, type Statement } from '../../core/people/statement.ts';
import { checkTotp } from '../../core/people/totp.ts';
import type { Clock, Signer } from '../../core/ports.ts';

export interface CheckFactorDeps {
  readonly clock: Clock;
  readonly people: Pick<People, 'person'>;
  readonly factors: Factors;
  readonly failures: Failures;
  readonly decryptSecret: (encrypted: string, personId: string) => Promise<string>;
  /** ECDSA P-256. */
  readonly factorSigner: Signer;
  /** fin_id: a sign-in at another node is not ours to sign. */
  readonly node: string;
}

export interface CheckFactorInput {
  readonly personId: string;
  readonly statement: unknown;
  readonly attempt: FactorAttempt;
  readonly source: string;
}

/** @throws Refusal FACTOR_*, TRIES_EXHAUSTED, PERSON_*, PROOF_MALFORMED */
export async function checkFactor(deps: CheckFactorDeps, input: CheckFactorInput): Promise<Proof> {
  const now = deps.clock.now();
  const statement = admitStatement(deps, input);
  const limits = failureLimits(input.personId, input.source);
  admitAttempt(limits, await deps.failures.begin(limits, now), now);
  await requireFactor(deps, input, now);
  await deps.failures.forget(limits);
  const unsigned = {
    method: 'password+totp' as const,
    personId: input.personId,
    at: now.toISOString(),
    statement,
  };
  const digest = createHash('sha256').update(proofBytes(unsigned)).digest();
  const signature = Buffer.from(await deps.factorSigner.sign(digest)).toString('base64url');
  return { ...unsigned, signature };
}

/** What a person signs names them, or their task: one person's factor never signs for another. */
function admitStatement(deps: CheckFactorDeps, input: CheckFactorInput): Statement {
  const statement = parseStatement(input.statement);
  if (!statement) throw new Refusal('PROOF_MALFORMED');
  const names =
    statement.type === 'apodera/confirmation/v1'
      ? statement.task_id.endsWith(`/${input.personId}`)
      : statement.person === input.personId;
  if (!names) throw new Refusal('PROOF_OTHER_PERSON');
  if (statement.type === 'apodera/sign-in/v1' && statement.node !== deps.node)
    throw new Refusal('PROOF_MALFORMED');
  return statement;
}

async function requireFactor(deps: CheckFactorDeps, input: CheckFactorInput, now: Date): Promise<void> {
  const { attempt, personId } = input;
  if (attempt?.method !== 'password+totp') throw new Refusal('PROOF_MALFORMED');
  const person = await deps.people.person(personId);
  const factor = person && (await deps.factors.factor(personId));
  // The same work and the same answer, whether the person, the password or the code is wrong.
  checkPassword(String(attempt.password), factor?.passwordHash);
  if (!person || !factor) throw new Refusal('FACTOR_WRONG');
  const secret = await deps.decryptSecret(factor.totpSecretEncrypted, personId);
  const step = checkTotp(secret, String(attempt.totp), factor.lastStep, now);
  await deps.factors.useStep(personId, step);
  requireActive(person, now);
}
