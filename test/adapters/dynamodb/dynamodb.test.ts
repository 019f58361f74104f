import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { dynamoDbTable } from '../../../adapters/dynamodb/dynamodb.ts';
import { ConditionFailed } from '../../../adapters/dynamodb/table.ts';
import { Transient } from '../../../core/errors.ts';

// What no local engine ever answers: conflicts, throttling, keys left unread.

const dynamo = mockClient(DynamoDBClient);
const pauses: number[] = [];
const table = dynamoDbTable({
  client: new DynamoDBClient({ region: 'us-east-1' }),
  name: 'node',
  pause: async (milliseconds) => {
    pauses.push(milliseconds);
  },
  random: () => 0.5,
});
const writes = [{ put: { pk: 'A', sk: 'A' } }, { put: { pk: 'B', sk: 'B' } }];

function cancelled(...codes: string[]) {
  return new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}
const named = (name: string) => Object.assign(new Error(name), { name });

beforeEach(() => {
  dynamo.reset();
  pauses.length = 0;
});

test('retries a transaction conflict with growing pauses under the same request token', async () => {
  dynamo
    .on(TransactWriteItemsCommand)
    .rejectsOnce(cancelled('None', 'TransactionConflict'))
    .rejectsOnce(named('TransactionInProgressException'))
    .rejectsOnce(cancelled('ThrottlingError', 'None'))
    .resolves({});
  await table.transact(writes);
  const tokens = dynamo
    .commandCalls(TransactWriteItemsCommand)
    .map((call) => call.args[0].input.ClientRequestToken);
  expect(tokens).toHaveLength(4);
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).toMatch(/^.{1,36}$/);
  expect(pauses).toEqual([10, 20, 40]);
});

test.each([
  ['a conflict', cancelled('TransactionConflict')],
  ['throttling', named('ProvisionedThroughputExceededException')],
  ['an internal error', named('InternalServerError')],
  ['no connection', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })],
])('is Transient when %s does not end', async (_, error) => {
  dynamo.onAnyCommand().rejects(error);
  const failure = await table.transact(writes).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(Transient);
  expect((failure as Transient).name).toBe('TransientTableBusy');
  expect(dynamo.calls()).toHaveLength(8);
});

test('a condition that does not hold wins over a conflict in the same transaction', async () => {
  dynamo.on(TransactWriteItemsCommand).rejects(cancelled('TransactionConflict', 'ConditionalCheckFailed'));
  const failure = await table.transact(writes).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(ConditionFailed);
  expect((failure as ConditionFailed).index).toBe(1);
  expect(dynamo.calls()).toHaveLength(1);
});

test.each([
  ['a validation error', named('ValidationException')],
  ['an item collection that is full', cancelled('ItemCollectionSizeLimitExceeded')],
  ['missing permission', named('AccessDeniedException')],
])('%s is a fault and is not tried again', async (_, error) => {
  dynamo.onAnyCommand().rejects(error);
  await expect(table.transact(writes)).rejects.toBe(error);
  expect(dynamo.calls()).toHaveLength(1);
});

test('retries reads and single writes too', async () => {
  dynamo.on(GetItemCommand).rejectsOnce(named('ThrottlingException')).resolves({});
  dynamo.on(UpdateItemCommand).rejectsOnce(named('TransactionConflictException')).resolves({});
  expect(await table.get({ pk: 'A', sk: 'A' })).toBeUndefined();
  await table.write({ update: { pk: 'A', sk: 'A' }, change: { set: { a: 1 } } });
  expect(dynamo.calls()).toHaveLength(4);
});

test('asks again for keys that a batch left unread', async () => {
  dynamo
    .on(BatchGetItemCommand)
    .resolvesOnce({
      Responses: { node: [{ pk: { S: 'A' }, sk: { S: 'A' } }] },
      UnprocessedKeys: { node: { Keys: [{ pk: { S: 'B' }, sk: { S: 'B' } }] } },
    })
    .resolves({ Responses: { node: [{ pk: { S: 'B' }, sk: { S: 'B' } }] } });
  const found = await table.getMany([
    { pk: 'A', sk: 'A' },
    { pk: 'B', sk: 'B' },
  ]);
  expect(found.map((item) => item?.pk)).toEqual(['A', 'B']);
  expect(dynamo.commandCalls(BatchGetItemCommand)[1]!.args[0].input.RequestItems!.node!.Keys).toHaveLength(1);
});
