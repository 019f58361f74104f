// The first word (M8): an officer or apoderado proves with their own factor who they are, and the participant is frozen
// in one transaction. Nothing of the participant's systems is needed, and nobody's failures keep them from it.

import { createHash } from 'node:crypto';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, recordOf } from '../../core/disable/recording.ts';
import { Refusal } from '../../core/errors.ts';
import { type LinkId, newLinkId } from '../../core/people/link.ts';
import type { Person } from '../../core/people/person.ts';
import type { Links, Parties, People } from '../../core/people/ports.ts';
import { type Proof, proofDigest } from '../../core/people/proof.ts';
import type { FactorAttempt, SecondFactor } from '../../core/people/second-factor.ts';
import type { SuspensionStatement } from '../../core/people/statement.ts';
import { peoplePolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';
import { type FirstWordPorts, firstWord } from '../../core/suspension/first-word.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import {
  isSuspending,
  type SuspendingOffice,
  type SuspensionCause,
} from '../../core/suspension/suspension.ts';

export interface SuspendPorts extends FirstWordPorts {
  readonly clock: Clock;
  /** fin_id of this node. */
  readonly nodeFinId: string;
  readonly people: Pick<People, 'holders' | 'byAddress' | 'person'>;
  readonly parties: Parties;
  readonly links: Pick<Links, 'put'>;
  readonly disables: Pick<DisableStore, 'commit'>;
  readonly suspensions: Pick<Suspensions, 'find'>;
  readonly secondFactor: SecondFactor;
  /** A fresh nonce of at least 128 bits, base64url. */
  readonly nonce: () => string;
  readonly random: (bytes: number) => Uint8Array;
}

export interface SuspendInput {
  /** Typed, or the person whom a passkey named. */
  readonly who: { readonly email: string } | { readonly personId: string };
  readonly cause: SuspensionCause;
  readonly attempt: FactorAttempt;
  readonly source: string;
}

type Suspender = Person & { readonly office: SuspendingOffice; readonly participant: string };

/**
 * @returns the person's own link to what stands now; where it stood before, they are asked for the second word there
 * @throws Refusal FACTOR_*, PERSON_*
 */
export async function suspendByPerson(ports: SuspendPorts, input: SuspendInput): Promise<LinkId> {
  const { person, proof } = await prove(ports, input);
  const party = await ports.parties.party(person.participant);
  if (!party) throw new Refusal('PARTICIPANT_UNKNOWN');
  for (let attempt = 0; attempt < 5; attempt++) {
    const standing = await ports.suspensions.find(party.finId);
    const id = standing?.id ?? (await freeze(ports, person, proof));
    if (id !== 'MOVED') return linkFor(ports, person, id);
  }
  throw new Error(`${party.finId} changes faster than it can be suspended`);
}

/** A law firm answers for many; each office is a password to be checked, which a flood must not multiply without end. */
const mostOffices = 20;

/** An address may hold offices for several participants, each with factors of its own: the code says which is meant. */
async function prove(
  ports: SuspendPorts,
  input: SuspendInput,
): Promise<{ person: Suspender; proof: Proof<SuspensionStatement> }> {
  const { who, cause, attempt, source } = input;
  const persons = (await personsOf(ports, who)).filter(isSuspender).slice(0, mostOffices);
  const [first, ...or] = persons.map(({ personId, participant }) => ({
    personId,
    statement: statementOf(ports, personId, participant, cause),
  }));
  if (!first) return strangerIsRefused(ports, input);
  const proof = await ports.secondFactor.prove({ ...first, attempt, source, or });
  return { person: persons.find(({ personId }) => personId === proof.personId)!, proof };
}

async function personsOf({ people }: SuspendPorts, who: SuspendInput['who']): Promise<readonly Person[]> {
  if ('email' in who) return people.byAddress(who.email);
  const person = await people.person(who.personId);
  return person ? [person] : [];
}

/** What the passkey of this person would sign; undefined for whoever suspends nothing. */
export async function suspensionStatement(
  ports: SuspendPorts,
  personId: string,
  cause: SuspensionCause,
): Promise<SuspensionStatement | undefined> {
  const person = await ports.people.person(personId);
  return person && isSuspender(person) ? statementOf(ports, personId, person.participant, cause) : undefined;
}

/** The same way and the same work for an address that nobody has here. */
async function strangerIsRefused(
  ports: SuspendPorts,
  { who, cause, attempt, source }: SuspendInput,
): Promise<never> {
  const name = 'email' in who ? who.email : who.personId;
  const personId = `unknown-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
  const statement = statementOf(ports, personId, 'unknown', cause);
  await ports.secondFactor.prove({ personId, statement, attempt, source });
  throw new Refusal('FACTOR_WRONG');
}

function isSuspender(person: Person): person is Suspender {
  return isSuspending(person.office) && person.participant !== null && person.state === 'active';
}

function statementOf(
  ports: Pick<SuspendPorts, 'nodeFinId' | 'nonce'>,
  person: string,
  participant: string,
  reason: SuspensionCause,
): SuspensionStatement {
  return {
    type: 'apodera/suspension/v1',
    action: 'participant.suspend',
    node: ports.nodeFinId,
    participant,
    suspension: '',
    reason,
    person,
    nonce: ports.nonce(),
  };
}

/** @returns the suspension's id; MOVED: somebody else's word was a moment earlier */
async function freeze(
  ports: SuspendPorts,
  person: Suspender,
  proof: Proof<SuspensionStatement>,
): Promise<string> {
  const now = ports.clock.now();
  const { personId, office, participant } = person;
  const party = (await ports.parties.party(participant))!;
  const { reason } = proof.statement;
  const by = { kind: 'person', personId, office, proof } as const;
  const { suspension, audience } = await firstWord(ports, { party, by, reason, now });
  const facts = {
    id: ports.ids.next(),
    participant,
    origin: 'person' as const,
    cause: 'incident' as const,
    reason,
    at: now,
    suspended: true,
    suspendedBy: office,
    warnings: [],
  };
  const change = disableChange({
    record: recordOf(facts, []),
    role: ports.role,
    actor: { kind: 'person', personId, method: proof.method },
    evidenceId: ports.ids.next(),
    codes: { active: 'SUSPENDED', pending: 'SUSPENDED' },
    by: personId,
    holdings: [],
    audience,
    suspension,
    proofDigest: proofDigest(proof),
  });
  return (await ports.disables.commit(change)) === 'DONE' ? suspension.id : 'MOVED';
}

async function linkFor(ports: SuspendPorts, person: Suspender, suspensionId: string): Promise<LinkId> {
  const linkId = newLinkId(ports.random(20));
  const { participant, personId } = person;
  const createdAt = ports.clock.now();
  const expiresAt = new Date(createdAt.getTime() + peoplePolicy.linkAfterlifeMs);
  const target = { kind: 'suspension', participant, suspensionId, personId } as const;
  await ports.links.put(linkId, { target, createdAt, expiresAt });
  return linkId;
}
