// Where does an act wait for its second operator? One item with its votes, not sealed: what it applies is. A sparse
// index lists the open ones.

import type { Act } from '../../core/people/act.ts';
import type { Acts } from '../../core/people/ports.ts';
import { type Announce, commit } from './effects.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { absent, equals, type Key, queryAll, type StoredItem, type Table, type Write } from './table.ts';

const actKey = (actId: string): Key => ({ pk: `ACT#${actId}`, sk: 'ACT' });

export function acts(table: Table, announce: Announce): Acts {
  return {
    async act(actId) {
      const item = await table.get(actKey(actId));
      return item && actOf(item);
    },
    async open() {
      const found: Act[] = [];
      for await (const item of queryAll(table, { hash: 'ACTS#open', index: 'GSI1', backward: true }))
        found.push(actOf(item));
      return found;
    },
    async propose(act, effects) {
      const done = await commit(table, [{ put: actItem(act), when: absent() }], effects, announce);
      if (done === 'MOVED') throw new Error('an act with this id exists');
    },
  };
}

export function actWrite(act: Act): Write {
  return { put: actItem(act), when: equals('version', act.version - 1) };
}

function actItem(act: Act): StoredItem {
  // The parameters stand as text: their bytes are what was signed, whatever types they hold.
  const { parameters, votes, ...rest } = act;
  const stored = votes.map(({ at, ...vote }) => ({ ...vote, votedAt: at }));
  return {
    ...itemOf({ ...rest, votes: stored, parametersJson: JSON.stringify(parameters) }),
    ...actKey(act.actId),
    ...(act.state === 'open' && { gsi1pk: 'ACTS#open', gsi1sk: act.actId }),
  };
}

type Stored = Omit<Act, 'parameters' | 'votes'> & {
  readonly parametersJson: string;
  readonly votes: readonly (Omit<Act['votes'][number], 'at'> & { readonly votedAt: Date })[];
};

function actOf(item: StoredItem): Act {
  const dates = ['proposedAt', 'expiresAt', 'closedAt', 'votedAt'];
  const { parametersJson, votes, ...rest } = recordOf<Stored>(withoutKeys(item), dates);
  return {
    ...rest,
    parameters: JSON.parse(parametersJson) as Act['parameters'],
    votes: votes.map(({ votedAt, ...vote }) => ({ ...vote, at: votedAt })),
  };
}
