// A participant is to be frozen: whose second word is asked for, and who hears of it here and at other nodes? The same
// for each way to say the first word: a person's page, a node operator, an API key alone, another node.

import type { Audience } from '../disable/recording.ts';
import type { NodeRole } from '../enrolment/enrolment.ts';
import type { Party } from '../people/party.ts';
import type { Parties, People } from '../people/ports.ts';
import { nodeOperatorsToTell, peopleToTell } from '../people/told.ts';
import type { Ids } from '../ports.ts';
import { peopleToAsk, type SuspendedBy, type Suspension, suspend } from './suspension.ts';

export interface FirstWordPorts {
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly people: Pick<People, 'holders'>;
  readonly parties: Pick<Parties, 'parties'>;
}

export interface FirstWord {
  readonly party: Pick<Party, 'finId' | 'payoutOperators'>;
  readonly by: SuspendedBy;
  readonly reason: string;
  readonly now: Date;
}

export async function firstWord(
  ports: FirstWordPorts,
  { party, by, reason, now }: FirstWord,
): Promise<{ readonly suspension: Suspension; readonly audience: Audience }> {
  const participant = party.finId;
  const asked = peopleToAsk(by, await ports.people.holders(participant), now);
  const told = await nodesToTell(ports, party, by);
  const audience = {
    people: await peopleToTell(ports.people, participant),
    nodeOperators: await nodeOperatorsToTell(ports.people),
    operators: told,
  };
  return {
    suspension: suspend({ id: ports.ids.next(), participant, by, reason, asked, told }, now),
    audience,
  };
}

/** The network tells the payout operators, a payout operator its network; nobody tells who told them. */
async function nodesToTell(
  { role, parties }: Pick<FirstWordPorts, 'role' | 'parties'>,
  { payoutOperators }: FirstWord['party'],
  by: SuspendedBy,
): Promise<readonly string[]> {
  // A payout operator that heard it from the network has nobody else to tell.
  if (role === 'payoutOperator' && by.kind === 'node') return [];
  const networks = async () => (await parties.parties()).filter(({ kind }) => kind === 'network');
  const nodes = role === 'network' ? payoutOperators : (await networks()).map(({ finId }) => finId);
  return nodes.filter((finId) => by.kind !== 'node' || finId !== by.finId);
}
