// Where does a decision stand? One item with its votes; sparse index of the waiting ones of a participant, office and
// use. The version is the condition of every write, so that exactly one of vote, silence and withdrawal decides.

import { askedOffices, type Decision } from '../../core/people/decision.ts';
import type { Decisions } from '../../core/people/ports.ts';
import { type Announce, commit } from './effects.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { absent, equals, type Key, queryAll, type StoredItem, type Table, type Write } from './table.ts';

const dates = ['decidedAt', 'createdAt', 'expiresAt'];

const decisionKey = (decisionId: string): Key => ({ pk: `CONF#${decisionId}`, sk: 'DECISION' });

const waitingKey = (participant: string, use: string, office: string) =>
  `CONFWAIT#${participant}#${use}#${office}`;
const waitingKeyOf = ({ office, subject }: Decision) => waitingKey(subject.participant, subject.use, office);

export function decisions(table: Table, announce: Announce): Decisions {
  return {
    async find(decisionId) {
      const item = await table.get(decisionKey(decisionId));
      return item && decisionOf(item);
    },
    async open(decision, effects) {
      const write: Write = { put: decisionItem(decision), when: absent() };
      return (await commit(table, [write], effects, announce)) === 'RECORDED' ? 'OPENED' : 'KEPT';
    },
    record: (changed, effects) => commit(table, changed.map(decisionWrite), effects, announce),
    async waitingFor({ personId, participant, office }) {
      const keys = ['signing', 'transport'].map((use) => waitingKey(participant ?? '', use, office));
      const found = (await Promise.all(keys.map((key) => waitingUnder(table, key)))).flat();
      return found.filter(
        ({ asked, votes }) => asked.includes(personId) && !votes.some((vote) => vote.personId === personId),
      );
    },
    async waitingOf(participant) {
      const keys = askedOffices.flatMap((office) =>
        ['signing', 'transport'].map((use) => waitingKey(participant, use, office)),
      );
      return (await Promise.all(keys.map((key) => waitingUnder(table, key)))).flat();
    },
    async waitingBeside(decision) {
      const found = await waitingUnder(table, waitingKeyOf(decision));
      return found.filter(({ decisionId }) => decisionId !== decision.decisionId);
    },
  };
}

function decisionWrite(decision: Decision): Write {
  return { put: decisionItem(decision), when: equals('version', decision.version - 1) };
}

function decisionItem(decision: Decision): StoredItem {
  const waiting = decision.state === 'waiting';
  return {
    ...itemOf({
      ...decision,
      votes: decision.votes.map((vote) => ({ ...vote, votedAt: vote.at, at: undefined })),
    }),
    ...decisionKey(decision.decisionId),
    ...(waiting && { gsi1pk: waitingKeyOf(decision), gsi1sk: decision.decisionId }),
  };
}

type StoredVote = Omit<Decision['votes'][number], 'at'> & { readonly votedAt: Date };

/** A proof's own `at` is text: the vote's stands under another name. */
function decisionOf(item: StoredItem): Decision {
  const stored = recordOf<Omit<Decision, 'votes'> & { votes: StoredVote[] }>(withoutKeys(item), [
    ...dates,
    'votedAt',
  ]);
  return { ...stored, votes: stored.votes.map(({ votedAt, ...vote }) => ({ ...vote, at: votedAt })) };
}

async function waitingUnder(table: Table, hash: string): Promise<Decision[]> {
  const found: Decision[] = [];
  for await (const item of queryAll(table, { hash, index: 'GSI1' })) found.push(decisionOf(item));
  return found.filter(({ state }) => state === 'waiting');
}
