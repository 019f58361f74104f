import { describe, expect, test } from 'vitest';
import { counterKey, payoutItem, payoutKey, payoutOf } from '../../adapters/dynamodb/payout-items.ts';
import { payoutSettingsKey } from '../../adapters/dynamodb/payout-settings.ts';
import { changedLimits } from '../../core/payout/limit-change.ts';
import type { PayoutState } from '../../core/payout/payout.ts';
import { payoutPolicy } from '../../core/policy.ts';
import { anAdministration, onboarding } from '../support/administration.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const participant = 'AURORA';
const standing = { participant, currency: 'CLP', day: '50000000', creditor: '5000000' } as const;

async function aNode(role: 'network' | 'payoutOperator' = 'network') {
  const admin = anAdministration({ finId: 'PUERTO', role });
  const [one, two] = await admin.operators();
  const { once } = await admin.perform('participant.onboard', onboarding, [one!, two!]);
  const invited = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of invited) await admin.accept(id, secret);
  await admin.perform('person.release', { person_ids: invited.map(({ id }) => id) }, [one!, two!]);
  return { ...admin, one: one!, two: two!, limits: () => admin.ports.payoutSettings(participant) };
}

describe('limits', () => {
  test('are raised by two node operators, and told to officer and apoderado', async () => {
    const { perform, propose, sign, limits, one, two, world } = await aNode();
    const more = { ...standing, day: '60000000' };
    const actId = await propose('limits.raise', more);
    expect(await sign(actId, one)).toMatchObject({ state: 'open' });
    expect((await limits()).limits.CLP?.day).toBe(50_000_000n);
    expect(await sign(actId, two)).toMatchObject({ state: 'applied' });
    expect((await limits()).limits.CLP).toEqual({ day: 60_000_000n, creditor: 5_000_000n });
    const told = world.outbox('mail.access-changed').filter(({ refs }) => refs.what === 'limits.raise');
    expect(told).toHaveLength(2);
    await perform('limits.raise', { ...more, creditor: '6000000' }, [one, two]);
    expect(await limits()).toMatchObject({ version: 2 });
  });

  test('are lowered by one, from the next payout on', async () => {
    const { perform, limits, one } = await aNode();
    const less = { ...standing, creditor: '100000' };
    expect(await perform('limits.lower', less, [one])).toMatchObject({ state: 'applied' });
    expect((await limits()).limits.CLP).toEqual({ day: 50_000_000n, creditor: 100_000n });
  });

  test.each([
    ['limits.lower', { ...standing, day: '50000001', creditor: '1' }, 'LIMITS_NOT_LOWERED'],
    ['limits.lower', standing, 'LIMITS_NOT_LOWERED'],
    ['limits.raise', { ...standing, day: '49999999' }, 'LIMITS_NOT_RAISED'],
    ['limits.raise', { ...standing, creditor: '50000001' }, 'LIMIT_CREDITOR_ABOVE_DAY'],
    ['limits.raise', { ...standing, day: '60000000.5' }, 'AMOUNT_FRACTION_LOST'],
    ['limits.raise', { ...standing, participant: 'NOBODY' }, 'ACT_PARAMETERS_INVALID'],
  ] as const)('%s refuses %j as %s', async (kind, parameters, code) => {
    const { perform, one, two } = await aNode();
    const signers = kind === 'limits.lower' ? [one] : [one, two];
    await expect(perform(kind, parameters, signers)).rejects.toThrow(refusal(code));
  });

  test('of a currency that was never set begin at nothing: any is a raise', () => {
    const settings = { limits: {}, severalOperators: false };
    const change = { currency: 'USD', day: '10.00', creditor: '5' } as const;
    expect(() => changedLimits(settings, change, 'lower')).toThrow(refusal('LIMITS_NOT_LOWERED'));
    expect(changedLimits(settings, change, 'raise').limits.USD).toEqual({ day: 1000n, creditor: 500n });
  });

  test('stand in a sealed item: an edited one counts for nothing', async () => {
    const { perform, limits, one, world } = await aNode();
    await perform('limits.lower', { ...standing, creditor: '100000' }, [one]);
    const change = { set: { 'limits.CLP.creditor': '9000000000' } };
    await world.table.write({ update: payoutSettingsKey(participant), change });
    await expect(limits()).rejects.toThrow(refusal('SEAL_BROKEN'));
  });

  test('the rule on several payout operators is changed by two', async () => {
    const { perform, limits, one, two } = await aNode();
    await perform('policy.change', { participant, several_operators: true }, [one, two]);
    expect(await limits()).toMatchObject({ severalOperators: true, version: 1 });
    expect((await limits()).limits).toEqual(payoutPolicy.limits);
  });
});

