// How does an evidence record reach the table? Unchained, with its own hash, in the transaction of the change it
// tells of: a chain inside that transaction would make a participant's acts serial. The chain writer comes after.

import { createHash } from 'node:crypto';
import { bodyHash, type EvidenceRecord, recordBody } from '../../core/evidence/record.ts';
import { type Attribute, absent, type Write } from './table.ts';

/** The scopes' unchained records lie on this many partitions of the index, so that none is hot. */
export const evidenceShards = 4;

export const shardOf = (name: string, shards: number) =>
  createHash('sha256').update(name).digest()[0]! % shards;

/** One write of the caller's transaction. */
export function evidencePut(record: EvidenceRecord): Write {
  const body = recordBody(record);
  return {
    put: {
      pk: `EVIDNEW#${record.scope}`,
      sk: record.id,
      record: body as { [name: string]: Attribute | undefined },
      hash: bodyHash(body),
      due: `EVIDENCE#${shardOf(record.scope, evidenceShards)}`,
      dueAt: record.at.toISOString(),
    },
    when: absent(),
  };
}
