// The Table on DynamoDB: expressions, cancellation reasons, retries. A conflict is retried with jitter under the same
// request token (SDK v3 retries only TransactionInProgress); what stays busy is Transient, everything else a fault.

import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  type CancellationReason,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Transient } from '../../core/errors.ts';
import { fromItem, type Item, toItem } from './attributes.ts';
import { type Condition, conditionExpression, Placeholders, updateExpression } from './expressions.ts';
import { indexes, type Key } from './schema.ts';
import {
  ConditionFailed,
  checkWrites,
  type Failure,
  keyOf,
  namesNothing,
  type Page,
  type Query,
  readCursor,
  type StoredItem,
  type Table,
  type Write,
  writeCursor,
} from './table.ts';

export interface DynamoDbTableOptions {
  readonly client: DynamoDBClient;
  readonly name: string;
  /** Waits; a test's own does not. */
  readonly pause?: (milliseconds: number) => Promise<void>;
  /** In [0, 1). */
  readonly random?: () => number;
}

// 8 attempts with full jitter wait 1.3 s on average, 2.6 s at most: below every caller's timeout.
const attempts = 8;
const firstPauseMilliseconds = 20;
const busyNames = new Set([
  'TransactionInProgressException',
  'TransactionConflictException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'ThrottlingError',
  'InternalServerError',
  'ServiceUnavailable',
  'TimeoutError',
  'ReplicatedWriteConflictException',
]);
const busyReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

export function dynamoDbTable({
  client,
  name: TableName,
  pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  random = Math.random,
}: DynamoDbTableOptions): Table {
  async function patiently<T>(send: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await send();
      } catch (error) {
        const outcome = classify(error);
        if (!(outcome instanceof Transient) || attempt === attempts) throw outcome;
        await pause(random() * firstPauseMilliseconds * 2 ** (attempt - 1));
      }
    }
  }
  const engine = { client, TableName, patiently };

  return {
    async get(key, { consistent = true } = {}) {
      if (namesNothing(key)) return undefined;
      const { Item } = await patiently(() =>
        client.send(new GetItemCommand({ TableName, Key: toItem({ ...key }), ConsistentRead: consistent })),
      );
      return Item && stored(fromItem(Item));
    },
    getMany: (keys) => getMany(engine, keys),
    async query(query) {
      if (namesNothing({ pk: query.hash, sk: '' })) return { items: [] };
      const command = { TableName, ...queryFields(query) };
      const answer = await patiently(() => client.send(new QueryCommand(command)));
      return pageOf(answer.Items?.map((item) => stored(fromItem(item))) ?? [], answer.LastEvaluatedKey);
    },
    scan: (filter) => scan(engine, filter),
    write: (write) => patiently(() => sendOne(engine, write)),
    async transact(writes, { token = randomUUID() } = {}) {
      checkWrites(writes);
      const TransactItems = writes.map((write) => transactItem(TableName, write));
      const command = { TransactItems, ClientRequestToken: token };
      await patiently(() => client.send(new TransactWriteItemsCommand(command)));
    },
  };
}

interface Engine {
  readonly client: DynamoDBClient;
  readonly TableName: string;
  patiently<T>(send: () => Promise<T>): Promise<T>;
}

async function getMany(engine: Engine, keys: readonly Key[]): Promise<readonly (StoredItem | undefined)[]> {
  const found = new Map<string, StoredItem>();
  const possible = keys.filter((key) => !namesNothing(key));
  const unique = [...new Map(possible.map((key) => [nameOf(key), { pk: key.pk, sk: key.sk }])).values()];
  for (let start = 0; start < unique.length; start += 100) {
    for (const item of await readBatch(engine, unique.slice(start, start + 100)))
      found.set(nameOf(item), item);
  }
  return keys.map((key) => found.get(nameOf(key)));
}

async function readBatch(engine: Engine, keys: readonly Key[]): Promise<readonly StoredItem[]> {
  const { client, TableName, patiently } = engine;
  const items: StoredItem[] = [];
  let pending: Record<string, unknown>[] | undefined = keys.map((key) => toItem({ ...key }));
  await patiently(async () => {
    const RequestItems = { [TableName]: { Keys: pending as never, ConsistentRead: true } };
    const answer = await client.send(new BatchGetItemCommand({ RequestItems }));
    items.push(...(answer.Responses?.[TableName] ?? []).map((item) => stored(fromItem(item))));
    pending = answer.UnprocessedKeys?.[TableName]?.Keys;
    if (pending?.length) throw new Transient('TransientTableBusy', 'the table left keys unread');
  });
  return items;
}

