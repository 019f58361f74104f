// How do evidence and outbox reach the table with the change they belong to? As writes of the same transaction, and
// announced once it has committed; a lost announcement is found by the sweep.

import type { OutboxEntry } from '../../core/outbox.ts';
import type { Effects } from '../../core/people/ports.ts';
import { evidencePut } from './evidence.ts';
import { outboxPut } from './outbox.ts';
import { ConditionFailed, type Table, type Write } from './table.ts';

export type Announce = (entries: readonly OutboxEntry[]) => Promise<void>;

export function effectWrites(effects: Effects): Write[] {
  return [...effects.evidence.map(evidencePut), ...effects.outbox.map(outboxPut)];
}

/** @returns MOVED where one of `writes` met another state than it expected. */
export async function commit(
  table: Table,
  writes: readonly Write[],
  effects: Effects,
  announce: Announce,
): Promise<'RECORDED' | 'MOVED'> {
  try {
    await table.transact([...writes, ...effectWrites(effects)]);
  } catch (error) {
    if (error instanceof ConditionFailed && error.index < writes.length) return 'MOVED';
    throw error;
  }
  if (effects.outbox.length > 0) await announce(effects.outbox);
  return 'RECORDED';
}
