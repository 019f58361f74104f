// How does an evidence record reach the table? Unchained, with its own hash, in the transaction of the change it
// tells of: a chain inside that transaction would make a participant's acts serial. The chain writer comes after.

import { createHash } from 'node:crypto';
import { bodyHash, type EvidenceRecord, recordBody } from '../../core/evidence/record.ts';
import { type Attribute, absent, queryAll, type StoredItem, type Table, type Write } from './table.ts';

/** Unchained records lie on this many partitions, so that none is hot and the chain writer finds them without an index. */
const evidenceShards = 4;

export const shardOf = (name: string, shards: number) =>
  createHash('sha256').update(name).digest()[0]! % shards;

const unchainedPartition = (shard: number) => `EVIDNEW#${shard}`;
export const unchainedPartitionOf = (scope: string) => unchainedPartition(shardOf(scope, evidenceShards));

/** One write of the caller's transaction. */
export function evidencePut(record: EvidenceRecord): Write {
  const body = recordBody(record);
  return {
    put: {
      pk: unchainedPartitionOf(record.scope),
      // Sorts by scope and then, an id being a ULID, by time.
      sk: `${record.scope}#${record.id}`,
      record: body as { [name: string]: Attribute | undefined },
      hash: bodyHash(body),
      at: record.at.toISOString(),
    },
    when: absent(),
  };
}

/** The scope and id of an unchained item; an id holds no `#`. */
export function unchainedName(sk: string): { readonly scope: string; readonly id: string } {
  const at = sk.lastIndexOf('#');
  return { scope: sk.slice(0, at), id: sk.slice(at + 1) };
}

/** All that waits to be chained; of one scope, in the order in which it happened. */
export async function* unchainedItems(table: Table): AsyncIterable<StoredItem> {
  for (let shard = 0; shard < evidenceShards; shard++)
    yield* queryAll(table, { hash: unchainedPartition(shard), consistent: true });
}
