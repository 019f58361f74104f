// Where does a suspension stand? One item beside the participant's profile, found by everybody who asks whether the
// participant is frozen, and an index of all that stand. The item is always there: while nothing stands it says so under
// a seal (S22), so that taking a suspension out of the table frees nobody. Putting one needs no seal; clearing it is the
// ledger's.

import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import type { Suspension } from '../../core/suspension/suspension.ts';
import { type Announce, commit } from './effects.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import {
  absent,
  all,
  any,
  equals,
  type Key,
  keyName,
  queryAll,
  type StoredItem,
  type Table,
  type Write,
} from './table.ts';

const dates = ['since', 'confirmBy', 'confirmedAt', 'disputedAt', 'overdueAt', 'carriedOutAt'];
const STANDING = 'SUSPENSIONS';

/** Always there; clearing a suspension needs two people, putting one none (S21). */
export const suspensionKey = (finId: string): Key => ({ pk: `PART#${finId}`, sk: 'SUSPENSION' });

export function suspensions(table: Table, announce: Announce): Suspensions {
  return {
    async find(participant) {
      const item = await table.get(suspensionKey(participant));
      return item && stands(item) ? suspensionOf(item) : undefined;
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

const stands = (item: StoredItem): boolean => item.state !== 'none';

/** Clear is what two node operators have sealed, at the onboarding or when they lifted. @throws Refusal SEAL_BROKEN */
export async function isFrozen(
  sealer: Pick<Sealer, 'check'>,
  participant: string,
  item: StoredItem | undefined,
): Promise<boolean> {
  if (item && stands(item)) return true;
  if (item) await openRecord(sealer, item, []);
  else await requireItem(sealer, participant);
  return false;
}

/** There is always one: without it the check of its seal says what is wrong. */
function requireItem(sealer: Pick<Sealer, 'check'>, participant: string): Promise<void> {
  const key = keyName(suspensionKey(participant));
  return sealer.check({ key, content: {}, version: 0, proofs: [] }, undefined);
}

export interface Cleared {
  readonly participant: string;
  readonly at: Date;
  /** What stands until now; absent at the onboarding. */
  readonly lifts?: Suspension;
}

/** Over what was read: another word said meanwhile fails it. */
export async function clearedWrite(
  sealer: Sealer,
  { participant, at, lifts }: Cleared,
  proofs: readonly string[],
): Promise<SealedWrite> {
  const record = { participant, state: 'none', clearedAt: at, version: (lifts?.version ?? 0) + 1 };
  const { write, mark } = await sealedWrite(sealer, suspensionKey(participant), record, proofs);
  const when = lifts && all(equals('version', lifts.version), equals('id', lifts.id));
  return { write: when ? ({ ...write, when } as Write) : write, mark };
}

/** The first word over what was clear, or was taken away; each later one only over the version before. */
export function suspensionWrite(suspension: Suspension): Written {
  const { participant, version, state, since } = suspension;
  const key = suspensionKey(participant);
  const beside = { gsi1pk: STANDING, gsi1sk: `${since.toISOString()}#${participant}` };
  const first = any(absent(), equals('state', 'none'));
  const when = version === 1 ? first : all(equals('version', version - 1), equals('id', suspension.id));
  const item = keyName(key);
  return {
    write: { put: { ...itemOf(suspension), ...beside, ...key }, when },
    mark: { item, version, holds: { state } },
  };
}

function suspensionOf(item: StoredItem): Suspension {
  return recordOf<Suspension>(withoutKeys(item), dates);
}
