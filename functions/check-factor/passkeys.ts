// A passkey is asked, and its answer read. The question is the hash of what is being confirmed; it is stored, counts
// for 5 minutes and once. What the answer proves is signed here, with its time, and verified again by whoever acts.

import { Refusal } from '../../core/errors.ts';
import {
  type Assertion,
  type Attestation,
  challengeIn,
  isAssertion,
  isAttestation,
  type Passkey,
  passkeysAt,
  readAttestation,
  verifyAssertion,
} from '../../core/people/passkey.ts';
import { type PasskeyRegistration, registrationBytes } from '../../core/people/passkey-registration.ts';
import { type Person, requireActive } from '../../core/people/person.ts';
import type { AskedPasskey, PasskeyChallenges, People } from '../../core/people/ports.ts';
import type { NewPasskeyQuestion, PasskeyQuestion } from '../../core/people/second-factor.ts';
import {
  type PasskeyRegistrationStatement,
  parseStatement,
  type Statement,
  statementHash,
} from '../../core/people/statement.ts';
import { peoplePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';

export interface PasskeyDeps {
  readonly clock: Clock;
  readonly people: Pick<People, 'person' | 'contact' | 'holders'>;
  readonly challenges: PasskeyChallenges;
  /** Host name of the pages door. */
  readonly rpId: string;
  readonly node: string;
  readonly sign: (bytes: Uint8Array) => Promise<string>;
}

/** @throws Refusal PROOF_MALFORMED, PERSON_*, PASSKEY_UNKNOWN */
export async function askPasskey(
  deps: PasskeyDeps,
  question: { readonly personId?: string; readonly statement: Statement },
): Promise<PasskeyQuestion> {
  const { personId, statement } = question;
  if (!personId) {
    if (statement.type !== 'apodera/passkey-sign-in/v1') throw new Refusal('PROOF_MALFORMED');
    return { ...(await put(deps, { statement, askedAt: deps.clock.now() })), credentialIds: [] };
  }
  const now = deps.clock.now();
  const person = await deps.people.person(personId);
  if (!person) throw new Refusal('PERSON_UNKNOWN');
  requireActive(person, now);
  const passkeys = passkeysAt(person.passkeys, now);
  if (passkeys.length === 0) throw new Refusal('PASSKEY_UNKNOWN');
  const asked = await put(deps, { personId, statement, askedAt: now });
  return { ...asked, credentialIds: passkeys.map(({ credentialId }) => credentialId) };
}

async function put(deps: PasskeyDeps, asked: AskedPasskey): Promise<Omit<PasskeyQuestion, 'credentialIds'>> {
  const challenge = statementHash(asked.statement);
  await deps.challenges.put(challenge, asked);
  return { challenge, rpId: deps.rpId };
}

/** The question that this answer was given to, if it is still open. */
async function take(deps: PasskeyDeps, clientDataJson: string, personId: string): Promise<AskedPasskey> {
  const asked = await deps.challenges.take(challengeIn(clientDataJson));
  if (!asked || deps.clock.now().getTime() - asked.askedAt.getTime() > peoplePolicy.proofLifeMs)
    throw new Refusal('PASSKEY_CHALLENGE_USED');
  if (asked.personId !== undefined && asked.personId !== personId) throw new Refusal('PROOF_OTHER_PERSON');
  return asked;
}

/**
 * @returns the statement that the passkey signed, as it was stored when it was asked
 * @throws Refusal PASSKEY_*, PERSON_*, PROOF_*
 */
export async function requirePasskey(
  deps: PasskeyDeps,
  person: Person | undefined,
  assertion: Assertion,
  personId: string,
): Promise<Statement> {
  if (!isAssertion(assertion)) throw new Refusal('PROOF_MALFORMED');
  const { statement } = await take(deps, assertion.clientDataJson, personId);
  const known = passkeysAt(person?.passkeys, deps.clock.now());
  const passkey = known.find(({ credentialId }) => credentialId === assertion.credentialId);
  if (!person || !passkey) throw new Refusal('PASSKEY_UNKNOWN');
  const { counter } = verifyAssertion(assertion, passkey, statementHash(statement));
  await deps.challenges.count(personId, passkey.credentialId, counter);
  requireActive(person, deps.clock.now());
  return statement;
}

/** @throws Refusal PROOF_MALFORMED, PERSON_UNKNOWN */
export async function askNewPasskey(
  deps: PasskeyDeps,
  { personId, statement }: { readonly personId: string; readonly statement: unknown },
): Promise<NewPasskeyQuestion> {
  const admitted = registrationStatement(deps, statement, personId);
  const person = await deps.people.person(personId);
  const contact = person && (await deps.people.contact(person));
  if (!person || !contact) throw new Refusal('PERSON_UNKNOWN');
  const asked = await put(deps, { personId, statement: admitted, askedAt: deps.clock.now() });
  const user = {
    id: Buffer.from(personId).toString('base64url'),
    name: contact.email,
    displayName: contact.name,
  };
  return { ...asked, user, credentialIds: await held(deps, person) };
}

/** S13: a device that holds a passkey of this person, or of somebody who must be another, makes no second one. */
async function held(deps: PasskeyDeps, person: Person): Promise<readonly string[]> {
  const others = await deps.people.holders(person.participant);
  const passkeys = [person, ...others].flatMap((each): readonly Passkey[] => each.passkeys ?? []);
  const counted = passkeysAt(passkeys, deps.clock.now()).map(({ credentialId }) => credentialId);
  return [...new Set(counted)].slice(0, 64);
}

/** @throws Refusal PASSKEY_*, PROOF_* */
export async function registerPasskey(
  deps: PasskeyDeps,
  { personId, attestation }: { readonly personId: string; readonly attestation: Attestation },
): Promise<PasskeyRegistration> {
  if (!isAttestation(attestation)) throw new Refusal('PROOF_MALFORMED');
  const asked = await take(deps, attestation.clientDataJson, personId);
  const statement = registrationStatement(deps, asked.statement, personId);
  const passkey = readAttestation(attestation, statementHash(statement), deps.rpId);
  const unsigned = { personId, at: deps.clock.now().toISOString(), statement, passkey };
  return { ...unsigned, signature: await deps.sign(registrationBytes(unsigned)) };
}

function registrationStatement(
  deps: PasskeyDeps,
  value: unknown,
  personId: string,
): PasskeyRegistrationStatement {
  const statement = parseStatement(value);
  if (statement?.type !== 'apodera/passkey-registration/v1' || statement.node !== deps.node)
    throw new Refusal('PROOF_MALFORMED');
  if (statement.person !== personId) throw new Refusal('PROOF_OTHER_PERSON');
  return statement;
}
