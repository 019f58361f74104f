// Where do entries of the outbox wait? One item each, found by the sweep through the sparse index "due".

import {
  afterFailure,
  closedUntil,
  type OutboxEntry,
  type OutboxQueue,
  outboxQueues,
} from '../../core/outbox.ts';
import type { DeadEntries } from '../../core/people/ports.ts';
import { outboxPolicy } from '../../core/policy.ts';
import { shardOf } from './evidence.ts';
import {
  absent,
  all,
  type Condition,
  ConditionFailed,
  compare,
  equals,
  type Key,
  number,
  present,
  queryAll,
  type StoredItem,
  type Table,
  text,
  type Write,
} from './table.ts';

/** Each queue has this many partitions of the index, so that none is hot and none hides another queue. */
export const outboxShards = 4;

/** The sweep leaves a new entry this long to its announcement. */
const announcementSeconds = 30;

export const outboxKey = (id: string): Key => ({ pk: `OUT#${id}`, sk: 'OUTBOX' });

const dueOf = (queue: OutboxQueue, id: string) => `OUTBOX#${queue}#${shardOf(id, outboxShards)}`;

/** One write of the caller's transaction. */
export function outboxPut(entry: OutboxEntry): Write {
  return { ...outboxWrite(entry), when: absent() };
}

function outboxWrite(entry: OutboxEntry): { readonly put: StoredItem } {
  const { id, queue, kind, refs, receiver, createdAt, nextAttemptAt, attempts } = entry;
  return {
    put: {
      ...outboxKey(id),
      queue,
      kind,
      refs,
      receiver,
      createdAt: createdAt.toISOString(),
      nextAttemptAt: nextAttemptAt.toISOString(),
      attempts,
      due: dueOf(queue, id),
      dueAt: new Date(nextAttemptAt.getTime() + announcementSeconds * 1000).toISOString(),
    },
  };
}

export function readEntry(item: StoredItem): OutboxEntry {
  const queue = text(item, 'queue') as OutboxQueue;
  if (!outboxQueues.includes(queue)) throw new TypeError(`expected a queue of the outbox, found "${queue}"`);
  return {
    id: item.pk.slice('OUT#'.length),
    queue,
    kind: text(item, 'kind'),
    refs: item.refs as { readonly [name: string]: string },
    ...(item.receiver !== undefined && { receiver: text(item, 'receiver') }),
    createdAt: new Date(text(item, 'createdAt')),
    nextAttemptAt: new Date(text(item, 'nextAttemptAt')),
    attempts: number(item, 'attempts'),
  };
}

/** An entry and the lease on it: until the lease ends nobody else has it. */
export interface Taken extends OutboxEntry {
  readonly leasedUntil: Date;
  /** Its receiver's last attempt failed. */
  readonly receiverFailed: boolean;
}

export interface OutboxStore {
  /**
   * Begins an attempt. Undefined where the entry is done, dead, not yet due, taken by somebody, or its receiver is
   * being left alone: then there is nothing to do, and who asked forgets it.
   */
  take(id: string, now: Date): Promise<Taken | undefined>;
  /** Ends the entry, in one transaction with what else came of the attempt. A lease lost meanwhile changes nothing. */
  settle(taken: Taken, results?: readonly Write[]): Promise<'SETTLED' | 'LEASE_LOST'>;
  /** After a failure: the entry as it now waits, or undefined where policy gave it up (it is kept, dead). */
  postpone(taken: Taken, now: Date, retryAfter?: Date): Promise<OutboxEntry | undefined>;
  /** Gives up at once: no attempt can succeed. */
  giveUp(taken: Taken, now: Date): Promise<void>;
  /** Ids whose announcement is due, earliest first, at most `limit`. */
  due(queue: OutboxQueue, now: Date, limit: number): Promise<readonly string[]>;
  /** The sweep announced it: leave it alone for a while, or, where somebody has it, until their lease ends. */
  announced(id: string, now: Date): Promise<void>;
}

/** Entries that were given up are kept, for people to see and to send again. */
export function deadEntries(table: Table): DeadEntries {
  const find = async (id: string) => {
    const item = await table.get(outboxKey(id));
    return item?.dead ? readEntry(item) : undefined;
  };
  return {
    find,
    async *list(queue) {
      for await (const { pk } of queryAll(table, { index: 'GSI2', hash: deadOf(queue) })) {
        const entry = await find(pk.slice('OUT#'.length));
        if (entry) yield entry;
      }
    },
  };
}

/** A write of the act that sends it again: its clock starts anew, and the sweep announces it. */
export function revivalWrite(entry: OutboxEntry, now: Date): Write {
  const fresh = { ...entry, createdAt: now, nextAttemptAt: now, attempts: 0 };
  return { ...outboxWrite(fresh), when: present('dead') };
}

/** An announced entry that nobody took is announced again after this long: SQS lost it, or its reader is gone. */
const announceAgainSeconds = 300;

const iso = (time: Date) => time.toISOString();
const later = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);

export function outboxStore(table: Table, random: () => number = Math.random): OutboxStore {
  return {
    take: (id, now) => take(table, random, id, now),
    settle: (taken, results = []) => settle(table, taken, results),
    postpone: (taken, now, retryAfter) => postpone(table, random, taken, now, retryAfter),
    giveUp: (taken, now) => kill(table, taken, now),
    due: (queue, now, limit) => due(table, queue, now, limit),
    announced: (id, now) => announced(table, id, now),
  };
}

