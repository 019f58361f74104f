import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { auditedTable } from '../../adapters/dynamodb/evidence-audit.ts';
import { sealedWrite } from '../../adapters/dynamodb/sealed-records.ts';
import type { StoredItem } from '../../adapters/dynamodb/table.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { audit } from '../../core/evidence/audit.ts';
import { chainEvidence } from '../../functions/chain-evidence/chain-evidence.ts';
import { signEvidenceHeads } from '../../functions/sign-evidence-heads/sign-evidence-heads.ts';
import { clientOf, endpointsOn, freshFolder, onCleanUp } from '../local/endpoints/support.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { evidenceNode } from '../support/evidence.ts';

// The chain writer, the signer and the audit, over a real engine and the S3 endpoint: what the twins say holds there.

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

test('a node’s evidence is chained by competing writers, signed, and audited, on a real engine', async () => {
  const table = await engine.table();
  const endpoints = await endpointsOn(freshFolder());
  endpoints.s3.seedBucket({ name: 'evidence', objectLock: true });
  const client = new S3Client(clientOf(endpoints.url));
  onCleanUp(() => client.destroy());
  const node = evidenceNode(new Map<string, StoredItem>(), table);
  const archive = s3Archive(client, 'evidence');
  const sign = () => signEvidenceHeads({ ...node, archive, node: 'NODE', retentionDays: 10 });
  const findings = async () => {
    const { unchained, ...audited } = auditedTable(table, node.sealer, archive);
    const report = await audit({
      ...node,
      archive,
      node: 'NODE',
      now: node.clock.now(),
      peerHeads: [],
      chains: { ...node.chains, unchained },
      ...audited,
    });
    return { codes: report.findings.map(({ code }) => code), records: report.records, heads: report.heads };
  };

  const key = { pk: 'PART#P1', sk: 'PROFILE' };
  const profile = { name: 'P1', country: 'CL', version: 1 };
  const { write, mark } = await sealedWrite(node.sealer, key, profile, []);
  await table.transact([write, evidencePut(node.record({ states: [mark] }))]);
  for (let i = 0; i < 119; i++) await node.happen({ scope: `P${i % 3}` });

  const done = await Promise.all([chainEvidence(node), chainEvidence(node)]);
  expect(done.reduce((sum, { chained }) => sum + chained, 0)).toBe(120);
  expect(await node.chains.waiting()).toEqual([]);
  expect(await sign()).toEqual({ number: 1, broken: 0 });
  expect(await sign()).toEqual({ number: 2, broken: 0 });
  expect(await findings()).toEqual({ codes: [], records: 120, heads: 2 });

  await table.write({
    update: { pk: 'EVID#P1', sk: '000000000002' },
    change: { set: { 'record.kind': 'other' } },
  });
  await table.write({ delete: { pk: 'EVID#P2', sk: '000000000039' } });
  await table.write({ delete: { pk: 'EVID#P0', sk: '000000000039' } });
  await table.write({ update: key, change: { set: { country: 'BR' } } });
  expect((await findings()).codes.sort()).toEqual([
    'CHAIN_CUT',
    'RECORD_EDITED',
    'RECORD_MISSING',
    'SEAL_WRONG',
  ]);
});
