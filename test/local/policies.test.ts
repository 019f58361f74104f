import { expect, test } from 'vitest';
import { openPolicies } from '../../local/policies.ts';
import type { Stack } from '../../local/stack.ts';

const policy = (Action: string[], Resource: string, keys?: string[]) => ({
  Effect: 'Allow',
  Action: Action.map((name) => `dynamodb:${name}`),
  Resource,
  ...(keys && { Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } } }),
});
const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/network-Table';
const Statement = [
  policy(['GetItem', 'Query', 'BatchGetItem'], table, ['CERT#*', 'NODE']),
  policy(['PutItem', 'UpdateItem', 'ConditionCheckItem'], table, ['ENR#*']),
  policy(['Query'], `${table}/index/GSI1`, ['PARTIES', 'ACTS#*']),
];
const stack = {
  functions: [{ logicalId: 'DoFunction', properties: { Policies: [{ Statement }] } }],
  resource: () => 'network-DoFunction',
  resolve: (value: unknown) => value,
} as unknown as Stack;

function asked(operation: string, input: object, caller = 'network-DoFunction') {
  const policies = openPolicies();
  policies.add(stack);
  const verdict = policies.rule({
    operation,
    input: { TableName: 'network-Table', ...input },
    before: 0,
    caller,
  });
  return verdict ?? 'passes';
}

const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'S' } });
const query = (pk: string, more: object = {}) => ({
  KeyConditionExpression: '#h = :h AND begins_with(#r, :r)',
  ExpressionAttributeNames: { '#h': 'pk', '#r': 'sk' },
  ExpressionAttributeValues: { ':h': { S: pk }, ':r': { S: 'A' } },
  ...more,
});
const ofIndex = (hash: string) =>
  query(hash, { IndexName: 'GSI1', ExpressionAttributeNames: { '#h': 'gsi1pk', '#r': 'gsi1sk' } });
const parts = (...pks: string[]) => ({
  TransactItems: pks.map((pk) => ({ Put: { TableName: 'network-Table', Item: key(pk) } })),
});

test.each<[string, string, object, string]>([
  ['a read of a key it names', 'GetItem', { Key: key('CERT#1') }, 'passes'],
  ['a read of a whole key', 'GetItem', { Key: key('NODE') }, 'passes'],
  [
    'a read of a key that only begins like one without a star',
    'GetItem',
    { Key: key('NODES') },
    'AccessDenied',
  ],
  ['a read of another kind', 'GetItem', { Key: key('PERSON#1') }, 'AccessDenied'],
  ['a write where only reading is granted', 'PutItem', { Item: key('CERT#1') }, 'AccessDenied'],
  ['a write of a key it names', 'UpdateItem', { Key: key('ENR#1') }, 'passes'],
  ['an action that is not named', 'DeleteItem', { Key: key('ENR#1') }, 'AccessDenied'],
  ['a query under a key it names', 'Query', query('CERT#1'), 'passes'],
  ['a query under another key', 'Query', query('PERSON#1'), 'AccessDenied'],
  ['a query of an index under a key it names', 'Query', ofIndex('ACTS#open'), 'passes'],
  ['a query of an index under another key', 'Query', ofIndex('SUSPENSIONS'), 'AccessDenied'],
  ['a query of another index', 'Query', query('X', { IndexName: 'GSI2' }), 'AccessDenied'],
  ['a scan', 'Scan', {}, 'AccessDenied'],
  ['a transaction of granted parts', 'TransactWriteItems', parts('ENR#1', 'ENR#2'), 'passes'],
  ['a transaction with one part too many', 'TransactWriteItems', parts('ENR#1', 'OUT#1'), 'AccessDenied'],
  [
    'a batch with one key too many',
    'BatchGetItem',
    { RequestItems: { 'network-Table': { Keys: [key('CERT#1'), key('PERSON#1')] } } },
    'AccessDenied',
  ],
  ['another table', 'GetItem', { TableName: 'operator-Table', Key: key('CERT#1') }, 'AccessDenied'],
])('%s: %s', (_, operation, input, expected) => {
  expect(asked(operation, input)).toBe(expected);
});

test('who is no function of a stack may do everything', () => {
  expect(asked('GetItem', { Key: key('PERSON#1') }, 'local')).toBe('passes');
});
