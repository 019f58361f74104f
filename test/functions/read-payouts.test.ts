import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { payoutItem } from '../../adapters/dynamodb/payout-items.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { payoutAnswer } from '../../adapters/http/payouts.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { dayRange } from '../../core/payout/day.ts';
import { networkTransactionIds } from '../../core/payout/ids.ts';
import { dayIn } from '../../core/payout/limits.ts';
import { listPayouts, type PayoutQuery } from '../../functions/read-payouts/read-payouts.ts';
import { bank, debtor, payoutWorld } from '../support/payouts.ts';

const refusal = (code: string) => expect.objectContaining({ code });
let page: (query: Partial<PayoutQuery>) => ReturnType<typeof listPayouts>;
let list: (query: Partial<PayoutQuery>) => Promise<readonly string[]>;
let walk: (query: Partial<PayoutQuery>) => Promise<readonly string[]>;

beforeAll(async () => {
  const world = await payoutWorld();
  // 15:00Z is 11:00 in Santiago (UTC-4 in June): these two are of the same day there, the third of the next.
  await world.send({ messageId: 'm-1', payouts: [{ id: 'a-1' }, { id: 'a-2' }] });
  world.clock.advance(12 * 3600 + 1800);
  await world.send({ messageId: 'm-2', creationDate: world.clock.now(), payouts: [{ id: 'b-1' }] });
  world.clock.advance(3600);
  await world.send({ messageId: 'm-3', creationDate: world.clock.now(), payouts: [{ id: 'c-1' }] });
  const ports = { payouts: payoutReader(world.table), timeZone: async () => 'America/Santiago' };
  page = (query) =>
    listPayouts(ports, debtor, { cursor: undefined, limit: undefined, status: undefined, ...query });
  list = async (query) => (await page(query)).items.map(({ transactionId }) => transactionId);
  walk = async (query) => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const one = await page({ ...query, cursor });
      found.push(...one.items.map(({ transactionId }) => transactionId));
      cursor = one.cursor;
    } while (cursor !== undefined);
    return found;
  };
});

describe('a list of payouts', () => {
  test('is newest first, and whole by pages', async () => {
    const all = await list({});
    expect(all).toEqual(['c-1', 'b-1', 'a-2', 'a-1']);
    expect(await walk({ limit: '1' })).toEqual(all);
  });

  test('is narrowed by message, own id, state and day', async () => {
    expect((await list({ messageId: 'm-1' })).toSorted()).toEqual(['a-1', 'a-2']);
    expect(await list({ transactionId: 'b-1' })).toEqual(['b-1']);
    expect(await list({ transactionId: 'b-1', messageId: 'm-1' })).toEqual([]);
    expect(await list({ transactionId: 'b-1', status: 'ok' })).toEqual([]);
    expect(await list({ transactionId: 'nobody' })).toEqual([]);
    expect(await list({ status: 'ok' })).toEqual([]);
    expect(await walk({ day: '2026-06-01', limit: '1' })).toEqual(['b-1', 'a-2', 'a-1']);
    expect(await list({ day: '2026-06-02' })).toEqual(['c-1']);
    expect(await list({ day: '2026-06-02', messageId: 'm-1' })).toEqual([]);
  });

  test('goes on with no cursor of another day, which a table would take for a fault', async () => {
    const { cursor } = await page({ limit: '1' });
    await expect(list({ day: '2026-06-01', cursor: cursor! })).rejects.toThrow(refusal('CURSOR_MALFORMED'));
    expect(await list({ day: '2026-06-02', cursor: cursor! })).toEqual([]);
  });

  test.each(['2026-6-1', '2026-02-30', '1969-12-31', '9999-12-31', 'today', '2026-06-01T00:00:00Z', ''])(
    'knows no day %j',
    async (day) => {
      await expect(list({ day })).rejects.toThrow(refusal('QUERY_MALFORMED'));
    },
  );
});

test('at a payout operator what it has not ended is pending, and what it buried is an error', async () => {
  const table = memoryTable();
  const idOf = networkTransactionIds(new Date('2026-06-01T12:00:00Z'), new Uint8Array(16));
  const common = {
    participant: debtor,
    messageId: 'm',
    place: 0,
    payoutOperator: bank,
    currency: 'CLP',
  } as const;
  const times = { createdAt: new Date('2026-06-01T12:00:00Z'), day: '2026-06-01', counters: [] };
  for (const [at, state] of (['received', 'executing', 'ok', 'error', 'tombstone'] as const).entries()) {
    const ids = { transactionId: state, networkTransactionId: idOf(at) };
    await table.write({ put: payoutItem({ ...common, ...times, ...ids, state, amountMinor: 1n }) });
  }
  const ports = { payouts: payoutReader(table), timeZone: async () => 'UTC' };
  const of = async (status: string | undefined) => {
    const { items } = await listPayouts(ports, debtor, { cursor: undefined, limit: undefined, status });
    return items.map((payout) => `${payout.state} ${payoutAnswer(payout).status}`).toSorted();
  };
  expect(await of('pending')).toEqual(['executing pending', 'received pending']);
  expect(await of('error')).toEqual(['error error', 'tombstone error']);
  expect(await of('ok')).toEqual(['ok ok']);
  expect(await of(undefined)).toHaveLength(5);
  const asked = { cursor: undefined, limit: undefined, status: 'error', transactionId: 'tombstone' };
  expect((await listPayouts(ports, debtor, asked)).items).toHaveLength(1);
});

test('a day holds the instants that limits count as that day, and no other, in every zone', () => {
  const zones = [
    'America/Santiago',
    'America/Sao_Paulo',
    'America/Mexico_City',
    'UTC',
    'Pacific/Kiritimati',
    'Asia/Kathmandu',
    'Pacific/Chatham',
  ];
  const instants = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.constantFrom(...zones), instants, (zone, at) => {
      const { from, to } = dayRange(zone, dayIn(zone, at));
      expect(at >= from && at < to).toBe(true);
      expect(dayIn(zone, new Date(from.getTime() - 1))).not.toBe(dayIn(zone, at));
      expect(dayIn(zone, to)).not.toBe(dayIn(zone, at));
    }),
    { numRuns: 300 },
  );
});

// Where clocks change at midnight a day begins at one, or the last hour of the day before comes twice.
test.each([
  ['America/Santiago', '2026-04-04', 25],
  ['America/Santiago', '2026-09-06', 23],
  ['America/Sao_Paulo', '2018-02-17', 25],
  ['America/Sao_Paulo', '2018-11-04', 23],
  ['America/Mexico_City', '2022-10-30', 25],
  ['America/Mexico_City', '2022-04-03', 23],
  ['America/Tijuana', '2026-11-01', 25],
])('%s: %s has %i hours, whole, between its neighbours', (zone, day, hours) => {
  const { from, to } = dayRange(zone, day);
  expect((to.getTime() - from.getTime()) / 3_600_000).toBe(hours);
  expect([from, new Date(to.getTime() - 1)].map((at) => dayIn(zone, at))).toEqual([day, day]);
  expect(dayRange(zone, dayIn(zone, new Date(from.getTime() - 1))).to).toEqual(from);
  expect(dayRange(zone, dayIn(zone, to)).from).toEqual(to);
});
