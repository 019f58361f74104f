// A message too large for one transaction: reserve in chunks, commit, or compensate (docs/payout.md, limits; S9).
// The message's state decides everything: a chunk is written only while this attempt is `reserving`; one conditional
// write makes it `committed` or `abandoned`, and only an abandoned one is undone, chunk by chunk, each once.

import { Transient } from '../../core/errors.ts';
import type { NewPayouts, RecordPayoutsOutcome } from '../../core/payout/ports.ts';
import { payoutPolicy } from '../../core/policy.ts';
import {
  messageItem,
  outcomeOf,
  payoutKey,
  payoutMessageKey,
  recordedMessageOf,
  releaseWrite,
  reservationKey,
} from './payout-items.ts';
import {
  absent,
  all,
  ConditionFailed,
  equals,
  type Item,
  type Key,
  present,
  queryAll,
  type StoredItem,
  type Table,
  text,
  type Write,
} from './table.ts';

interface Parts {
  readonly transactions: readonly Write[];
  readonly counters: readonly Write[];
  readonly effects: readonly Write[];
}

/** The check of the message's state and the chunk's own record. */
const overhead = 2;
/** Where reservations wait for the sweep, should their process die. */
const reservationsDue = 'PAYOUTRESERVATION#0';

export async function recordByReservation(
  table: Table,
  payouts: NewPayouts,
  parts: Parts,
): Promise<RecordPayoutsOutcome> {
  const begun = await begin(table, payouts);
  if (begun) return begun;
  const key = payoutMessageKey(payouts.admitted.participant, payouts.messageId);
  // A large message's payouts show only once it is committed.
  const large = parts.transactions.map((write) =>
    'put' in write ? { ...write, put: { ...write.put, large: true } } : write,
  );
  try {
    const refused = await reserve(table, payouts, [...parts.counters, ...large]);
    if (refused) {
      await abandon(table, key, seedOf(payouts.seed));
      return refused;
    }
    const commit: Write = {
      update: key,
      change: { set: { state: 'committed' }, remove: ['due', 'dueAt'] },
      when: mine(payouts.seed),
    };
    await table.transact([commit, ...parts.effects]);
    return { outcome: 'RECORDED' };
  } catch (error) {
    // Only a sweep takes an attempt away: the caller tries again.
    if (error instanceof ConditionFailed)
      throw new Transient('TransientPayoutAbandoned', 'the reservation was swept away', { cause: error });
    throw error;
  }
}

const seedOf = (seed: Uint8Array) => Buffer.from(seed).toString('base64url');
const reservedBy = (seed: string) => all(equals('state', 'reserving'), equals('seed', seed));
const mine = (seed: Uint8Array) => reservedBy(seedOf(seed));

/** @returns what is in the way; undefined where this attempt has the message. */
async function begin(table: Table, payouts: NewPayouts): Promise<RecordPayoutsOutcome | undefined> {
  const dueAt = new Date(payouts.admittedAt.getTime() + payoutPolicy.reservationLife).toISOString();
  const item = { ...messageItem(payouts, 'reserving'), due: reservationsDue, dueAt };
  try {
    await table.transact([{ put: item, when: absent() }]);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    return { outcome: 'KNOWN_MESSAGE', known: error.old && recordedMessageOf(error.old) };
  }
}

/** One chunk after the other: each checks the same message item, and two at once would only conflict. */
async function reserve(
  table: Table,
  payouts: NewPayouts,
  writes: readonly Write[],
): Promise<RecordPayoutsOutcome | undefined> {
  const { participant } = payouts.admitted;
  const size = payoutPolicy.actions - overhead;
  for (let chunk = 0; chunk * size < writes.length; chunk++) {
    const part = writes.slice(chunk * size, (chunk + 1) * size);
    const record = {
      ...reservationKey(participant, payouts.messageId, chunk),
      seed: seedOf(payouts.seed),
      debits: part.flatMap((write) => ('update' in write ? [debitOf(write)] : [])),
      payouts: part.flatMap((write) => ('put' in write ? [text(write.put, 'transactionId')] : [])),
    };
    const check: Write = {
      check: payoutMessageKey(participant, payouts.messageId),
      when: mine(payouts.seed),
    };
    try {
      await table.transact([check, { put: record, when: absent() }, ...part]);
    } catch (error) {
      if (!(error instanceof ConditionFailed) || error.index < overhead) throw error;
      return outcomeOf(error, part, overhead, payouts);
    }
  }
  return undefined;
}

function debitOf(write: Extract<Write, { update: Key }>): Item {
  return { counter: write.update.pk, amountMinor: BigInt(write.change.add!.spent!) };
}

/** Moves this attempt's reservation to `abandoned` and undoes it. */
async function abandon(table: Table, key: Key, seed: string): Promise<'UNDONE' | 'NOT_MINE'> {
  try {
    await table.transact([{ update: key, change: { set: { state: 'abandoned' } }, when: reservedBy(seed) }]);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (error.old?.state !== 'abandoned' || error.old.seed !== seed) return 'NOT_MINE';
  }
  await compensate(table, key, seed);
  return 'UNDONE';
}

/** Undoes each chunk of this attempt once and forgets the message, so that its ids are free again. */
async function compensate(table: Table, key: Key, seed: string): Promise<void> {
  const [, sender = ''] = key.pk.split('#');
  const chunks: StoredItem[] = [];
  const query = { hash: key.pk, range: { beginsWith: 'RESERVED#' }, consistent: true } as const;
  for await (const item of queryAll(table, query)) chunks.push(item);
  for (const chunk of chunks) {
    // Undone elsewhere meanwhile, the message may be there again, with its next attempt's chunks under these very keys.
    if (chunk.seed !== undefined && chunk.seed !== seed) continue;
    const { pk, sk } = chunk;
    const debits = chunk.debits as readonly { counter: string; amountMinor: number | bigint }[];
    const ids = chunk.payouts as readonly string[];
    await unlessDone(table, [
      // Nodes of before wrote none.
      { delete: { pk, sk }, when: chunk.seed ? equals('seed', seed) : all(present(), absent('seed')) },
      ...debits.map(({ counter, amountMinor }) =>
        releaseWrite({ pk: counter, sk: '0' }, BigInt(amountMinor)),
      ),
      ...ids.map((id): Write => ({ delete: payoutKey(sender, id) })),
    ]);
  }
  const abandoned = all(equals('state', 'abandoned'), equals('seed', seed));
  await unlessDone(table, [{ delete: { pk: key.pk, sk: key.sk }, when: abandoned }]);
}

async function unlessDone(table: Table, writes: readonly Write[]): Promise<void> {
  try {
    await table.transact(writes);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

/** What crashes left behind, the oldest first. @returns how many were undone */
export async function sweepReservations(table: Table, now: Date): Promise<number> {
  const range = { is: '<=', value: now.toISOString() } as const;
  let undone = 0;
  for await (const { pk, sk } of queryAll(table, { hash: reservationsDue, index: 'GSI2', range })) {
    const message = await table.get({ pk, sk });
    if (message && (await abandon(table, { pk, sk }, text(message, 'seed'))) === 'UNDONE') undone++;
  }
  return undone;
}