describe('a stuck payout', () => {
  const debit = { kind: 'day', currency: 'CLP', day: '2026-11-22', name: '' } as const;

  async function withPayout(role: 'network' | 'payoutOperator', state: PayoutState, notAfter?: Date) {
    const node = await aNode(role);
    const { table, clock } = node.world;
    const counter = counterKey(participant, debit);
    await table.transact([
      {
        put: payoutItem({
          participant,
          transactionId: 't-1',
          networkTransactionId: 'n-1',
          messageId: 'm-1',
          place: 0,
          payoutOperator: 'PUERTO',
          currency: 'CLP',
          amountMinor: 1500n,
          state,
          createdAt: clock.now(),
          day: debit.day,
          counters: [counter.pk],
          ...(role === 'payoutOperator' && { network: 'SHINKANSEN' }),
          ...(notAfter && { notAfter }),
        }),
      },
      { update: counter, change: { add: { spent: 1500n } } },
    ]);
    const settle = (outcome: 'ok' | 'error') =>
      node.perform('payout.settle', { participant, transaction_id: 't-1', outcome }, [node.one, node.two]);
    return {
      ...node,
      settle,
      payout: async () => payoutOf((await table.get(payoutKey(participant, 't-1')))!),
      spent: async () => Number((await table.get(counter))?.spent),
    };
  }

  test('is decided at the payout operator by two: its limit is released and the network told', async () => {
    const it = await withPayout('payoutOperator', 'executing');
    // The call may still be under way.
    await expect(it.settle('error')).rejects.toThrow(refusal('PAYOUT_NOT_STUCK'));
    it.world.clock.advance(15 * 60 + 1);
    await it.settle('error');
    expect(await it.payout()).toMatchObject({ state: 'error', response: { status: 'error' } });
    expect(await it.spent()).toBe(0);
    expect(it.world.outbox('payout.answer')).toMatchObject([{ receiver: 'SHINKANSEN' }]);
    expect(it.world.outbox('payout.execute')).toMatchObject([
      { refs: { participant, transactionId: 't-1' } },
    ]);
  });

  // `ok`: its core had paid it before this table was restored to a moment when it had not begun.
  test.each(['ok', 'error'] as const)(
    'is decided at the payout operator before its start too, once nothing may start it any more: %s',
    async (outcome) => {
      const start = (await withPayout('payoutOperator', 'received')).world.clock.now().getTime();
      const it = await withPayout('payoutOperator', 'received', new Date(start + 24 * 3600_000));
      it.world.clock.advance(23 * 3600);
      await expect(it.settle('error')).rejects.toThrow(refusal('PAYOUT_NOT_STUCK'));
      it.world.clock.advance(3600 + 60);
      await it.settle(outcome);
      expect(await it.payout()).toMatchObject({ state: outcome });
      expect(it.world.outbox('payout.answer')).toMatchObject([{ receiver: 'SHINKANSEN' }]);
    },
  );

  test('whose money moved keeps its debit', async () => {
    const it = await withPayout('payoutOperator', 'executing');
    it.world.clock.advance(15 * 60 + 1);
    await it.settle('ok');
    expect(await it.payout()).toMatchObject({ state: 'ok' });
    expect(await it.spent()).toBe(1500);
  });

  test('is decided at the network only once nothing may be started any more', async () => {
    const it = await withPayout('network', 'pending');
    await expect(it.settle('error')).rejects.toThrow(refusal('PAYOUT_NOT_STUCK'));
    it.world.clock.advance(24 * 3600 + 60);
    await it.settle('error');
    expect(await it.payout()).toMatchObject({ state: 'error' });
    expect(await it.spent()).toBe(0);
    expect(it.world.outbox('payout.respond')).toMatchObject([{ receiver: participant }]);
    expect(it.world.outbox('payout.execute')).toEqual([]);
  });

  test.each([
    ['payoutOperator', 'received'],
    ['payoutOperator', 'ok'],
    ['network', 'error'],
  ] as const)('at the %s is none that is %s', async (role, state) => {
    const it = await withPayout(role, state);
    it.world.clock.advance(24 * 3600 + 60);
    await expect(it.settle('ok')).rejects.toThrow(refusal('PAYOUT_NOT_STUCK'));
  });
});