async function* scan(engine: Engine, filter: Condition | undefined): AsyncIterable<readonly StoredItem[]> {
  const { client, TableName, patiently } = engine;
  const holders = new Placeholders();
  const FilterExpression = filter && conditionExpression(filter, holders);
  const fields = { TableName, ConsistentRead: true, FilterExpression, ...holders.fields };
  let ExclusiveStartKey: Parameters<typeof fromItem>[0] | undefined;
  do {
    const page = await patiently(() => client.send(new ScanCommand({ ...fields, ExclusiveStartKey })));
    yield (page.Items ?? []).map((item) => stored(fromItem(item)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

async function sendOne(
  { client, TableName }: Engine,
  write: Exclude<Write, { check: Key }>,
): Promise<StoredItem | undefined> {
  const input = { TableName, ...writeFields(write) };
  if ('put' in write) {
    const fields = { ...input, Item: toItem(write.put), ReturnValues: 'ALL_OLD' as const };
    return itemOf(await client.send(new PutItemCommand(fields)));
  }
  const Key = toItem({ ...keyOf(write) });
  if ('delete' in write) {
    return itemOf(
      await client.send(new DeleteItemCommand({ ...input, Key, ReturnValues: 'ALL_OLD' as const })),
    );
  }
  return itemOf(
    await client.send(new UpdateItemCommand({ ...input, Key, ReturnValues: 'ALL_NEW' as const })),
  );
}

const nameOf = ({ pk, sk }: Key) => JSON.stringify([pk, sk]);

function stored(item: Item): StoredItem {
  return item as StoredItem;
}

function itemOf(answer: { Attributes?: Parameters<typeof fromItem>[0] }): StoredItem | undefined {
  return answer.Attributes && stored(fromItem(answer.Attributes));
}

function writeFields(write: Write) {
  const holders = new Placeholders();
  const UpdateExpression = 'update' in write ? updateExpression(write.change, holders) : undefined;
  const ConditionExpression = write.when && conditionExpression(write.when, holders);
  return {
    ...(UpdateExpression !== undefined && { UpdateExpression }),
    ...(ConditionExpression !== undefined && { ConditionExpression }),
    ...holders.fields,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function transactItem(TableName: string, write: Write) {
  const fields = { TableName, ...writeFields(write) };
  if ('put' in write) return { Put: { ...fields, Item: toItem(write.put) } };
  const Key = toItem({ ...keyOf(write) });
  if ('delete' in write) return { Delete: { ...fields, Key } };
  if ('update' in write) return { Update: { ...fields, Key, UpdateExpression: fields.UpdateExpression! } };
  return { ConditionCheck: { ...fields, Key, ConditionExpression: fields.ConditionExpression! } };
}

function queryFields({ hash, index, range, backward, limit, cursor, consistent, filter }: Query) {
  const holders = new Placeholders();
  const names = index ? indexes[index] : { hash: 'pk', range: 'sk' };
  const parts = [`${holders.path(names.hash)} = ${holders.value(hash)}`];
  if (range) {
    const path = holders.path(names.range);
    if ('beginsWith' in range) parts.push(`begins_with(${path}, ${holders.value(range.beginsWith)})`);
    else if ('from' in range) {
      parts.push(`${path} BETWEEN ${holders.value(range.from)} AND ${holders.value(range.to)}`);
    } else parts.push(`${path} ${range.is} ${holders.value(range.value)}`);
  }
  const FilterExpression = filter && conditionExpression(filter, holders);
  return {
    IndexName: index,
    KeyConditionExpression: parts.join(' AND '),
    FilterExpression,
    ScanIndexForward: !backward,
    Limit: limit,
    ConsistentRead: consistent,
    ExclusiveStartKey: cursor === undefined ? undefined : toItem(readCursor(cursor)),
    ...holders.fields,
  };
}

function pageOf(items: readonly StoredItem[], last: Parameters<typeof fromItem>[0] | undefined): Page {
  return last ? { items, cursor: writeCursor(fromItem(last)) } : { items };
}

function classify(error: unknown): unknown {
  if (error instanceof Transient) return error;
  if (error instanceof ConditionalCheckFailedException) {
    return new ConditionFailed([{ index: 0, old: error.Item && stored(fromItem(error.Item)) }]);
  }
  if (error instanceof TransactionCanceledException)
    return classifyReasons(error.CancellationReasons ?? [], error);
  const { name, code, $retryable } = error as { name?: string; code?: string; $retryable?: unknown };
  const unreachable =
    code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT';
  if (unreachable || $retryable || (name !== undefined && busyNames.has(name))) {
    return new Transient('TransientTableBusy', `the table is busy: ${name ?? code}`, { cause: error });
  }
  return error;
}

/** A condition that did not hold is final, whatever else was busy in the same transaction. */
function classifyReasons(reasons: readonly CancellationReason[], error: Error): unknown {
  const failures = reasons.flatMap((reason, index): Failure[] =>
    reason.Code === 'ConditionalCheckFailed'
      ? [{ index, old: reason.Item && stored(fromItem(reason.Item)) }]
      : [],
  );
  const [first, ...others] = failures;
  if (first) return new ConditionFailed([first, ...others]);
  const codes = reasons.flatMap(({ Code }) => (Code && Code !== 'None' ? [Code] : []));
  if (codes.length > 0 && codes.every((code) => busyReasons.has(code))) {
    return new Transient('TransientTableBusy', `the table is busy: ${codes.join(', ')}`, { cause: error });
  }
  return error;
}
