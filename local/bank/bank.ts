// The simulated core of a bank: accounts with their holders' tax ids and balances, payments by idempotency key, and bad
// days on request. It stands where a payout operator's own core stands; nothing is deployed. Its doors: serve.ts.

export interface Account {
  readonly number: string;
  readonly holder: string;
  readonly taxId: string;
  readonly currency: string;
  /** Other names by which the bank knows it. */
  readonly aliases?: readonly string[];
  /** Smallest unit. */
  balanceMinor: bigint;
}

export const modes = ['ok', 'error', 'slow', 'unknown', 'twice'] as const;
/**
 * `slow`: accepted, and done when it is asked for again. `unknown`: done, but the connection breaks before the answer.
 * `twice`: done at every call, as a core does that knows no idempotency keys.
 */
export type Mode = (typeof modes)[number];

export interface Payment {
  readonly key: string;
  readonly debtorAccount: string;
  readonly creditorAccount: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  status: 'ok' | 'error' | 'pending';
  readonly code?: string;
  readonly message?: string;
}

const plain = (text: string) =>
  text
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .replace(/^0+(?=.)/, '');

export class Bank {
  readonly accounts = new Map<string, Account>();
  /** In the order in which money moved, or did not. */
  readonly payments: Payment[] = [];
  mode: Mode = 'ok';

  /** @param payments of a run before, whose money has moved */
  constructor(accounts: readonly Account[] = [], payments: readonly Payment[] = []) {
    for (const account of accounts) this.accounts.set(account.number, { ...account });
    this.payments.push(...payments);
    for (const { status, debtorAccount, amountMinor } of payments) {
      const account = this.accounts.get(debtorAccount);
      if (status === 'ok' && account) account.balanceMinor -= amountMinor;
    }
  }

  /** The account that is meant: by its number, however decorated, or by an alias. */
  resolve(written: string): Account | undefined {
    const meant = plain(written);
    return [...this.accounts.values()].find(({ number, aliases = [] }) =>
      [number, ...aliases].some((name) => plain(name) === meant),
    );
  }

  find(key: string): Payment | undefined {
    const payment = this.payments.findLast((one) => one.key === key);
    if (payment?.status === 'pending') this.#settle(payment);
    return payment;
  }

  pay(order: Omit<Payment, 'status'>): Payment {
    const before = this.mode === 'twice' ? undefined : this.find(order.key);
    if (before) return before;
    const payment: Payment = { ...order, status: 'pending' };
    if (this.mode === 'error') {
      Object.assign(payment, {
        status: 'error',
        code: 'error_creditor_account_closed',
        message: 'La cuenta del acreedor está cerrada.',
      });
    } else if (this.mode !== 'slow') this.#settle(payment);
    this.payments.push(payment);
    return payment;
  }

  #settle(payment: Payment): void {
    const account = this.accounts.get(payment.debtorAccount);
    if (!account || account.currency !== payment.currency || account.balanceMinor < payment.amountMinor) {
      Object.assign(payment, { status: 'error', code: 'error_no_funds', message: 'Sin fondos.' });
      return;
    }
    account.balanceMinor -= payment.amountMinor;
    payment.status = 'ok';
  }
}
