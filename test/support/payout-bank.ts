// One bank for the tests of a file, with the debtor's account and somebody else's, as new before each; and a network and
// a payout operator before it.

import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Executor } from '../../core/payout/executor.ts';
import type { Account } from '../../local/bank/bank.ts';
import { type RunningBank, startBank } from '../../local/bank/serve.ts';
import { payoutNodes } from './payout-nodes.ts';
import { debtor } from './payouts.ts';

export type Nodes = Awaited<ReturnType<typeof payoutNodes>>;

export const debtorAccount = '4242424242';

/** @param debtors of the debtor's account, where a test wants it otherwise */
export function payoutBank(debtors: Partial<Account> = {}) {
  let running: RunningBank;
  beforeAll(async () => {
    running = await startBank();
  });
  afterAll(() => running.stop());
  beforeEach(() => {
    running.bank.mode = 'ok';
    running.bank.payments.length = 0;
    running.bank.accounts.clear();
    const account = {
      currency: 'CLP',
      balanceMinor: 100_000_000n,
      holder: 'Fintech SpA',
      taxId: '76111111-6',
    };
    running.bank.accounts.set(debtorAccount, { ...account, number: debtorAccount, ...debtors });
    running.bank.accounts.set('99', { ...account, number: '99', holder: 'Otra SpA', taxId: '11111111-1' });
  });
  return {
    running: {
      get bank() {
        return running.bank;
      },
    },
    /** @param executor in the place of the bank */
    start: (executor?: Executor) => payoutNodes({ bankUrl: running.url, ...(executor && { executor }) }),
  };
}

/** At the network and at the payout operator. */
export const states = async (nodes: Nodes, id: string) => [
  (await nodes.network.ports.moves.find(debtor, id))?.state,
  (await nodes.operator.ports.moves.find(debtor, id))?.state,
];
