// Where do entries of the outbox wait? One item each, found by the sweep through the sparse index "due".

import { type OutboxEntry, type OutboxQueue, outboxQueues } from '../../core/outbox.ts';
import { shardOf } from './evidence.ts';
import { absent, type Key, number, type StoredItem, text, type Write } from './table.ts';

/** Each queue has this many partitions of the index, so that none is hot and none hides another queue. */
export const outboxShards = 4;

/** The sweep leaves a new entry this long to its announcement. */
const announcementSeconds = 30;

export const outboxKey = (id: string): Key => ({ pk: `OUT#${id}`, sk: 'OUTBOX' });

export const dueOf = (queue: OutboxQueue, id: string) => `OUTBOX#${queue}#${shardOf(id, outboxShards)}`;

/** One write of the caller's transaction. */
export function outboxPut(entry: OutboxEntry): Write {
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
    when: absent(),
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
