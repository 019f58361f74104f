import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { sweepReservations } from '../../adapters/dynamodb/payout-reservation.ts';
import { payoutStore } from '../../adapters/dynamodb/payouts.ts';
import type { StoredItem, Table } from '../../adapters/dynamodb/table.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { Transient } from '../../core/errors.ts';
import { admitPayouts } from '../../core/payout/admission.ts';
import { readInstructions } from '../../core/payout/message.ts';
import type { NewPayouts } from '../../core/payout/ports.ts';
import { seededFaults, startFaultProxy } from '../../local/fault-proxy.ts';
import { dynamoDbClient, startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { bank, fintech, memoryLarge, now, type PayoutOptions, somePayout } from '../support/payouts.ts';

// Money is counted exactly: never above a limit, never lost, whatever runs beside it and whatever dies.

const limits = { CLP: { day: 1_000n, creditor: 400n } };

function newPayouts(
  debtor: string,
  payouts: readonly PayoutOptions[],
  options: { day?: bigint; creditor?: bigint; messageId?: string; at?: Date } = {},
): NewPayouts {
  const at = options.at ?? now;
  const instructions = readInstructions({ transactions: payouts.map(somePayout) as never }, at);
  const { day = 1_000_000_000n, creditor = 1_000_000_000n } = options;
  const settings = { limits: { CLP: { day, creditor } }, severalOperators: false };
  const participant = { ...fintech, finId: debtor, settings };
  const messageId = options.messageId ?? randomUUID();
  return {
    admitted: admitPayouts(instructions, participant, [bank], at),
    messageId,
    message: { bytes: Buffer.from(messageId), signature: 's' },
    digest: messageId,
    admittedAt: at,
    seed: randomBytes(16),
    evidence: [],
    outbox: [],
  };
}

const storeOver = (table: Table) => payoutStore({ table, large: memoryLarge(), announce: async () => {} });

async function itemsOf(table: Table, prefix: string): Promise<StoredItem[]> {
  const found: StoredItem[] = [];
  for await (const page of table.scan()) found.push(...page.filter(({ pk }) => pk.startsWith(prefix)));
  return found;
}

/** Every counter is the sum of the payouts that name it, and none is above its limit. */
async function expectExact(table: Table, within: { day: bigint; creditor: bigint }): Promise<bigint> {
  const sums = new Map<string, bigint>();
  let total = 0n;
  for (const payout of await itemsOf(table, 'TX#')) {
    total += BigInt(payout.amountMinor as number);
    for (const counter of payout.counters as string[])
      sums.set(counter, (sums.get(counter) ?? 0n) + BigInt(payout.amountMinor as number));
  }
  for (const counter of await itemsOf(table, 'LIM#')) {
    const spent = BigInt(counter.spent as number);
    expect(spent).toBe(sums.get(counter.pk) ?? 0n);
    expect(spent <= (counter.pk.includes('#day#') ? within.day : within.creditor)).toBe(true);
    sums.delete(counter.pk);
  }
  expect([...sums.values()].every((sum) => sum === 0n)).toBe(true);
  return total;
}

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

const message = fc.array(
  fc.record({
    amount: fc.integer({ min: 1, max: 300 }).map(String),
    creditor: fc.constantFrom('1-9', '2-7', '3-5'),
    account: fc.constantFrom('11', '22'),
  }),
  { minLength: 1, maxLength: 4 },
);
const work = fc.array(fc.record({ debtor: fc.constantFrom('A', 'B'), day: fc.nat(1), payouts: message }), {
  minLength: 1,
  maxLength: 14,
});

/** Enough messages that each fault strikes, however small what is drawn is. */
const crowd = Array.from({ length: 40 }, (_, n) => ({
  debtor: (['A', 'B'] as const)[n % 2]!,
  day: n % 2,
  payouts: [{ amount: '1', creditor: '1-9' as const, account: '11' as const }],
}));

function sendAll(table: Table, all: readonly { debtor: string; day: number; payouts: PayoutOptions[] }[]) {
  const store = storeOver(table);
  return Promise.allSettled(
    all.flatMap(({ debtor, day, payouts }) => {
      const at = new Date(now.getTime() + day * 24 * 3_600_000);
      try {
        const fresh = newPayouts(debtor, payouts, { ...limits.CLP, at });
        return [store.record(fresh).then((outcome) => ({ outcome: outcome.outcome, fresh }))];
      } catch {
        return [];
      }
    }),
  );
}

describe('concurrent messages of several participants and days', () => {
  test('never pass a limit and never lose a debit, over the memory twin', async () => {
    await fc.assert(
      fc.asyncProperty(work, async (all) => {
        const table = memoryTable();
        await sendAll(table, all);
        await expectExact(table, limits.CLP);
      }),
      { numRuns: 100 },
    );
  });

  test('never pass a limit and never lose a debit, over an engine with conflicts and lost answers', async () => {
    const proxy = await startFaultProxy({ target: engine.endpoint });
    const client = dynamoDbClient(proxy.url);
    await fc.assert(
      fc.asyncProperty(work, fc.integer(), async (all, seed) => {
        const { name, ...direct } = await engine.table();
        proxy.setRule(
          seededFaults({
            seed,
            probability: 0.25,
            faults: ['TransactionConflict', 'LostAnswer', 'Throttling', 'TransactionInProgress'],
          }),
        );
        const busy = dynamoDbTable({ client, name, pause: async () => {} });
        const settled = await sendAll(busy, all);
        for (const one of settled) {
          if (one.status === 'rejected') {
            expect(one.reason).toBeInstanceOf(Transient);
            continue;
          }
          // What was said is so: recorded, or nothing of it is there.
          const { fresh, outcome } = one.value;
          const key = { pk: `MSG#${fresh.admitted.participant}#${fresh.messageId}`, sk: 'MESSAGE' };
          expect((await direct.get(key)) !== undefined).toBe(outcome === 'RECORDED');
        }
        await expectExact(direct, limits.CLP);
      }),
      { numRuns: 15, examples: [[crowd, 1]] },
    );
    expect(proxy.counts().faults.TransactionConflict ?? 0).toBeGreaterThan(0);
    client.destroy();
    await proxy.stop();
  });
});

const many = (count: number, amount = '1'): PayoutOptions[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `t-${at}`,
    amount,
    creditor: `${at}-K`,
    account: `${1000 + at}`,
  }));