/** That the lease on an entry is still ours: each lease ends at a time of its own. */
const mine = (taken: Taken) => equals('nextAttemptAt', iso(taken.leasedUntil));

async function take(table: Table, random: () => number, id: string, now: Date): Promise<Taken | undefined> {
  const item = await table.get(outboxKey(id));
  if (!item || item.dead || text(item, 'nextAttemptAt') > iso(now)) return undefined;
  const entry = readEntry(item);
  const receiver = entry.receiver && (await table.get(receiverKey(entry), { consistent: false }));
  // The last attempt before policy gives it up is never withheld.
  const closed = isPastEnd(entry, now) ? undefined : closedStill(receiver || undefined, now);
  const until = closed ? later(closed, random() * 30) : later(now, outboxPolicy[entry.queue].leaseSeconds);
  const change = {
    set: { nextAttemptAt: iso(until), ...(closed && { dueAt: iso(until) }) },
    ...(!closed && { add: { attempts: 1 } }),
  };
  const when = all(equals('nextAttemptAt', iso(entry.nextAttemptAt)), absent('dead'));
  const after = await ifStill(table.write({ update: outboxKey(id), change, when }));
  if (!after || closed) return undefined;
  return { ...readEntry(after), leasedUntil: until, receiverFailed: Boolean(receiver) };
}

/** One that somebody has is due when their lease ends: taking it moves nothing in the index, which costs two units more. */
async function announced(table: Table, id: string, now: Date): Promise<void> {
  const leaveUntil = (dueAt: string, nextAttemptAt: Condition) =>
    table.write({
      update: outboxKey(id),
      change: { set: { dueAt } },
      when: all(compare('dueAt', '<=', iso(now)), absent('dead'), nextAttemptAt),
    });
  try {
    await leaveUntil(iso(later(now, announceAgainSeconds)), compare('nextAttemptAt', '<=', iso(now)));
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const leasedUntil = error.old && text(error.old, 'nextAttemptAt');
    if (leasedUntil !== undefined)
      await ifStill(leaveUntil(leasedUntil, equals('nextAttemptAt', leasedUntil)));
  }
}

async function settle(
  table: Table,
  taken: Taken,
  results: readonly Write[],
): Promise<'SETTLED' | 'LEASE_LOST'> {
  const end = { delete: outboxKey(taken.id), when: mine(taken) };
  try {
    // Alone it needs no transaction, which costs twice; where its answer is lost, the entry is gone all the same.
    if (results.length === 0) await table.write(end);
    else await table.transact([end, ...results]);
  } catch (error) {
    if (!(error instanceof ConditionFailed) || error.index !== 0) throw error;
    return 'LEASE_LOST';
  }
  if (taken.receiverFailed) await table.write({ delete: receiverKey(taken) });
  return 'SETTLED';
}

async function postpone(
  table: Table,
  random: () => number,
  taken: Taken,
  now: Date,
  retryAfter: Date | undefined,
): Promise<OutboxEntry | undefined> {
  if (taken.receiver) await countFailure(table, taken, now);
  const after = afterFailure(taken, now, random(), retryAfter);
  if (after.outcome === 'DEAD') {
    await kill(table, taken, now);
    return undefined;
  }
  const { nextAttemptAt } = after;
  const dueAt = later(nextAttemptAt, announcementSeconds);
  const change = { set: { nextAttemptAt: iso(nextAttemptAt), dueAt: iso(dueAt) } };
  await ifStill(table.write({ update: outboxKey(taken.id), change, when: mine(taken) }));
  const { leasedUntil: _, receiverFailed: __, ...entry } = taken;
  return { ...entry, nextAttemptAt };
}

async function kill(table: Table, taken: Taken, now: Date): Promise<void> {
  const change = { set: { dead: true, due: deadOf(taken.queue), dueAt: iso(now) } };
  await ifStill(table.write({ update: outboxKey(taken.id), change, when: mine(taken) }));
}

async function due(table: Table, queue: OutboxQueue, now: Date, limit: number): Promise<readonly string[]> {
  const pages = await Promise.all(
    Array.from({ length: outboxShards }, (_, shard) =>
      table.query({
        index: 'GSI2',
        hash: `OUTBOX#${queue}#${shard}`,
        range: { is: '<=', value: iso(now) },
        limit: Math.ceil(limit / outboxShards),
      }),
    ),
  );
  return pages.flatMap(({ items }) => items.map(({ pk }) => pk.slice('OUT#'.length)));
}

const deadOf = (queue: OutboxQueue) => `OUTDEAD#${queue}`;

/** Undefined where somebody else was first. */
async function ifStill<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}

const receiverKey = ({ queue, receiver }: OutboxEntry): Key => ({
  // Under the prefix that who writes entries may write; no entry's id looks like this.
  pk: `OUT#receiver#${queue}#${receiver}`,
  sk: 'RECEIVER',
});

function closedStill(receiver: StoredItem | undefined, now: Date): Date | undefined {
  const until = typeof receiver?.closedUntil === 'string' ? new Date(receiver.closedUntil) : undefined;
  return until && until > now ? until : undefined;
}

const isPastEnd = ({ queue, createdAt }: OutboxEntry, now: Date) =>
  now >= later(createdAt, outboxPolicy[queue].giveUpAfterSeconds);

async function countFailure(table: Table, entry: OutboxEntry, now: Date): Promise<void> {
  const update = receiverKey(entry);
  const after = await table.write({ update, change: { add: { failures: 1 } } });
  const until = closedUntil(number(after!, 'failures'), now);
  if (until) await table.write({ update, change: { set: { closedUntil: iso(until) } } });
}
