import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { peerHeads } from '../../adapters/dynamodb/peer-heads.ts';
import type { StoredItem } from '../../adapters/dynamodb/table.ts';
import { memoryIds } from '../../adapters/memory/clock.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { signEvidenceHeads } from '../../functions/sign-evidence-heads/sign-evidence-heads.ts';
import { clientOf, endpointsOn, freshFolder, onCleanUp } from '../local/endpoints/support.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { evidenceNode } from '../support/evidence.ts';
import { apodera } from '../support/terminal.ts';

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

async function nodeWithEvidence() {
  const table = await engine.table();
  const node = evidenceNode(new Map<string, StoredItem>(), table);
  const folder = freshFolder();
  const endpoints = await endpointsOn(folder);
  endpoints.s3.seedBucket({ name: 'evidence', objectLock: true });
  // The SDK's clients take their endpoints from the environment, as on a laptop.
  vi.stubEnv('AWS_ENDPOINT_URL', endpoints.url);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', engine.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const client = new S3Client(clientOf(endpoints.url));
  onCleanUp(() => client.destroy());
  const archive = s3Archive(client, 'evidence');
  const pem = join(folder, 'evidence.pem');
  writeFileSync(pem, node.signer.publicKey.export({ type: 'spki', format: 'pem' }));
  for (let i = 0; i < 3; i++) await node.happen();
  await node.chain();
  await signEvidenceHeads({ ...node, archive, node: 'NODE', retentionDays: 10 });
  const env = {
    TABLE_NAME: table.name,
    EVIDENCE_BUCKET: 'evidence',
    NODE_FIN_ID: 'NODE',
    SEAL_KEY_ID: 'seal-key',
  };
  const options = ['--evidence-key', node.signer.keyId, '--evidence-public-key', pem];
  return {
    table,
    node,
    folder,
    options,
    audit: (...more: string[]) =>
      apodera(['evidence', 'audit', ...options, ...more], { env, now: node.clock.now() }),
  };
}

describe('apodera evidence audit', () => {
  let it: Awaited<ReturnType<typeof nodeWithEvidence>>;
  beforeEach(async () => {
    it = await nodeWithEvidence();
  });
  afterEach(() => vi.unstubAllEnvs());

  test('says what it read, and ends with 0 where nothing was found', async () => {
    const { exitCode, out } = await it.audit();
    expect(out).toMatch(
      /^Read 1 signed heads, 3 records, 0 states, 0 sources\.\nLast head: 1 \S{43}\nNothing was found\.\n$/,
    );
    expect(exitCode).toBe(exitCodes.DONE);
  });

  test('ends with 3 and names each finding with its place and its meaning', async () => {
    await it.table.write({
      update: { pk: 'EVID#P1', sk: '000000000002' },
      change: { set: { 'record.kind': 'other' } },
    });
    const { exitCode, out } = await it.audit();
    expect(exitCode).toBe(exitCodes.REFUSED);
    expect(out).toContain(
      'RECORD_EDITED  A record is not what its hash says: it was changed.\n  scope P1, record 2',
    );
    const json = JSON.parse((await it.audit('--json')).out);
    expect(json).toMatchObject({ records: 3, findings: [{ code: 'RECORD_EDITED', scope: 'P1', seq: 2 }] });
  });

  test('compares with the heads that other parties hold', async () => {
    const { lastHead } = JSON.parse((await it.audit('--json')).out);
    const file = join(it.folder, 'heads.json');
    writeFileSync(file, JSON.stringify([lastHead]));
    expect((await it.audit('--peer-heads', file)).exitCode).toBe(exitCodes.DONE);
    writeFileSync(file, JSON.stringify([{ ...lastHead, hash: 'other' }]));
    expect((await it.audit('--peer-heads', file)).out).toContain('PEER_HEAD_DIFFERS');
    writeFileSync(file, '[{"number":"1"}]');
    expect((await it.audit('--peer-heads', file)).exitCode).toBe(exitCodes.USAGE);
  });

  test('believes no head whose key is not the one it was given', async () => {
    const file = join(it.folder, 'other.pem');
    writeFileSync(file, 'no key');
    expect((await it.audit('--evidence-public-key', file)).exitCode).toBe(exitCodes.USAGE);
    expect((await it.audit('--evidence-key', 'another')).out).toContain('HEAD_FORGED');
    const other = memoryP256Signer().publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(file, other);
    expect((await it.audit('--evidence-public-key', file)).out).toContain('HEAD_FORGED');
  });

  test('lists the heads that it holds of another node, as the file that the other’s audit takes', async () => {
    const heads = peerHeads({ ...it.node, ids: memoryIds() });
    const theirs = [1, 2].map((number) => ({ number, hash: `${number}`.repeat(43) }));
    for (const head of theirs) await heads.hold({ finId: 'BANCO_CL', kind: 'payoutOperator' }, head);
    await it.node.chain();
    const list = (of: string, ...more: string[]) =>
      apodera(['evidence', 'heads', '--of', of, ...more], { env: { TABLE_NAME: it.table.name } });
    expect(JSON.parse((await list('BANCO_CL', '--json')).out)).toEqual(theirs);
    expect((await list('OTHER')).out).toBe('This node holds none.\n');
  });

  test('asks for what neither options nor environment name', async () => {
    const { exitCode, err } = await apodera(['evidence', 'audit']);
    expect(exitCode).toBe(exitCodes.USAGE);
    expect(err).toMatch(/"TABLE_NAME" is not set/);
  });
});
