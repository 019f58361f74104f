// Where do entries of the outbox wait? One item each, in partitions that hold nothing else and that the sweep reads
// whole: putting, taking and settling one costs no write of an index.

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
  ConditionFailed,
  compare,
  equals,
  type Item,
  type Key,
  number,
  present,
  queryAll,
  type StoredItem,
  type Table,
  text,
  type Write,
} from './table.ts';

/** What waits lies on this many partitions, so that none is hot: the sweep reads them all and needs no index. */
const outboxShards = 16;

/** The sweep leaves an entry this long to its announcement. */
const announcementSeconds = 30;

const partitionOf = (shard: number) => `OUT#${String(shard).padStart(2, '0')}`;
const sortOf = (id: string) => `OUTBOX#${id}`;
const idOf = ({ sk }: Key) => sk.slice(sortOf('').length);

export const outboxKey = (id: string): Key => ({
  pk: partitionOf(shardOf(id, outboxShards)),
  sk: sortOf(id),
});

/** Apart, so that no sweep reads again and again what waits for people, or for the daily pass. */
const deadPartition = (queue: OutboxQueue) => `OUT#dead#${queue}`;
const deadKey = ({ queue, id }: OutboxEntry): Key => ({ pk: deadPartition(queue), sk: sortOf(id) });

/** One write of the caller's transaction. */
export function outboxPut(entry: OutboxEntry): Write {
  return { put: { ...outboxKey(entry.id), ...outboxItem(entry) }, when: absent() };
}

export const isOutboxItem = ({ pk, sk }: Key) => pk.startsWith('OUT#') && sk.startsWith('OUTBOX#');

function outboxItem({ queue, kind, refs, receiver, createdAt, nextAttemptAt, attempts }: OutboxEntry): Item {
  const [created, next] = [createdAt.toISOString(), nextAttemptAt.toISOString()];
  return { queue, kind, refs, receiver, createdAt: created, nextAttemptAt: next, attempts };
}

export function readEntry(item: StoredItem): OutboxEntry {
  const queue = text(item, 'queue') as OutboxQueue;
  if (!outboxQueues.includes(queue)) throw new TypeError(`expected a queue of the outbox, found "${queue}"`);
  return {
    id: idOf(item),
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
  /**
   * After a failure: the entry as it now waits, or undefined where policy gave it up (it is kept, dead).
   * @param alone its receiver has not failed, and the entries of nobody else wait for it
   */
  postpone(taken: Taken, now: Date, retryAfter?: Date, alone?: boolean): Promise<OutboxEntry | undefined>;
  /** Gives up at once: no attempt can succeed. */
  giveUp(taken: Taken, now: Date): Promise<void>;
  /** Ids whose announcement is due, earliest first, at most `limit` of each queue. */
  due(now: Date, limit: number): Promise<ReadonlyMap<OutboxQueue, readonly string[]>>;
  /** The sweep announced it: leave it alone for a while. */
  announced(id: string, now: Date): Promise<void>;
}

/** Entries that were given up are kept, for people to see and to send again. */
export function deadEntries(table: Table): DeadEntries {
  return {
    async find(id) {
      const keys = outboxQueues.map((queue) => ({ pk: deadPartition(queue), sk: sortOf(id) }));
      const item = (await table.getMany(keys)).find((each) => each !== undefined);
      return item && readEntry(item);
    },
    async *list(queue, kind) {
      const range = kind === undefined ? {} : { range: { beginsWith: sortOf(`${kind}.`) } };
      for await (const item of queryAll(table, { hash: deadPartition(queue), ...range, consistent: true }))
        yield readEntry(item);
    },
  };
}

/** Writes of the act that sends it again: its clock starts anew, and the sweep announces it. */
export function revivalWrites(entry: OutboxEntry, now: Date): readonly Write[] {
  const fresh = { ...entry, createdAt: now, nextAttemptAt: now, attempts: 0 };
  return [{ delete: deadKey(entry), when: present() }, outboxPut(fresh)];
}

/** By itself, where no people are needed for it. @returns false where somebody else was first */
export async function revive(table: Table, entry: OutboxEntry, now: Date): Promise<boolean> {
  return (await ifStill(table.transact(revivalWrites(entry, now)).then(() => true))) ?? false;
}

/** An announced entry that nobody took is announced again after this long: SQS lost it, or its reader is gone. */
const announceAgainSeconds = 300;

const iso = (time: Date) => time.toISOString();
const later = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1000);

