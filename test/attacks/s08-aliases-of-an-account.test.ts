import { expect, test } from 'vitest';
import { Transient } from '../../core/errors.ts';
import { type Nodes, payoutBank, states } from '../support/payout-bank.ts';
import { debtor } from '../support/payouts.ts';

// One account has many names: an alias, the number of before a merger, a branch in front. Only the bank's core knows that
// they are one, and the payout operator counts by the core's name for it (S8).

const { running, start } = payoutBank();
const account = { number: '777', holder: 'y', taxId: '5-1', currency: 'CLP', balanceMinor: 0n };

/** 3,000,000 to each of two accounts, of 5,000,000 a day for one, under two tax ids. What becomes of the second. */
async function paid(accounts: readonly [string, string], nodes: Nodes) {
  running.bank.accounts.set('777', { ...account, aliases: ['cuenta-proveedor', '001-00777'] });
  for (const [at, account] of accounts.entries()) {
    const payout = { id: `t-${at}`, amount: '3000000', creditor: `3333333${at}-1`, account };
    const sent = await nodes.net.send({ messageId: `m-${at}`, payouts: [payout] });
    expect(sent.outcome).toBe('RECORDED');
    // Only the operator's own counters are in question.
    for (const { pk, sk } of [...nodes.net.items.values()].filter((one) => one.pk.startsWith('LIM#')))
      await nodes.net.table.write({ delete: { pk, sk } });
    await nodes.run();
  }
  const second = await nodes.operator.ports.moves.find(debtor, 't-1');
  return `${second?.state} ${second?.response?.message?.split(':')[0] ?? ''}`.trim();
}

test.each(['cuenta-proveedor', 'Cuenta Proveedor', '001-00777', '0-777'])(
  'S8 P: %s is the account 777 to the core, and to the limit of one account',
  async (alias) => {
    const nodes = await start();
    expect(await paid(['777', alias], nodes)).toBe('error LIMIT_ACCOUNT');
    expect(running.bank.payments).toHaveLength(1);
  },
);

test.each([
  ['888', '00-888', 'error LIMIT_ACCOUNT'],
  ['777', '888', 'ok'],
])(
  'S8 where the core has no name for it, %s and %s count as they are written: %s',
  async (one, other, ends) => {
    expect(await paid([one, other], await start())).toBe(ends);
  },
);

test('S8 a core that does not say which account is meant pays nothing until it does', async () => {
  const nodes = await start();
  const { executor } = nodes.operator.ports;
  const creditorAccount = () => Promise.reject(new Transient('TransientExecutor', 'busy'));
  nodes.operator.ports.executor = { ...executor, creditorAccount };
  expect(await paid(['777', '777777'], nodes)).toBe('received');
  expect(running.bank.payments).toEqual([]);
  nodes.operator.ports.executor = executor;
  nodes.advance(120);
  await nodes.operator.sweep();
  await nodes.run();
  expect(await states(nodes, 't-1')).toEqual(['ok', 'ok']);
});
