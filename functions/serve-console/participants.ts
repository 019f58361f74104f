// Which participants, people, API keys and waiting confirmations lie in this person's sight? Reads only; every list
// starts from `partiesInSight`, so that there is one place where a participant comes into sight.

import type { Decision } from '../../core/people/decision.ts';
import type { Party } from '../../core/people/party.ts';
import type { Contact, Person } from '../../core/people/person.ts';
import type { KeyRing } from '../../core/people/ports.ts';
import type { Sight } from '../../core/people/sight.ts';
import type { ConsolePorts } from './console-ports.ts';

export async function partiesInSight(ports: ConsolePorts, sight: Sight): Promise<readonly Party[]> {
  if (sight.of === 'node') return ports.parties.parties();
  const own = await ports.parties.party(sight.participant);
  return own ? [own] : [];
}

export interface KnownPerson {
  readonly person: Person;
  /** The personId once the name was erased. */
  readonly name: string;
  /** `m…@aurora.example`: enough to see that it is the wrong one, too little to write to. */
  readonly address?: string;
}

export async function partyInSight(ports: ConsolePorts, sight: Sight, finId: string) {
  if (sight.of === 'participant' && sight.participant !== finId) return undefined;
  const party = await ports.parties.party(finId);
  if (!party) return undefined;
  const [people, operators] = await Promise.all([
    ports.people.holders(finId).then((holders) => known(ports, holders)),
    nodeNames(ports, party.payoutOperators),
  ]);
  return { party, people, operators: [...operators.values()] };
}

/** Operators and auditors, for those who see the node. */
export async function nodePeople(
  ports: ConsolePorts,
  sight: Sight,
): Promise<readonly KnownPerson[] | undefined> {
  return sight.of === 'node' ? known(ports, await ports.people.holders(null)) : undefined;
}

function known(ports: ConsolePorts, people: readonly Person[]): Promise<readonly KnownPerson[]> {
  return Promise.all(
    people.map(async (person) => {
      const contact = await ports.people.contact(person);
      const address = contact && maskedAddress(contact);
      return { person, name: contact?.name ?? person.personId, ...(address && { address }) };
    }),
  );
}

function maskedAddress({ email }: Pick<Contact, 'email'>): string {
  const at = email.lastIndexOf('@');
  return `${email.slice(0, 1)}…${email.slice(at)}`;
}

/** By fin_id, which stands in where a node is not known here: this one itself, or one that went. */
export async function nodeNames(
  ports: ConsolePorts,
  finIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = await Promise.all(
    [...new Set(finIds)].map(
      async (finId) => [finId, (await ports.parties.party(finId))?.name ?? finId] as const,
    ),
  );
  return new Map(names);
}

export interface WaitingDecision {
  readonly party: Party;
  readonly decision: Decision;
}

/** The oldest first. */
export async function waitingInSight(ports: ConsolePorts, sight: Sight): Promise<readonly WaitingDecision[]> {
  const parties = await partiesInSight(ports, sight);
  const found = await Promise.all(
    parties.map(async (party) =>
      (await ports.decisions.waitingOf(party.finId)).map((decision) => ({ party, decision })),
    ),
  );
  return found.flat().sort((a, b) => a.decision.createdAt.getTime() - b.decision.createdAt.getTime());
}

export interface HeldKey {
  readonly party: Party;
  readonly key: KeyRing['keys'][number];
}

/** Those that count first, by their end. */
export async function keysInSight(ports: ConsolePorts, sight: Sight): Promise<readonly HeldKey[]> {
  const parties = await partiesInSight(ports, sight);
  const rings = await Promise.all(
    parties.map(async (party) => ({ party, ring: await ports.apiKeys.heldBy(party.finId) })),
  );
  const keys = rings.flatMap(({ party, ring }) => ring.keys.map((key) => ({ party, key })));
  const over = ({ key }: HeldKey) => Number(key.endedAt !== undefined);
  return keys.sort((a, b) => over(a) - over(b) || a.key.expiresAt.getTime() - b.key.expiresAt.getTime());
}

/** Names for ids, each asked once. */
export async function namesOf(
  ports: ConsolePorts,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = await Promise.all(
    [...new Set(personIds)].map(async (personId) => {
      const person = await ports.people.person(personId);
      const contact = person && (await ports.people.contact(person));
      return [personId, contact?.name ?? personId] as const;
    }),
  );
  return new Map(names);
}
