// A person adds a passkey beside one that they have, or ends one. The passkey that they have signs the very key that is
// added or ended; the first one comes by invitation alone, and after the last only a reset by two operators (S14).

import { Refusal } from '../../core/errors.ts';
import { type Passkey, passkeysAt } from '../../core/people/passkey.ts';
import {
  type PasskeyRegistration,
  registrationDigest,
  verifyRegistration,
} from '../../core/people/passkey-registration.ts';
import { type Person, requireActive } from '../../core/people/person.ts';
import type { Grant } from '../../core/people/ports.ts';
import { type Proof, proofDigest, verifyProof } from '../../core/people/proof.ts';
import type { PasskeyChangeStatement } from '../../core/people/statement.ts';
import { peoplePolicy } from '../../core/policy.ts';
import { type ApplyActPorts, mailTo } from './applying.ts';

export interface ChangePasskeyInput {
  readonly personId: string;
  readonly proof: Proof;
  /** What is added, or the id of what is ended. */
  readonly change: { readonly add: PasskeyRegistration } | { readonly end: string };
}

/** What the passkey at hand signs. */
export function changeStatement(
  node: string,
  person: string,
  change: 'add' | 'end',
  { credentialId, publicKey }: Pick<Passkey, 'credentialId' | 'publicKey'>,
): Omit<PasskeyChangeStatement, 'nonce'> {
  const type = 'apodera/passkey-change/v1' as const;
  return { type, node, person, change, credential_id: credentialId, public_key: publicKey };
}

/** What a further passkey is made for. */
export function registrationBeside(node: string, person: string) {
  return { type: 'apodera/passkey-registration/v1' as const, node, person, ground: 'passkey' };
}

/** @throws Refusal PERSON_*, PROOF_*, PASSKEY_* */
export async function changePasskey(
  ports: ApplyActPorts,
  input: ChangePasskeyInput,
): Promise<{ readonly passkeys: number }> {
  for (let again = 0; again < 5; again++) {
    const passkeys = await changeOnce(ports, input);
    if (passkeys !== 'MOVED') return { passkeys };
  }
  throw new Refusal('PASSKEY_CHALLENGE_USED');
}

async function changeOnce(ports: ApplyActPorts, input: ChangePasskeyInput): Promise<number | 'MOVED'> {
  const now = ports.clock.now();
  const person = await ports.people.person(input.personId);
  if (!person) throw new Refusal('PERSON_UNKNOWN');
  requireActive(person, now);
  const { word, passkey, passkeys, proofs, grants } =
    'add' in input.change
      ? await added(ports, person, input.change.add)
      : ended(person, input.change.end, now);
  const proof = verifyProof<PasskeyChangeStatement>(input.proof, {
    factorPublicKey: await ports.factorPublicKey(),
    personId: person.personId,
    passkeys: person.passkeys,
    votedAt: now,
    statement: changeStatement(ports.nodeFinId, person.personId, word, passkey),
  });
  if (proof.method !== 'passkey') throw new Refusal('PASSKEY_NEEDED');
  const changed: Person = { ...person, passkeys, version: person.version + 1 };
  const kind = word === 'add' ? 'passkey-added' : 'passkey-ended';
  const evidence = {
    id: ports.ids.next(),
    scope: person.participant ?? 'node',
    kind: `person.${kind}`,
    at: now,
    actor: { kind: 'person' as const, personId: person.personId, method: proof.method },
    subjects: { personId: person.personId },
    facts: {
      credentialId: passkey.credentialId,
      publicKey: passkey.publicKey,
      proof: proofDigest(proof),
    },
  };
  const mail = mailTo(`mail.${kind}`, evidence.id, person.personId, {}, now);
  const done = await ports.ledger.commit(
    [{ noun: 'person', person: changed }, ...grants],
    [proofDigest(proof), ...proofs],
    { evidence: [evidence], outbox: [mail] },
  );
  return done === 'MOVED' ? done : passkeysAt(passkeys, now).length;
}

interface Changed {
  readonly word: 'add' | 'end';
  readonly passkey: Passkey;
  readonly passkeys: readonly Passkey[];
  readonly proofs: readonly string[];
  readonly grants: readonly Grant[];
}

async function added(
  ports: ApplyActPorts,
  person: Person,
  registration: PasskeyRegistration,
): Promise<Changed> {
  const passkey = verifyRegistration(registration, {
    factorPublicKey: await ports.factorPublicKey(),
    statement: registrationBeside(ports.nodeFinId, person.personId),
    now: ports.clock.now(),
  });
  const grants = [await admitNewPasskey(ports, person, passkey)];
  const proofs = [registrationDigest(registration)];
  return { word: 'add', passkey, passkeys: [...(person.passkeys ?? []), passkey], proofs, grants };
}

function ended(person: Person, credentialId: string, now: Date): Changed {
  const counted = passkeysAt(person.passkeys, now);
  const passkey = counted.find((each) => each.credentialId === credentialId);
  if (!passkey) throw new Refusal('PASSKEY_UNKNOWN');
  if (counted.length === 1) throw new Refusal('PASSKEY_LAST');
  const passkeys = person.passkeys!.map((each) => (each === passkey ? { ...each, endedAt: now } : each));
  return { word: 'end', passkey, passkeys, proofs: [], grants: [] };
}

/**
 * S13: one passkey, one person, at this node; and not more than somebody can keep an eye on.
 * @returns what the transaction that adds it takes along: no other person's may come in beside it
 */
export async function admitNewPasskey(
  { people, clock }: Pick<ApplyActPorts, 'people' | 'clock'>,
  person: Person,
  { credentialId }: Passkey,
): Promise<Grant> {
  if (passkeysAt(person.passkeys, clock.now()).length >= peoplePolicy.passkeysAtOnce)
    throw new Refusal('PASSKEY_TOO_MANY');
  const { people: inOffice, roll } = await people.everybody();
  for (const holder of [person, ...inOffice])
    if (holder.passkeys?.some((each) => each.credentialId === credentialId))
      throw new Refusal('PASSKEY_TAKEN');
  return { noun: 'roll', roll, joined: [] };
}
