import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  absent,
  all,
  any,
  beginsWith,
  type Condition,
  ConditionFailed,
  compare,
  contains,
  equals,
  type Item,
  not,
  oneOf,
  present,
  queryAll,
  type StoredItem,
  type Table,
} from '../../adapters/dynamodb/table.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';

// What every Table promises, asked of the twin and of a real engine alike.

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

async function failureOf(promise: Promise<unknown>): Promise<ConditionFailed> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConditionFailed);
  return error as ConditionFailed;
}

async function gather(items: AsyncIterable<StoredItem>): Promise<string[]> {
  const keys: string[] = [];
  for await (const item of items) keys.push(item.sk);
  return keys;
}

const tables: [string, () => Promise<Table>][] = [
  ['in memory', async () => memoryTable()],
  ['on DynamoDB', () => engine.table()],
];

describe.each(tables)('a table %s', (_, make) => {
  let table: Table;
  const key = { pk: 'CERT#1', sk: 'STATUS' };
  beforeEach(async () => {
    table = await make();
  });

  test('gives back what was put, types and all, without what was undefined', async () => {
    const item = {
      ...key,
      text: 'ñ €',
      empty: '',
      number: -7,
      big: 2n ** 60n,
      yes: true,
      nothing: null,
      bytes: new Uint8Array([0, 128, 255]),
      list: ['a', 1, { deep: [] }],
      map: { a: 1, b: undefined, c: {} },
      gone: undefined,
    };
    await table.write({ put: item });
    expect(await table.get(key)).toEqual({ ...item, gone: undefined, map: { a: 1, c: {} } });
  });

  test('gives undefined for an item that is not there', async () => {
    expect(await table.get(key)).toBeUndefined();
    expect(await table.getMany([key, key])).toEqual([undefined, undefined]);
  });

  test('has nothing under a key longer than a key can be', async () => {
    expect(await table.get({ ...key, pk: 'é'.repeat(1025) })).toBeUndefined();
    expect(await table.get({ ...key, sk: 'x'.repeat(1025) })).toBeUndefined();
  });

  test.each([
    ['too long', { pk: 'é'.repeat(1025), sk: 'STATUS' }],
    ['half a letter', { pk: 'CERT#\ud800', sk: 'STATUS' }],
  ])('finds nothing by a key that is %s, and writes nothing under it', async (_what, impossible) => {
    expect(await table.get(impossible)).toBeUndefined();
    await table.write({ put: { ...key, n: 1 } });
    const found = await table.getMany([impossible, key]);
    expect(found.map((item) => item?.n)).toEqual([undefined, 1]);
    expect(await table.query({ hash: impossible.pk })).toEqual({ items: [] });
    expect(await table.query({ hash: impossible.pk, index: 'GSI1' })).toEqual({ items: [] });
    await expect(table.transact([{ put: { ...impossible, n: 1 } }])).rejects.toThrow();
  });

  test('takes no half of a letter, however deep', async () => {
    const put = { ...key, list: [{ deep: '\ud83d' }] };
    await expect(table.write({ put })).rejects.toThrow();
    await expect(table.transact([{ put }])).rejects.toThrow();
    expect(await table.get(key)).toBeUndefined();
  });

  test('gives many items in the order asked, also beyond one batch', async () => {
    const keys = Array.from({ length: 120 }, (_unused, i) => ({ pk: 'P', sk: String(i).padStart(3, '0') }));
    for (let i = 0; i < 120; i += 60) {
      await table.transact(keys.slice(i, i + 60).map((each) => ({ put: { ...each, n: each.sk } })));
    }
    const found = await table.getMany([...keys].reverse());
    expect(found.map((item) => item?.sk)).toEqual(keys.map(({ sk }) => sk).reverse());
  });

  test('does all writes of a transaction or none, and names the one whose condition does not hold, with its item', async () => {
    await table.write({ put: { ...key, state: 'active' } });
    const failure = await failureOf(
      table.transact([
        { put: { pk: 'A', sk: 'A' } },
        { update: key, change: { set: { state: 'disabled' } }, when: equals('state', 'pending') },
        { check: { pk: 'B', sk: 'B' }, when: absent() },
      ]),
    );
    expect(failure.index).toBe(1);
    expect(failure.old).toEqual({ ...key, state: 'active' });
    expect(await table.get({ pk: 'A', sk: 'A' })).toBeUndefined();
  });

  test('names every write whose condition does not hold, and no item where there was none', async () => {
    await table.write({ put: { ...key, state: 'active' } });
    const failure = await failureOf(
      table.transact([
        { delete: { pk: 'B', sk: 'B' }, when: present() },
        { check: key, when: equals('state', 'pending') },
      ]),
    );
    expect(failure.failures.map(({ index, old }) => [index, old?.state])).toEqual([
      [0, undefined],
      [1, 'active'],
    ]);
  });

  test('does nothing again for the same token and the same writes', async () => {
    const writes = [{ update: key, change: { add: { count: 1 } } }];
    await table.transact(writes, { token: 'once' });
    await table.transact(writes, { token: 'once' });
    expect((await table.get(key))?.count).toBe(1);
  });

  test('a transaction that failed may come again under its token', async () => {
    const writes = [{ put: { ...key, a: 1 }, when: equals('a', 0) }];
    await failureOf(table.transact(writes, { token: 'again' }));
    await table.write({ put: { ...key, a: 0 } });
    await table.transact(writes, { token: 'again' });
    expect((await table.get(key))?.a).toBe(1);
  });

  test('refuses the same item twice in one transaction, none at all, and more than 100', async () => {
    const put = { put: key };
    await expect(table.transact([put, { delete: key }])).rejects.toThrow(TypeError);
    await expect(table.transact([])).rejects.toThrow(TypeError);
    const many = Array.from({ length: 101 }, (_unused, i) => ({ put: { pk: 'P', sk: `${i}` } }));
    await expect(table.transact(many)).rejects.toThrow(TypeError);
  });

  test('a single update gives what it left, a put or delete what it replaced', async () => {
    expect(await table.write({ put: { ...key, a: 1 } })).toBeUndefined();
    expect(await table.write({ update: key, change: { set: { b: 2 } } })).toEqual({ ...key, a: 1, b: 2 });
    expect(await table.write({ put: { ...key, c: 3 } })).toEqual({ ...key, a: 1, b: 2 });
    expect(await table.write({ delete: key })).toEqual({ ...key, c: 3 });
    const failure = await failureOf(table.write({ delete: key, when: present() }));
    expect([failure.index, failure.old]).toEqual([0, undefined]);
  });

  test('a single write whose condition does not hold gives the item as it stands', async () => {
    await table.write({ put: { ...key, a: 1 } });
    expect((await failureOf(table.write({ put: key, when: absent() }))).old).toEqual({ ...key, a: 1 });
  });

  test('changes set, add, append, keep and remove, on paths and on words that DynamoDB reserves', async () => {
    await table.write({ put: { ...key, status: 'a', seal: { version: 1, old: true }, list: [1] } });
    const change = {
      set: { status: 'b', 'seal.version': 2, name: undefined },
      setIfAbsent: { status: 'never', first: 'yes' },
      append: { list: [2, 3], fresh: ['x'] },
      add: { count: 5 },
      remove: ['seal.old'],
    };
    const { status: _twice, ...setIfAbsent } = change.setIfAbsent;
    await table.write({ update: key, change: { ...change, setIfAbsent } });
    const after = {
      status: 'b',
      seal: { version: 2 },
      list: [1, 2, 3],
      fresh: ['x'],
      count: 5,
      first: 'yes',
    };
    expect(await table.get(key)).toEqual({ ...key, ...after });
    await table.write({ update: key, change: { setIfAbsent: { status: 'never' }, add: { count: -7 } } });
    expect(await table.get(key)).toEqual({ ...key, ...after, count: -2 });
  });

  const conditions: [Condition, boolean][] = [
    [absent(), false],
    [present('text'), true],
    [absent('none'), true],
    [present('map.none'), false],
    [equals('text', 'b'), true],
    [equals('map.inner', 'x'), true],
    [equals('none', 'b'), false],
    [compare('none', '<>', 'b'), true],
    [compare('none', '<', 'b'), false],
    [compare('none', '>', 'b'), false],
    [compare('text', '<', 'c'), true],
    [compare('text', '<=', 'b'), true],
    [compare('text', '>', 'b'), false],
    [compare('number', '>', 9), true],
    [compare('number', '>=', 10), true],
    [compare('number', '<', 9), false],
    [compare('number', '<', 'z'), false],
    [compare('number', '<>', '10'), true],
    [equals('list', ['a', 'b']), true],
    [oneOf('text', ['a', 'b']), true],
    [oneOf('text', ['a']), false],
    [oneOf('none', ['a']), false],
    [beginsWith('map.inner', 'x'), true],
    [beginsWith('number', '1'), false],
    [contains('list', 'b'), true],
    [contains('list', 'c'), false],
    [contains('text', 'b'), true],
    [all(present(), equals('text', 'b')), true],
    [all(present(), equals('text', 'c')), false],
    [any(absent('none'), equals('text', 'c')), true],
    [any(absent(), not(equals('text', 'b'))), false],
    [not(all(absent(), present())), true],
  ];
  test('decides every kind of condition', async () => {
    await table.write({
      put: { ...key, text: 'b', number: 10, list: ['a', 'b'], map: { inner: 'x' } },
    });
    const decided: [Condition, boolean][] = [];
    for (const [condition] of conditions) {
      const held = await table.transact([{ check: key, when: condition }]).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ConditionFailed) return false;
          throw error;
        },
      );
      decided.push([condition, held]);
    }
    expect(decided).toEqual(conditions);
  });

  test('pages through a partition in both directions, by ranges, with a filter', async () => {
    const sorts = ['a1', 'a2', 'b1', 'b2', 'b3', 'c1', 'é'];
    await table.transact(sorts.map((sk, n) => ({ put: { pk: 'P', sk, n } })));
    await table.write({ put: { pk: 'Q', sk: 'a1' } });
    const query = (more: object) => gather(queryAll(table, { hash: 'P', ...more }));
    expect(await query({})).toEqual(sorts);
    expect(await query({ limit: 2 })).toEqual(sorts);
    expect(await query({ limit: 3, backward: true, consistent: true })).toEqual([...sorts].reverse());
    expect(await query({ range: { beginsWith: 'b' }, limit: 1 })).toEqual(['b1', 'b2', 'b3']);
    expect(await query({ range: { from: 'a2', to: 'b2' } })).toEqual(['a2', 'b1', 'b2']);
    expect(await query({ range: { is: '<', value: 'b1' } })).toEqual(['a1', 'a2']);
    expect(await query({ range: { is: '>=', value: 'c1' } })).toEqual(['c1', 'é']);
    expect(await query({ filter: compare('n', '>', 3) })).toEqual(['b3', 'c1', 'é']);
    expect((await table.query({ hash: 'P', limit: 99 })).cursor).toBeUndefined();
  });

  test('the index of what belongs together gives whole items; the index of what is due gives keys, earliest first', async () => {
    const one = {
      pk: 'C#1',
      sk: 'S',
      gsi1pk: 'PART#1',
      gsi1sk: 'x',
      due: 'D',
      dueAt: '2026-01-02',
      more: 'm',
    };
    const two = {
      pk: 'C#2',
      sk: 'S',
      gsi1pk: 'PART#1',
      gsi1sk: 'x',
      due: 'D',
      dueAt: '2026-01-01',
      more: 'm',
    };
    await table.transact([{ put: one }, { put: two }, { put: { pk: 'C#3', sk: 'S' } }]);
    const listed = (await table.query({ index: 'GSI1', hash: 'PART#1', range: { beginsWith: 'x' } })).items;
    expect([...listed].sort((a, b) => (a.pk < b.pk ? -1 : 1))).toEqual([one, two]);
    const due = await table.query({ index: 'GSI2', hash: 'D', range: { is: '<=', value: '2026-01-02' } });
    expect(due.items.map(({ pk }) => pk)).toEqual(['C#2', 'C#1']);
    expect(due.items[0]?.more).toBeUndefined();
    await table.write({ update: { pk: 'C#2', sk: 'S' }, change: { remove: ['due', 'dueAt'] } });
    expect((await table.query({ index: 'GSI2', hash: 'D', limit: 1 })).items.map(({ pk }) => pk)).toEqual([
      'C#1',
    ]);
  });

  test('follows a cursor through an index', async () => {
    await table.transact(
      ['1', '2', '3', '4', '5'].map((n) => ({
        put: { pk: `C#${n}`, sk: 'S', gsi1pk: 'G', gsi1sk: `k${n}` },
      })),
    );
    const found: string[] = [];
    for await (const { pk } of queryAll(table, { index: 'GSI1', hash: 'G', limit: 2 })) found.push(pk);
    expect(found).toEqual(['C#1', 'C#2', 'C#3', 'C#4', 'C#5']);
  });

  test('scans everything that a filter lets through', async () => {
    await table.transact([{ put: { ...key, seal: { version: 1 } } }, { put: { pk: 'X', sk: 'Y' } }]);
    const found: Item[] = [];
    for await (const page of table.scan(present('seal'))) found.push(...page);
    expect(found.map(({ pk }) => pk)).toEqual(['CERT#1']);
  });

  test('counts without losing one while writers compete', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => table.transact([{ update: key, change: { add: { count: 1 } } }])),
    );
    expect((await table.get(key))?.count).toBe(20);
  });

  test('what was given or received can be changed without changing the store', async () => {
    const item = { ...key, list: ['a'] };
    await table.write({ put: item });
    item.list.push('b');
    ((await table.get(key))!.list as string[]).push('c');
    expect((await table.get(key))?.list).toEqual(['a']);
  });
});
