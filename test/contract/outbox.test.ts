import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  deadEntries,
  type OutboxStore,
  outboxKey,
  outboxPut,
  outboxStore,
  revivalWrites,
} from '../../adapters/dynamodb/outbox.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { newOutboxEntry, type OutboxQueue } from '../../core/outbox.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

const tables: [string, () => Promise<Table>][] = [
  ['in memory', async () => memoryTable()],
  ['on DynamoDB', () => engine.table()],
];

describe.each(tables)('the outbox %s', (_, make) => {
  let table: Table;
  let store: OutboxStore;
  let clock: ReturnType<typeof memoryClock>;
  beforeEach(async () => {
    table = await make();
    store = outboxStore(table, () => 1);
    clock = memoryClock();
  });

  async function put(id: string, more: { queue?: OutboxQueue; receiver?: string; notBefore?: Date } = {}) {
    const { queue = 'deliver', ...rest } = more;
    const entry = newOutboxEntry({
      id,
      queue,
      kind: 'test.told',
      refs: { x: '1' },
      now: clock.now(),
      ...rest,
    });
    await table.transact([outboxPut(entry)]);
    return entry;
  }
  const dueIds = async (queue: OutboxQueue = 'deliver') =>
    [...((await store.due(clock.now(), 100)).get(queue) ?? [])].sort();

  test('gives an entry to one taker, as it was put, and counts the attempt', async () => {
    const entry = await put('a');
    const takers = await Promise.all([1, 2, 3].map(() => store.take('a', clock.now())));
    const taken = takers.filter((each) => each !== undefined);
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({ ...entry, attempts: 1, nextAttemptAt: taken[0]!.leasedUntil });
  });

  test('an entry of the same id is written once', async () => {
    await put('a');
    await expect(put('a')).rejects.toThrow(/condition/);
  });

  test('gives nothing for an id that it does not know, and nothing before its time', async () => {
    await put('a', { notBefore: new Date(clock.now().getTime() + 10_000) });
    expect(await store.take('none', clock.now())).toBeUndefined();
    expect(await store.take('a', clock.now())).toBeUndefined();
    clock.advance(10);
    expect(await store.take('a', clock.now())).toBeDefined();
  });

  test('leaves a new entry to its announcement for half a minute, then it is due', async () => {
    await put('a');
    clock.advance(29);
    expect(await dueIds()).toEqual([]);
    clock.advance(1);
    expect(await dueIds()).toEqual(['a']);
    expect(await dueIds('mail')).toEqual([]);
  });

  test('an entry whose taker died is due again when the lease ends', async () => {
    await put('a');
    const first = await store.take('a', clock.now());
    clock.advance(89);
    expect([await dueIds(), await store.take('a', clock.now())]).toEqual([[], undefined]);
    clock.advance(1);
    expect(await dueIds()).toEqual(['a']);
    expect((await store.take('a', clock.now()))?.attempts).toBe(2);
    expect(await store.settle(first!)).toBe('LEASE_LOST');
    expect(await store.postpone(first!, clock.now())).toBeDefined();
    expect(await store.take('a', clock.now())).toBeUndefined();
  });

  test('a settled entry is gone, and what came of it is written with it or not at all', async () => {
    await put('a');
    const taken = await store.take('a', clock.now());
    const result = { update: { pk: 'R', sk: 'R' }, change: { add: { count: 1 } } };
    expect(await store.settle(taken!, [result])).toBe('SETTLED');
    expect(await store.settle(taken!, [result])).toBe('LEASE_LOST');
    expect((await table.get({ pk: 'R', sk: 'R' }))?.count).toBe(1);
    clock.advance(100_000);
    expect([await dueIds(), await store.take('a', clock.now())]).toEqual([[], undefined]);
  });

  test('waits longer after each failure and not less than the receiver asked for', async () => {
    await put('a');
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const taken = await store.take('a', clock.now());
      const { nextAttemptAt } = (await store.postpone(taken!, clock.now()))!;
      waits.push((nextAttemptAt.getTime() - clock.now().getTime()) / 1000);
      clock.set(nextAttemptAt);
    }
    expect(waits).toEqual([15, 30, 60, 120]);
    const taken = await store.take('a', clock.now());
    const asked = new Date(clock.now().getTime() + 1000_000);
    expect((await store.postpone(taken!, clock.now(), asked))?.nextAttemptAt).toEqual(asked);
  });

  test('keeps an entry that policy gives up, out of the sweep, until a person sends it again', async () => {
    const entry = await put('a');
    let tries = 0;
    for (; tries < 200; tries++) {
      const taken = await store.take('a', clock.now());
      const next = await store.postpone(taken!, clock.now());
      if (!next) break;
      clock.set(next.nextAttemptAt);
    }
    const days = (clock.now().getTime() - entry.createdAt.getTime()) / 86_400_000;
    expect(days).toBeGreaterThan(3.9);
    expect(days).toBeLessThanOrEqual(4);
    clock.advance(864_000);
    expect([await dueIds(), await store.take('a', clock.now())]).toEqual([[], undefined]);
    const dead = [];
    for await (const each of deadEntries(table).list('deliver')) dead.push(each);
    expect(dead.map(({ id }) => id)).toEqual(['a']);
    const revival = revivalWrites(dead[0]!, clock.now());
    await table.transact(revival);
    expect(await deadEntries(table).find('a')).toBeUndefined();
    expect((await store.take('a', clock.now()))?.attempts).toBe(1);
    await expect(table.transact(revival)).rejects.toThrow();
  });

  test('names the dead of one kind, whose ids begin with it, and of no other', async () => {
    for (const id of ['test.told.a', 'test.told.b', 'test.tolder.c', 'a']) {
      await put(id);
      await store.giveUp((await store.take(id, clock.now()))!, clock.now());
    }
    const dead: string[] = [];
    for await (const { id } of deadEntries(table).list('deliver', 'test.told')) dead.push(id);
    expect(dead).toEqual(['test.told.a', 'test.told.b']);
  });

  test('what cannot be read keeps nothing else from being announced', async () => {
    await put('a');
    await table.write({ put: { ...outboxKey('b'), queue: 'deliver', nextAttemptAt: 'never' } });
    await table.write({ put: { ...outboxKey('c'), queue: 'nobody' } });
    clock.advance(30);
    expect(await dueIds()).toEqual(['a', 'b']);
    await expect(store.take('b', clock.now())).resolves.toBeUndefined();
  });

  test('gives up at once where no attempt can succeed', async () => {
    await put('a');
    await store.giveUp((await store.take('a', clock.now()))!, clock.now());
    clock.advance(1000);
    expect([await dueIds(), await store.take('a', clock.now())]).toEqual([[], undefined]);
  });

  test('an announced entry is not due again for five minutes', async () => {
    await put('a');
    clock.advance(30);
    await store.announced('a', clock.now());
    clock.advance(299);
    expect(await dueIds()).toEqual([]);
    clock.advance(1);
    expect(await dueIds()).toEqual(['a']);
  });

  test('leaves a receiver alone after three failures, while the entries of others go on', async () => {
    for (const id of ['d1', 'd2', 'd3', 'd4']) await put(id, { receiver: 'DEAD' });
    await put('l1', { receiver: 'LIVE' });
    for (const id of ['d1', 'd2', 'd3'])
      await store.postpone((await store.take(id, clock.now()))!, clock.now());
    expect(await store.take('d4', clock.now())).toBeUndefined();
    expect(await store.settle((await store.take('l1', clock.now()))!)).toBe('SETTLED');
    clock.advance(61);
    expect((await store.take('d4', clock.now()))?.attempts).toBe(1);
  });

  test('an entry that waits alone closes its receiver to no other', async () => {
    for (const id of ['a1', 'a2', 'a3', 'a4']) await put(id, { receiver: 'LIVE' });
    for (const id of ['a1', 'a2', 'a3'])
      expect(
        await store.postpone((await store.take(id, clock.now()))!, clock.now(), undefined, true),
      ).toBeDefined();
    expect(await store.take('a4', clock.now())).toBeDefined();
  });

  test('a receiver that answers again is trusted at once', async () => {
    for (const id of ['d1', 'd2', 'd3', 'd4']) await put(id, { receiver: 'DEAD' });
    for (const id of ['d1', 'd2', 'd3'])
      await store.postpone((await store.take(id, clock.now()))!, clock.now());
    clock.advance(31);
    await store.settle((await store.take('d1', clock.now()))!);
    expect(await store.take('d2', clock.now())).toBeDefined();
    expect(await store.take('d3', clock.now())).toBeDefined();
  });
});
