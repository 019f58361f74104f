// Which people are told when certificates or access of a participant, or of a node, change, and who signs an act?

import { newOutboxEntry } from '../outbox.ts';
import { type Act, actHash } from './act.ts';
import type { Party } from './party.ts';
import type { Effects, People } from './ports.ts';

/** personIds of its active officers and apoderados. */
export async function peopleToTell(people: Pick<People, 'holders'>, participant: string): Promise<string[]> {
  const holders = await people.holders(participant);
  return holders
    .filter(({ state, office }) => state === 'active' && office !== 'auditor')
    .map(({ personId }) => personId);
}

/** personIds of the node's active operators. */
export async function nodeOperatorsToTell(people: Pick<People, 'holders'>): Promise<string[]> {
  const own = await people.holders(null);
  return own
    .filter(({ state, office }) => state === 'active' && office === 'nodeOperator')
    .map(({ personId }) => personId);
}

/** Who keeps the certificates of this party: its own people; of a node, this one or another, the node operators here. */
export function keepersToTell(
  people: Pick<People, 'holders'>,
  finId: string,
  party: Pick<Party, 'kind'> | undefined,
): Promise<string[]> {
  const isNode = party !== undefined && party.kind !== 'participant';
  return isNode ? nodeOperatorsToTell(people) : peopleToTell(people, finId);
}

type Actor = Effects['evidence'][number]['actor'];

/** What a proposal leaves beside the act: its record, and a mail to each operator who is called to sign it. */
export function proposalEffects(
  act: Act,
  evidenceId: string,
  { actor, subjects = {} }: { readonly actor: Actor; readonly subjects?: Readonly<Record<string, string>> },
  called: readonly string[],
): Effects {
  const { actId, kind, proposedAt: now } = act;
  const evidence = {
    id: evidenceId,
    scope: 'node',
    kind: 'act.proposed',
    at: now,
    actor,
    subjects: { actId, ...subjects },
    facts: { actKind: kind, hash: actHash(act) },
  };
  const outbox = called.map((personId) =>
    newOutboxEntry({
      id: `mail.act.${actId}.${personId}`,
      queue: 'mail',
      kind: 'mail.act',
      refs: { actId, personId },
      receiver: personId,
      now,
    }),
  );
  return { evidence: [evidence], outbox };
}
