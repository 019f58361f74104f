import { spawn } from 'node:child_process';
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { callJson } from '../../local/endpoints/call.ts';
import { type FaultRule, seededFaults, startFaultProxy } from '../../local/fault-proxy.ts';
import { firstLineOf } from '../support/first-line.ts';
import { clientOf, freshFolder, onCleanUp } from './endpoints/support.ts';

const TableName = 'money';

async function createTable(url: string): Promise<void> {
  await callJson(url, 'dynamodb', 'DynamoDB_20120810.CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  });
}

async function faulty(rule?: FaultRule) {
  const engine = await startDynamoDb();
  onCleanUp(() => engine.stop());
  await createTable(engine.url);
  const proxy = await startFaultProxy({ target: engine.url, ...(rule ? { rule } : {}) });
  onCleanUp(() => proxy.stop());
  const client = new DynamoDBClient(clientOf(proxy.url));
  return { engine, proxy, client };
}

const put = (pk: string, more = {}) => ({ Put: { TableName, Item: { pk: { S: pk }, ...more } } });
const get = (pk: string) => new GetItemCommand({ TableName, Key: { pk: { S: pk } }, ConsistentRead: true });

describe('local DynamoDB', () => {
  it('keeps its data over a restart', async () => {
    const dataFolder = freshFolder();
    const first = await startDynamoDb({ dataFolder });
    await createTable(first.url);
    await new DynamoDBClient(clientOf(first.url)).send(
      new PutItemCommand({ TableName, Item: { pk: { S: 'a' } } }),
    );
    await first.stop();
    const second = await startDynamoDb({ dataFolder });
    onCleanUp(() => second.stop());
    const { Item } = await new DynamoDBClient(clientOf(second.url)).send(get('a'));
    expect(Item).toEqual({ pk: { S: 'a' } });
  });

  it('uses the endpoint that it is given and starts nothing', async () => {
    expect((await startDynamoDb({ endpoint: 'http://db.example:8000' })).url).toBe('http://db.example:8000');
  });

  it('does not outlive a process that is killed', async () => {
    const module = new URL('../../local/dynamodb.ts', import.meta.url).href;
    const script = `const { startDynamoDb } = await import('${module}'); console.log((await startDynamoDb()).url); setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await firstLineOf(starter.stdout);
    const answers = () =>
      fetch(url).then(
        () => true,
        () => false,
      );
    expect(await answers()).toBe(true);
    starter.kill('SIGKILL');
    await expect.poll(answers).toBe(false);
  });
});

describe('fault proxy', () => {
  it('passes everything on when no rule stands', async () => {
    const { client } = await faulty();
    await client.send(new TransactWriteItemsCommand({ TransactItems: [put('a'), put('b')] }));
    expect((await client.send(get('b'))).Item).toEqual({ pk: { S: 'b' } });
  });

  it.each([
    ['TransactionConflict', 'TransactionCanceledException'],
    ['TransactionInProgress', 'TransactionInProgressException'],
    ['Throttling', 'ThrottlingException'],
    ['ProvisionedThroughputExceeded', 'ProvisionedThroughputExceededException'],
    ['InternalServerError', 'InternalServerError'],
  ] as const)('answers %s as %s and writes nothing', async (fault, name) => {
    const { client, proxy } = await faulty(() => fault);
    const write = new TransactWriteItemsCommand({ TransactItems: [put('a'), put('b')] });
    await expect(client.send(write)).rejects.toMatchObject({ name });
    proxy.setRule(() => undefined);
    expect((await client.send(get('a'))).Item).toBeUndefined();
  });

  it('names a conflict in the reasons of a cancelled transaction, one a transaction item', async () => {
    const { client } = await faulty(() => 'TransactionConflict');
    const write = client.send(new TransactWriteItemsCommand({ TransactItems: [put('a'), put('b')] }));
    await expect(write).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
    });
    const single = client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' } } }));
    await expect(single).rejects.toMatchObject({ name: 'TransactionConflictException' });
  });

  it('does the work and loses the answer', async () => {
    const { client, proxy } = await faulty(() => 'LostAnswer');
    await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [put('a')] }))).rejects.toThrow();
    proxy.setRule(() => undefined);
    expect((await client.send(get('a'))).Item).toEqual({ pk: { S: 'a' } });
  });

  it('gives the same faults to the same calls with the same seed', () => {
    const told = (seed: number): unknown[] => {
      const rule = seededFaults({ seed, probability: 0.3, faults: ['TransactionConflict', 'Throttling'] });
      return Array.from({ length: 200 }, (_, before) =>
        rule({ operation: 'TransactWriteItems', input: {}, before, caller: '' }),
      );
    };
    expect(told(1)).toEqual(told(1));
    expect(told(1)).not.toEqual(told(2));
    const faults = told(1).filter((fault) => fault !== undefined).length;
    expect(faults).toBeGreaterThan(40);
    expect(faults).toBeLessThan(80);
  });

  it('counts requests and units, transactions doubled, and shows the client only what it asked for', async () => {
    const { client, proxy } = await faulty();
    const large = { x: { S: 'x'.repeat(1_500) } };
    const unasked = await client.send(
      new TransactWriteItemsCommand({ TransactItems: [put('a'), put('b', large)] }),
    );
    expect(unasked.ConsumedCapacity).toBeUndefined();
    await client.send(get('a'));
    await client.send(
      new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key: { pk: { S: 'a' } } } }] }),
    );
    const asked = await client.send(
      new PutItemCommand({ TableName, Item: { pk: { S: 'c' } }, ReturnConsumedCapacity: 'TOTAL' }),
    );
    expect(asked.ConsumedCapacity?.CapacityUnits).toBe(1);
    expect(proxy.counts()).toMatchObject({
      requests: { TransactWriteItems: 1, GetItem: 1, TransactGetItems: 1, PutItem: 1 },
      writeUnits: 7,
      readUnits: 3,
    });
    const [caller] = Object.entries(proxy.counts().callers);
    expect(caller).toEqual([expect.any(String), { writeUnits: 7, readUnits: 3 }]);
  });
});
