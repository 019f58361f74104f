import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { ConditionFailed, compare } from '../../adapters/dynamodb/table.ts';
import { Transient } from '../../core/errors.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../../local/fault-proxy.ts';
import { dynamoDbClient, startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';

// A transaction counts once, whatever the network and a busy table do to it.

const faults: readonly Fault[] = [
  'TransactionConflict',
  'TransactionInProgress',
  'Throttling',
  'ProvisionedThroughputExceeded',
  'InternalServerError',
  'LostAnswer',
  'LostRequest',
];
let engine: TestDynamoDb;
let proxy: FaultProxy;
let decide: () => Fault | undefined = () => undefined;
beforeAll(async () => {
  engine = await startDynamoDb();
  proxy = await startFaultProxy({ target: engine.endpoint, rule: () => decide() });
});
afterAll(async () => {
  await proxy.stop();
  await engine.stop();
});

async function tables() {
  const direct = await engine.table();
  const client = dynamoDbClient(proxy.url);
  return { direct, busy: dynamoDbTable({ client, name: direct.name, pause: async () => {} }), client };
}

test('each transaction counts exactly once under any mix of conflicts, throttling and lost answers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.constantFrom(...faults), { nil: undefined, freq: 2 }), {
        minLength: 40,
        maxLength: 40,
      }),
      async (script) => {
        const { direct, busy, client } = await tables();
        let at = 0;
        decide = () => script[at++];
        const key = { pk: 'LIM#P1', sk: '2026-03-02' };
        const debit = { update: key, change: { add: { spent: 1 } } };
        const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => busy.transact([debit])));
        decide = () => undefined;
        client.destroy();
        const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
        const spent = Number((await direct.get(key))?.spent ?? 0);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Transient);
        // Who gave up with the last answer lost does not know; everybody else counted once.
        expect(spent).toBeGreaterThanOrEqual(done);
        expect(spent).toBeLessThanOrEqual(10);
        if (done === 10) expect(spent).toBe(10);
      },
    ),
    { numRuns: 15 },
  );
  expect(Object.keys(proxy.counts().faults).sort()).toEqual([...faults].sort());
});

test('a limit is never passed and never missed while conflicts rain', async () => {
  const { direct, busy, client } = await tables();
  let at = 0;
  decide = () => (++at % 3 === 0 ? faults[at % faults.length] : undefined);
  const key = { pk: 'LIM#P1', sk: 'DAY' };
  await direct.write({ put: { ...key, spent: 0 } });
  const debit = { update: key, change: { add: { spent: 3 } }, when: compare('spent', '<=', 20 - 3) };
  const outcomes = await Promise.allSettled(Array.from({ length: 15 }, () => busy.transact([debit])));
  decide = () => undefined;
  client.destroy();
  const refused = outcomes.filter(
    (o) => o.status === 'rejected' && o.reason instanceof ConditionFailed,
  ).length;
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
  expect(refused).toBe(9);
  expect((await direct.get(key))?.spent).toBe(18);
});
