import { expect, test } from 'vitest';
import { payoutItem } from '../../adapters/dynamodb/payout-items.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { networkTransactionIds } from '../../core/payout/ids.ts';
import type { PayoutState } from '../../core/payout/payout.ts';
import { parseActParameters } from '../../core/people/act-parameters.ts';
import { watchPayouts } from '../../functions/watch-payouts/watch-payouts.ts';

const began = new Date('2026-06-01T12:00:00Z');
const participant = 'FINTECH_CL';

async function watching(
  role: 'network' | 'payoutOperator',
  states: readonly PayoutState[],
  more: readonly { readonly participant: string; readonly messageId: string }[] = [],
) {
  const clock = memoryClock(began.toISOString());
  const table = memoryTable();
  const idOf = networkTransactionIds(began, new Uint8Array(16).fill(7));
  const common = {
    place: 0,
    payoutOperator: 'BANCO_CL',
    currency: 'CLP',
    amountMinor: 1n,
    createdAt: began,
    day: '2026-06-01',
    counters: [],
  } as const;
  const all = [
    ...states.map((state) => ({ participant, messageId: 'm-1', state })),
    ...more.map((one) => ({ ...one, state: 'pending' as const })),
  ];
  for (const [at, one] of all.entries())
    await table.write({
      put: payoutItem({ ...common, ...one, transactionId: `t-${at}`, networkTransactionId: idOf(at) }),
    });
  const alarms: string[] = [];
  const asked: OutboxEntry[] = [];
  const ports = {
    clock,
    role,
    payouts: payoutReader(table),
    participants: async () => [
      ...[participant, ...more.map((one) => one.participant)].map((finId) => ({
        finId,
        kind: 'participant' as const,
      })),
      { finId: 'BANCO_CL', kind: 'payoutOperator' as const },
    ],
    enqueue: async (entry: OutboxEntry) => void asked.push(entry),
    alarm: ({ transactionId }: { transactionId: string }) => void alarms.push(transactionId),
  };
  return { clock, alarms, asked, watch: () => watchPayouts(ports) };
}

test('a payout that is open for more than a quarter of an hour rings; one that ended does not', async () => {
  const { clock, alarms, watch } = await watching('network', ['pending', 'ok', 'error', 'pending']);
  clock.advance(14 * 60);
  expect(await watch()).toEqual({ open: 0 });
  clock.advance(2 * 60);
  expect(await watch()).toEqual({ open: 2 });
  expect(alarms.sort()).toEqual(['t-0', 't-3']);
});

test('at a payout operator what waits and what the core does not answer both ring', async () => {
  const { clock, alarms, asked, watch } = await watching('payoutOperator', [
    'received',
    'executing',
    'tombstone',
  ]);
  clock.advance(25 * 3600);
  await watch();
  expect(alarms.sort()).toEqual(['t-0', 't-1']);
  expect(asked).toEqual([]);
});

test('the network asks after them once nothing may be started any more, once an hour and message', async () => {
  const { clock, asked, watch } = await watching('network', ['pending', 'pending']);
  clock.advance(23 * 3600);
  await watch();
  expect(asked).toEqual([]);
  clock.advance(2 * 3600);
  await watch();
  await watch();
  expect([...new Set(asked.map(({ id }) => id))]).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    kind: 'payout.inquire',
    receiver: 'BANCO_CL',
    refs: { participant, messageId: 'm-1', receiver: 'BANCO_CL' },
  });
  clock.advance(3600);
  await watch();
  expect([...new Set(asked.map(({ id }) => id))]).toHaveLength(2);
});

test('what has been open for days still rings once a day', async () => {
  const { clock, alarms, watch } = await watching('network', ['pending']);
  clock.set(new Date('2026-06-10T12:00:00Z'));
  await watch();
  expect(alarms).toEqual([]);
  clock.set(new Date('2026-06-11T04:05:00Z'));
  await watch();
  expect(alarms).toEqual(['t-0']);
});

test('two participants whose names and message ids run together are asked after apart', async () => {
  const { clock, asked, watch } = await watching(
    'network',
    [],
    [
      { participant: 'A', messageId: 'B.C' },
      { participant: 'A.B', messageId: 'C' },
    ],
  );
  clock.advance(25 * 3600);
  await watch();
  expect(new Set(asked.map(({ id }) => id)).size).toBe(2);
});

test('a question that was given up can be asked again by people, however long its names', async () => {
  const longest = { participant: 'P'.repeat(64), messageId: 'M'.repeat(64) };
  const { clock, asked, watch } = await watching('network', [], [longest]);
  clock.advance(25 * 3600);
  await watch();
  const id = asked[0]!.id.replace('BANCO_CL', 'B'.repeat(64));
  expect(parseActParameters('outbox.revive', { entry_ids: [id] })).toEqual({ entry_ids: [id] });
});
