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

export interface PasskeyPorts {
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
  ports: PasskeyPorts,
  question: { readonly personId?: string; readonly statement: Statement },
): Promise<PasskeyQuestion> {
  const { personId, statement } = question;
  if (!personId) {
    if (statement.type !== 'apodera/passkey-sign-in/v1') throw new Refusal('PROOF_MALFORMED');
    return { ...(await put(ports, { statement, askedAt: ports.clock.now() })), credentialIds: [] };
  }
  const now = ports.clock.now();
  const person = await ports.people.person(personId);
  if (!person) throw new Refusal('PERSON_UNKNOWN');
  requireActive(person, now);
  const passkeys = passkeysAt(person.passkeys, now);
  if (passkeys.length === 0) throw new Refusal('PASSKEY_UNKNOWN');
  const asked = await put(ports, { personId, statement, askedAt: now });
  return { ...asked, credentialIds: passkeys.map(({ credentialId }) => credentialId) };
}

async function put(
  ports: PasskeyPorts,
  asked: AskedPasskey,
): Promise<Omit<PasskeyQuestion, 'credentialIds'>> {
  const challenge = statementHash(asked.statement);
  await ports.challenges.put(challenge, asked);
  return { challenge, rpId: ports.rpId };
}

/** The question that this answer was given to, if it is still open. */
async function take(ports: PasskeyPorts, clientDataJson: string, personId: string): Promise<AskedPasskey> {
  const asked = await ports.challenges.take(challengeIn(clientDataJson));
  if (!asked || ports.clock.now().getTime() - asked.askedAt.getTime() > peoplePolicy.proofLifeMs)
    throw new Refusal('PASSKEY_CHALLENGE_USED');
  if (asked.personId !== undefined && asked.personId !== personId) throw new Refusal('PROOF_OTHER_PERSON');
  return asked;
}

/**
 * @returns the statement that the passkey signed, as it was stored when it was asked
 * @throws Refusal PASSKEY_*, PERSON_*, PROOF_*
 */
export async function requirePasskey(
  ports: PasskeyPorts,
  person: Person | undefined,
  assertion: Assertion,
  personId: string,
): Promise<Statement> {
  if (!isAssertion(assertion)) throw new Refusal('PROOF_MALFORMED');
  const { statement } = await take(ports, assertion.clientDataJson, personId);
  const known = passkeysAt(person?.passkeys, ports.clock.now());
  const passkey = known.find(({ credentialId }) => credentialId === assertion.credentialId);
  if (!person || !passkey) throw new Refusal('PASSKEY_UNKNOWN');
  const { counter } = verifyAssertion(assertion, passkey, statementHash(statement));
  await ports.challenges.count(personId, passkey.credentialId, counter);
  requireActive(person, ports.clock.now());
  return statement;
}

/** @throws Refusal PROOF_MALFORMED, PERSON_UNKNOWN */
export async function askNewPasskey(
  ports: PasskeyPorts,
  { personId, statement }: { readonly personId: string; readonly statement: unknown },
): Promise<NewPasskeyQuestion> {
  const admitted = registrationStatement(ports, statement, personId);
  const person = await ports.people.person(personId);
  const contact = person && (await ports.people.contact(person));
  if (!person || !contact) throw new Refusal('PERSON_UNKNOWN');
  const asked = await put(ports, { personId, statement: admitted, askedAt: ports.clock.now() });
  const user = {
    id: Buffer.from(personId).toString('base64url'),
    name: contact.email,
    displayName: contact.name,
  };
  return { ...asked, user, credentialIds: await held(ports, person) };
}

/** S13: a device that holds a passkey of this person, or of somebody who must be another, makes no second one. */
async function held(ports: PasskeyPorts, person: Person): Promise<readonly string[]> {
  const others = await ports.people.holders(person.participant);
  const passkeys = [person, ...others].flatMap((each): readonly Passkey[] => each.passkeys ?? []);
  const counted = passkeysAt(passkeys, ports.clock.now()).map(({ credentialId }) => credentialId);
  return [...new Set(counted)].slice(0, 64);
}

/** @throws Refusal PASSKEY_*, PROOF_* */
export async function registerPasskey(
  ports: PasskeyPorts,
  { personId, attestation }: { readonly personId: string; readonly attestation: Attestation },
): Promise<PasskeyRegistration> {
  if (!isAttestation(attestation)) throw new Refusal('PROOF_MALFORMED');
  const asked = await take(ports, attestation.clientDataJson, personId);
  const statement = registrationStatement(ports, asked.statement, personId);
  const passkey = readAttestation(attestation, statementHash(statement), ports.rpId);
  const unsigned = { personId, at: ports.clock.now().toISOString(), statement, passkey };
  return { ...unsigned, signature: await ports.sign(registrationBytes(unsigned)) };
}

function registrationStatement(
  ports: PasskeyPorts,
  value: unknown,
  personId: string,
): PasskeyRegistrationStatement {
  const statement = parseStatement(value);
  if (statement?.type !== 'apodera/passkey-registration/v1' || statement.node !== ports.node)
    throw new Refusal('PROOF_MALFORMED');
  if (statement.person !== personId) throw new Refusal('PROOF_OTHER_PERSON');
  return statement;
}