describe('a message of a thousand payouts', () => {
  test('is recorded whole, over the engine', async () => {
    const table = await engine.table();
    const fresh = newPayouts('A', many(1000));
    expect(await storeOver(table).record(fresh)).toEqual({ outcome: 'RECORDED' });
    expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(1000n);
    const again = await storeOver(table).record(fresh);
    expect(again).toMatchObject({ outcome: 'KNOWN_MESSAGE', known: { state: 'committed' } });
  });

  test('over a limit, or with one transaction_id of another message, leaves nothing and frees its ids', async () => {
    const table = memoryTable();
    const store = storeOver(table);
    await store.record(newPayouts('A', [{ id: 't-150', amount: '1', creditor: 'X', account: 'Y' }]));
    const reused = await store.record(newPayouts('A', many(300), { messageId: 'm-1' }));
    expect(reused).toEqual({ outcome: 'KNOWN_TRANSACTIONS', places: [150] });
    expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(1n);
    const over = await store.record(
      newPayouts(
        'A',
        many(300).map((one) => ({ ...one, id: `u-${one.id}` })),
        {
          messageId: 'm-1',
          day: 300n,
        },
      ),
    );
    expect(over).toMatchObject({ outcome: 'OVER_LIMIT', debits: [{ kind: 'day' }] });
    expect(await itemsOf(table, 'MSG#A#m-1')).toEqual([]);
    expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(1n);
  });

  test('is not touched by a sweep that was to undo the attempt before it, however late that one goes on', async () => {
    const table = memoryTable();
    let count = 0;
    const dying: Table = {
      ...table,
      async transact(writes, options) {
        if (++count > 2) throw new Transient('TransientGone', 'the process is gone');
        await table.transact(writes, options);
      },
    };
    const fresh = newPayouts('A', many(250), { messageId: 'm-1' });
    await expect(storeOver(dying).record(fresh)).rejects.toThrow('gone');
    const later = new Date(now.getTime() + 3_600_000);
    let overtaken = false;
    const late: Table = {
      ...table,
      async query(query) {
        if (query.hash === 'MSG#A#m-1' && !overtaken) {
          overtaken = true;
          expect(await sweepReservations(table, later)).toBe(1);
          const again = await storeOver(table).record({ ...fresh, seed: randomBytes(16) });
          expect(again.outcome).toBe('RECORDED');
        }
        return table.query(query);
      },
    };
    await sweepReservations(late, later);
    expect(overtaken).toBe(true);
    expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(250n);
  });

  test('that a version without seeds in its chunks left behind is swept away too', async () => {
    const table = memoryTable();
    let count = 0;
    const before: Table = {
      ...table,
      async transact(writes, options) {
        if (++count > 2) throw new Transient('TransientGone', 'the process is gone');
        const unseeded = writes.map((write) => {
          if (!('put' in write) || !write.put.sk.startsWith('RESERVED#')) return write;
          const { seed: _, ...put } = write.put;
          return { ...write, put } as typeof write;
        });
        await table.transact(unseeded, options);
      },
    };
    const fresh = newPayouts('A', many(250), { messageId: 'm-1' });
    await expect(storeOver(before).record(fresh)).rejects.toThrow('gone');
    expect(await sweepReservations(table, new Date(now.getTime() + 3_600_000))).toBe(1);
    expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(0n);
  });

  test('that dies at any write is either whole or swept away, and the same message then passes', async () => {
    for (let dies = 1; dies <= 12; dies++) {
      const table = memoryTable();
      let count = 0;
      const dying: Table = {
        ...table,
        async transact(writes, options) {
          if (++count >= dies) throw new Transient('TransientGone', 'the process is gone');
          await table.transact(writes, options);
        },
      };
      const fresh = newPayouts('A', many(250), { messageId: 'm-1' });
      await storeOver(dying)
        .record(fresh)
        .catch(() => {});
      const whole = (await table.get({ pk: 'MSG#A#m-1', sk: 'MESSAGE' }))?.state === 'committed';
      // A sweep that itself dies half way is taken up by the next.
      for (let at = 1; at <= 8; at++) {
        let swept = 0;
        const sweeper: Table = {
          ...table,
          async transact(writes, options) {
            if (++swept > 1) throw new Transient('TransientGone', 'the process is gone');
            await table.transact(writes, options);
          },
        };
        await sweepReservations(sweeper, new Date(now.getTime() + 3_600_000)).catch(() => {});
      }
      await sweepReservations(table, new Date(now.getTime() + 3_600_000));
      expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(whole ? 250n : 0n);
      const again = await storeOver(table).record({ ...fresh, seed: randomBytes(16) });
      expect(again.outcome).toBe(whole ? 'KNOWN_MESSAGE' : 'RECORDED');
      expect(await expectExact(table, { day: 1_000n, creditor: 1n })).toBe(250n);
    }
  });
});
