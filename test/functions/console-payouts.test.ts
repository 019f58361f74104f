import { expect, test } from 'vitest';
import { payoutItem } from '../../adapters/dynamodb/payout-items.ts';
import type { PayoutState } from '../../core/payout/payout.ts';
import { onboarding } from '../support/administration.ts';
import { aDoor } from '../support/people-door.ts';

const id = '0199aaaa-0000-7000-8000-000000000001';

test.each<[PayoutState, string, boolean]>([
  ['pending', '2026-06-01', true],
  // At a payout operator: its day is set when it starts, and the refused one never starts.
  ['received', '', false],
  ['error', '', false],
  ['tombstone', '', false],
])('one payout has a page as %s with the day "%s"', async (state, day, hasDay) => {
  const door = aDoor();
  const operators = await door.operators();
  const signers = operators.map((one) => one.id);
  await door.perform('participant.onboard', onboarding, signers.slice(0, 2));
  const item = payoutItem({
    ...{ participant: 'AURORA', networkTransactionId: id, transactionId: 'T1', messageId: 'M1', place: 0 },
    ...{ payoutOperator: 'PUERTO', currency: 'CLP', amountMinor: 1000n, state, day, counters: [] },
    createdAt: door.world.clock.now(),
  });
  await door.world.table.write({ put: item });
  const session = await door.signInByBrowser(operators[0]!);
  const { status, body = '' } = await door.visit(`/console/payouts/${id}`, { session });
  expect(status).toBe(200);
  expect(body).toContain('T1');
  expect(body.includes('Cuenta para el día')).toBe(hasDay);
});