export function outboxStore(table: Table, random: () => number = Math.random): OutboxStore {
  return {
    take: (id, now) => take(table, random, id, now),
    settle: (taken, results = []) => settle(table, taken, results),
    postpone: (taken, now, retryAfter, alone) => postpone(table, random, taken, now, { retryAfter, alone }),
    giveUp: (taken, now) => kill(table, taken, now),
    due: (now, limit) => due(table, now, limit),
    announced: (id, now) => announced(table, id, now),
  };
}

/** That the lease on an entry is still ours: each lease ends at a time of its own. */
const mine = (taken: Taken) => equals('nextAttemptAt', iso(taken.leasedUntil));

async function take(table: Table, random: () => number, id: string, now: Date): Promise<Taken | undefined> {
  const item = await table.get(outboxKey(id));
  if (!item || text(item, 'nextAttemptAt') > iso(now)) return undefined;
  const entry = readEntry(item);
  const receiver = entry.receiver && (await table.get(receiverKey(entry), { consistent: false }));
  // The last attempt before policy gives it up is never withheld.
  const closed = isPastEnd(entry, now) ? undefined : closedStill(receiver || undefined, now);
  const until = closed ? later(closed, random() * 30) : later(now, outboxPolicy[entry.queue].leaseSeconds);
  const change = {
    set: { nextAttemptAt: iso(until), announceAt: iso(until) },
    ...(!closed && { add: { attempts: 1 } }),
  };
  const when = equals('nextAttemptAt', iso(entry.nextAttemptAt));
  const after = await ifStill(table.write({ update: outboxKey(id), change, when }));
  if (!after || closed) return undefined;
  return { ...readEntry(after), leasedUntil: until, receiverFailed: Boolean(receiver) };
}

async function announced(table: Table, id: string, now: Date): Promise<void> {
  const change = { set: { announceAt: iso(later(now, announceAgainSeconds)) } };
  // One that somebody took meanwhile is due again when their lease ends.
  await ifStill(
    table.write({ update: outboxKey(id), change, when: compare('nextAttemptAt', '<=', iso(now)) }),
  );
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
  { retryAfter, alone = false }: { retryAfter: Date | undefined; alone: boolean | undefined },
): Promise<OutboxEntry | undefined> {
  if (taken.receiver && !alone) await countFailure(table, taken, now);
  const after = afterFailure(taken, now, random(), retryAfter);
  if (after.outcome === 'DEAD') {
    await kill(table, taken, now);
    return undefined;
  }
  const { nextAttemptAt } = after;
  const change = { set: { nextAttemptAt: iso(nextAttemptAt) }, remove: ['announceAt'] };
  await ifStill(table.write({ update: outboxKey(taken.id), change, when: mine(taken) }));
  const { leasedUntil: _, receiverFailed: __, ...entry } = taken;
  return { ...entry, nextAttemptAt };
}

async function kill(table: Table, taken: Taken, now: Date): Promise<void> {
  const dead = { put: { ...deadKey(taken), ...outboxItem(taken), deadAt: iso(now) } };
  await ifStill(table.transact([{ delete: outboxKey(taken.id), when: mine(taken) }, dead]));
}

/** Whatever waits is read, whether due or not: what lies there is what nobody took yet, and what is tried again. */
async function due(
  table: Table,
  now: Date,
  limit: number,
): Promise<ReadonlyMap<OutboxQueue, readonly string[]>> {
  const shards = await Promise.all(
    Array.from({ length: outboxShards }, async (_, shard) => {
      const found: { readonly id: string; readonly queue: OutboxQueue; readonly at: string }[] = [];
      for await (const item of queryAll(table, { hash: partitionOf(shard) })) {
        const [queue, at] = [outboxQueues.find((each) => each === item.queue), sweptAt(item)];
        if (queue && at <= iso(now)) found.push({ id: idOf(item), queue, at });
      }
      return found;
    }),
  );
  const earliestFirst = shards.flat().sort((one, other) => (one.at < other.at ? -1 : 1));
  const byQueue = Map.groupBy(earliestFirst, ({ queue }) => queue);
  return new Map([...byQueue].map(([queue, found]) => [queue, found.slice(0, limit).map(({ id }) => id)]));
}

/** From when on the sweep announces an entry; at once what cannot be read, which its taker then says. */
function sweptAt({ announceAt, nextAttemptAt }: StoredItem): string {
  if (typeof announceAt === 'string') return announceAt;
  const next = Date.parse(String(nextAttemptAt));
  return Number.isNaN(next) ? '' : iso(new Date(next + announcementSeconds * 1000));
}

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
