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

test('what a payout operator answers is quoted and cut, and no character of it turns or hides what stands beside it', async () => {
  const door = aDoor();
  const operators = await door.operators();
  await door.perform('participant.onboard', onboarding, operators.map((one) => one.id).slice(0, 2));
  const message = `pagado\u202Eoditsiver\u200B <a href="https://evil.test">aquí</a> ${'x'.repeat(2000)}`;
  const item = payoutItem({
    ...{ participant: 'AURORA', networkTransactionId: id, transactionId: 'T1', messageId: 'M1', place: 0 },
    ...{
      payoutOperator: 'PUERTO',
      currency: 'CLP',
      amountMinor: 1000n,
      state: 'error',
      day: '',
      counters: [],
    },
    createdAt: door.world.clock.now(),
    response: { id: 'R1', status: 'x\u202Eok', message, at: door.world.clock.now() },
  });
  await door.world.table.write({ put: item });
  const session = await door.signInByBrowser(operators[0]!);
  for (const path of [`/console/payouts/${id}`, '/console/payouts']) {
    const { body = '' } = await door.visit(path, { session });
    expect(body).toContain('<q');
    expect(body).not.toMatch(/[\u202E\u200B]|<a href="https:\/\/evil|x{200}/);
  }
});
