// A node's evidence in memory, or over a table of a real engine: what tests of chains, heads and audit start from.

import { evidencePut, unchainedPartitionOf } from '../../adapters/dynamodb/evidence.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { lockSources } from '../../adapters/dynamodb/locked-sources.ts';
import type { StoredItem, Table } from '../../adapters/dynamodb/table.ts';
import { headVerifier } from '../../adapters/kms/heads.ts';
import { type MemoryArchive, memoryArchive } from '../../adapters/memory/archive.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import { chainEvidence } from '../../functions/chain-evidence/chain-evidence.ts';
import { signEvidenceHeads } from '../../functions/sign-evidence-heads/sign-evidence-heads.ts';

const signer = memoryP256Signer('evidence-key');
const sealSigner = memoryP256Signer('seal-key');

/** @param of the parts of a node that another world has made. */
export function evidenceNode(
  items = new Map<string, StoredItem>(),
  table: Table = memoryTable(items),
  of: {
    readonly clock?: ReturnType<typeof memoryClock>;
    readonly sealer?: Sealer;
    readonly finId?: string;
  } = {},
) {
  const clock = of.clock ?? memoryClock();
  const log = memoryLog();
  const archive: MemoryArchive = memoryArchive();
  const isOurs = headVerifier([signer.keyId], async () => signer.publicKey);
  let count = 0;
  const node = {
    items,
    table,
    clock,
    log,
    archive,
    signer,
    isOurs,
    sealer: of.sealer ?? memorySealer(log, sealSigner),
    chains: dynamoDbEvidenceChains(
      table,
      lockSources(table, archive, () => clock.now()),
    ),
    record: (more: Partial<EvidenceRecord> = {}): EvidenceRecord => ({
      id: `EV${String(++count).padStart(6, '0')}`,
      scope: 'P1',
      kind: 'thing.happened',
      at: clock.now(),
      actor: { kind: 'participant', finId: 'P1', apiKeyId: 'K1' },
      subjects: { thing: 'T1' },
      ...more,
    }),
    /** Something happens, as a use case would write it. */
    async happen(more: Partial<EvidenceRecord> = {}): Promise<EvidenceRecord> {
      const record = node.record(more);
      await table.transact([evidencePut(record)]);
      return record;
    },
    chain: () => chainEvidence(node),
    sign: () => signEvidenceHeads({ ...node, node: of.finId ?? 'NODE', retentionDays: 10 }),
    /** What an attacker with write access to the table does. */
    forge(
      pk: string,
      sk: string,
      change: (item: Record<string, unknown>) => Record<string, unknown> | undefined,
    ) {
      const name = JSON.stringify([pk, sk]);
      const changed = change(structuredClone({ ...(items.get(name) ?? { pk, sk }) }));
      if (changed) items.set(name, changed as StoredItem);
      else items.delete(name);
    },
  };
  return node;
}

export type EvidenceNode = ReturnType<typeof evidenceNode>;

export const unchainedKeyOf = (scope: string, id: string): [string, string] => [
  unchainedPartitionOf(scope),
  `${scope}#${id}`,
];
export const headKeyOf = (scope: string): [string, string] => ['EVIDHEAD#scopes', scope];

export const linkKeyOf = (scope: string, seq: number): [string, string] => [
  `EVID#${scope}`,
  String(seq).padStart(12, '0'),
];
