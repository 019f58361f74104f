// Where does a suspension stand? One item beside the participant's profile, found by everybody who asks whether the
// participant is frozen, and an index of all that stand. Putting it needs no seal; taking it away is the ledger's.

import type { StateMark } from '../../core/evidence/record.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import type { Suspension } from '../../core/suspension/suspension.ts';
import { type Announce, commit } from './effects.ts';
import { suspensionKey } from './parties.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { absent, equals, keyName, queryAll, type StoredItem, type Table, type Write } from './table.ts';

const dates = ['since', 'confirmBy', 'confirmedAt', 'disputedAt', 'overdueAt', 'carriedOutAt'];
const STANDING = 'SUSPENSIONS';

export function suspensions(table: Table, announce: Announce): Suspensions {
  return {
    async find(participant) {
      const item = await table.get(suspensionKey(participant));
      return item && suspensionOf(item);
    },
    async standing() {
      const found: Suspension[] = [];
      for await (const item of queryAll(table, { hash: STANDING, index: 'GSI1', backward: true }))
        found.push(suspensionOf(item));
      return found;
    },
    async record(suspension, { evidence: [first, ...others], outbox }) {
      const { write, mark } = suspensionWrite(suspension);
      const evidence = first ? [{ ...first, states: [...(first.states ?? []), mark] }, ...others] : [];
      return commit(table, [write], { evidence, outbox }, announce);
    },
  };
}

interface Written {
  readonly write: Write;
  readonly mark: StateMark;
}

/** Put if absent where it is the first word, else only over the version before. */
export function suspensionWrite(suspension: Suspension): Written {
  const { participant, version, state, since } = suspension;
  const key = suspensionKey(participant);
  const beside = { gsi1pk: STANDING, gsi1sk: `${since.toISOString()}#${participant}` };
  const when = version === 1 ? absent() : equals('version', version - 1);
  const item = keyName(key);
  return {
    write: { put: { ...itemOf(suspension), ...beside, ...key }, when },
    mark: { item, version, holds: { state } },
  };
}

/** Takes away what was read: another word said meanwhile fails it. */
export function suspensionRemoval({ participant, version }: Suspension): Written {
  const key = suspensionKey(participant);
  const write = { delete: key, when: equals('version', version) };
  return { write, mark: { item: keyName(key), gone: true } };
}

function suspensionOf(item: StoredItem): Suspension {
  return recordOf<Suspension>(withoutKeys(item), dates);
}
