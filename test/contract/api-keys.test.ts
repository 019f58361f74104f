import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiKeys, apiKeyKey, apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { ConditionFailed, type Table } from '../../adapters/dynamodb/table.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { grantApiKey, makeApiKey } from '../../core/api-key.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

const now = new Date('2026-07-01T12:00:00Z');
const newGrant = (keyId: string, at = now) =>
  grantApiKey({ key: makeApiKey('dev', randomBytes(32)), keyId, participant: 'FINTECH_CL' }, at);

describe.each<[string, () => Promise<Table>]>([
  ['in memory', async () => memoryTable()],
  ['on DynamoDB', () => engine.table()],
])('API keys %s', (_, make) => {
  let table: Table;
  let keys: ApiKeys;
  beforeEach(async () => {
    table = await make();
    keys = apiKeys(table, memorySealer(memoryLog()));
  });

  test('come back as they were granted, and stand in their ring', async () => {
    const grant = newGrant('K1');
    const { writes, mark } = await keys.issue(grant, await keys.heldBy('FINTECH_CL'), ['p']);
    await table.transact(writes);
    expect(await keys.find(grant.digest)).toEqual(grant);
    expect(mark).toMatchObject({ item: `KEY#${grant.digest}|KEY`, version: 1 });
    const ring = await keys.heldBy('FINTECH_CL');
    expect(ring).toMatchObject({ version: 1, keys: [{ keyId: 'K1', digest: grant.digest }] });
    expect(await keys.find(newGrant('K9').digest)).toBeUndefined();
  });

  test('of two issued from one ring at the same time, one is written', async () => {
    const ring = await keys.heldBy('FINTECH_CL');
    const [one, two] = await Promise.all(['K1', 'K2'].map((id) => keys.issue(newGrant(id), ring, [])));
    await table.transact(one!.writes);
    await expect(table.transact(two!.writes)).rejects.toBeInstanceOf(ConditionFailed);
    expect((await keys.heldBy('FINTECH_CL')).keys).toHaveLength(1);
    const second = await keys.heldBy('FINTECH_CL');
    const [three, four] = await Promise.all(['K3', 'K4'].map((id) => keys.issue(newGrant(id), second, [])));
    await table.transact(three!.writes);
    await expect(table.transact(four!.writes)).rejects.toBeInstanceOf(ConditionFailed);
    expect((await keys.heldBy('FINTECH_CL')).keys.map(({ keyId }) => keyId)).toEqual(['K1', 'K3']);
  });

  test('end without a new seal, and stay known as ended', async () => {
    const grant = newGrant('K1');
    await table.transact((await keys.issue(grant, await keys.heldBy('FINTECH_CL'), [])).writes);
    await table.transact(keys.end('K1', await keys.heldBy('FINTECH_CL'), now)!.writes);
    expect(await keys.find(grant.digest)).toEqual({ ...grant, endedAt: now });
    expect((await keys.heldBy('FINTECH_CL')).keys[0]).toMatchObject({ endedAt: now });
    expect(keys.end('K7', await keys.heldBy('FINTECH_CL'), now)).toBeUndefined();
  });

  test('S22 do not open when edited, moved under another digest, or stripped of their seal', async () => {
    const grant = newGrant('K1');
    await table.transact((await keys.issue(grant, await keys.heldBy('FINTECH_CL'), [])).writes);
    const item = (await table.get(apiKeyKey(grant.digest)))!;
    const other = newGrant('K2').digest;
    await table.write({ put: { ...item, ...apiKeyKey(other) } });
    await expect(keys.find(other)).rejects.toThrow('not as this node sealed it');
    for (const set of [
      { expiresAt: '2036-01-01T00:00:00.000Z' },
      { participant: 'X' },
      { seal: undefined },
    ]) {
      await table.write({ put: item });
      await table.write({ update: apiKeyKey(grant.digest), change: { set } });
      await expect(keys.find(grant.digest)).rejects.toThrow('not as this node sealed it');
    }
  });
});
