// The simulated core of a bank: accounts with their holders' tax ids and balances, payments by idempotency key, a page
// to look at them, and bad days on request. It stands where a payout operator's own core stands; nothing is deployed.
// Behaviour: POST /behaviour {"mode": "ok" | "error" | "slow" | "unknown" | "twice"}.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readBody } from '../endpoints/wire.ts';
import { bankPage } from './page.ts';

export interface Account {
  readonly number: string;
  readonly holder: string;
  readonly taxId: string;
  readonly currency: string;
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

export class Bank {
  readonly accounts = new Map<string, Account>();
  /** In the order in which money moved, or did not. */
  readonly payments: Payment[] = [];
  mode: Mode = 'ok';

  constructor(accounts: readonly Account[] = []) {
    for (const account of accounts) this.accounts.set(account.number, { ...account });
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

export interface RunningBank {
  readonly url: string;
  readonly bank: Bank;
  stop(): Promise<void>;
}

export async function startBank(
  accounts: readonly Account[] = [],
  options: { readonly port?: number } = {},
): Promise<RunningBank> {
  const bank = new Bank(accounts);
  const server = createServer((request, response) => {
    answer(bank, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return { url: urlOf(server), bank, stop: () => stop(server) };
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function answer(bank: Bank, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, noun = '', name = ''] = (request.url ?? '/').split('/').map(decodeURIComponent);
  const json = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method === 'GET' && noun === '') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(bankPage(bank));
  } else if (request.method === 'GET' && noun === 'accounts') {
    const account = bank.accounts.get(name);
    if (account) json(200, accountAnswer(account));
    else json(404, {});
  } else if (request.method === 'GET' && noun === 'payments') {
    const payment = bank.find(name);
    json(payment ? 200 : 404, payment ? paymentAnswer(payment) : {});
  } else if (request.method === 'POST' && noun === 'payments') {
    await pay(bank, request, response, json);
  } else if (request.method === 'POST' && noun === 'behaviour') {
    const { mode } = JSON.parse((await readBody(request)).toString('utf8')) as { mode: Mode };
    if (modes.includes(mode)) bank.mode = mode;
    json(modes.includes(mode) ? 200 : 400, { mode: bank.mode });
  } else json(404, {});
}

async function pay(
  bank: Bank,
  request: IncomingMessage,
  response: ServerResponse,
  json: (status: number, body: object) => void,
): Promise<void> {
  const order = JSON.parse((await readBody(request)).toString('utf8')) as {
    debtor_account: string;
    creditor: { account: string };
    currency: string;
    amount: string;
  };
  const payment = bank.pay({
    key: String(request.headers['idempotency-key']),
    debtorAccount: order.debtor_account,
    creditorAccount: order.creditor.account,
    currency: order.currency,
    amountMinor: BigInt(order.amount.replace('.', '')),
  });
  if (bank.mode === 'unknown') response.destroy();
  else json(payment.status === 'pending' ? 202 : 200, paymentAnswer(payment));
}

const accountAnswer = ({ number, taxId, currency, balanceMinor }: Account) => ({
  account: number,
  holder_tax_id: taxId,
  currency,
  balance_minor: String(balanceMinor),
});

const paymentAnswer = ({ key, status, code, message }: Payment) => ({
  reference: key,
  status,
  code,
  message,
});
