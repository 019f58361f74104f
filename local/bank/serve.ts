// Which URL answers what at the simulated bank? Accounts and payments as adapters/executor/http.ts asks for them, a page
// for its clerk, and POST /behaviour {"mode": "ok" | "error" | "slow" | "unknown" | "twice"}.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { readBody } from '../endpoints/wire.ts';
import { closeServer, listen } from '../loopback.ts';
import { type Account, Bank, type Mode, modes, type Payment } from './bank.ts';
import { bankPage } from './page.ts';

export interface RunningBank {
  readonly url: string;
  readonly bank: Bank;
  stop(): Promise<void>;
}

export async function startBank(
  accounts: readonly Account[] = [],
  options: { readonly port?: number; readonly file?: string } = {},
): Promise<RunningBank> {
  const { file } = options;
  const bank = new Bank(accounts, file && existsSync(file) ? paymentsIn(file) : []);
  const server = createServer((request, response) => {
    answer(bank, request, response)
      .catch(() => response.destroy())
      .finally(() => file && keep(file, bank));
  });
  return { url: await listen(server, options.port), bank, stop: () => closeServer(server) };
}

/** A core that forgot what it paid would say of it "never seen". */
function keep(file: string, { payments }: Bank): void {
  mkdirSync(dirname(file), { recursive: true });
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  writeFileSync(file, JSON.stringify(payments, text));
}

const paymentsIn = (file: string): Payment[] =>
  (JSON.parse(readFileSync(file, 'utf8')) as (Omit<Payment, 'amountMinor'> & { amountMinor: string })[]).map(
    (one) => ({ ...one, amountMinor: BigInt(one.amountMinor) }),
  );
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
  } else if (request.method === 'POST' && noun === 'accounts' && name === 'resolve') {
    const { creditor } = JSON.parse((await readBody(request)).toString('utf8')) as {
      creditor: { account: string };
    };
    const account = bank.resolve(creditor.account);
    json(account ? 200 : 404, account ? { account: account.number } : {});
  } else if (request.method === 'GET' && noun === 'payments') {
    const payment = bank.find(name);
    json(payment ? 200 : 404, payment ? paymentAnswer(payment) : { status: 'never_seen' });
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
