// How does a payout operator talk to its bank's core? Four calls over HTTP, with the payout's key as idempotency key:
// GET /accounts/{number}, POST /accounts/resolve, POST /payments, GET /payments/{key}. The core is the operator's own and
// named by its deployment, so that no egress guard stands between; what it does not answer is UNKNOWN, never a no.

import { Transient } from '../../core/errors.ts';
import { writeAmount } from '../../core/payout/amount.ts';
import type { Executor, ExecutorOutcome } from '../../core/payout/executor.ts';

export interface HttpExecutorOptions {
  /** Without a slash at its end. */
  readonly url: string;
  /** The core promises to do nothing twice under one key. */
  readonly idempotent: boolean;
  /** Milliseconds; below the lease of the entry that waits for it. */
  readonly timeout?: number;
}

interface CoreAnswer {
  readonly status?: unknown;
  readonly reference?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

export function httpExecutor({ url, idempotent, timeout = 20_000 }: HttpExecutorOptions): Executor {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeout) });

  async function question(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    try {
      const answer = await ask(path, init);
      if (answer.status !== 200 && answer.status !== 404) throw new Error(`HTTP ${answer.status}`);
      const body: unknown = await answer.json();
      if (body === null || typeof body !== 'object') throw new Error('no object');
      return { status: answer.status, body: body as Record<string, unknown> };
    } catch (cause) {
      throw new Transient('TransientExecutor', "the bank's core does not answer", { cause });
    }
  }

  return {
    idempotent,
    async holderOf(account) {
      // The participant's own words: no way to another path of the core, and no lone surrogate, which no URL can hold.
      if (/^\.{1,2}$/.test(account) || !account.isWellFormed()) return undefined;
      const { status, body } = await question(`/accounts/${encodeURIComponent(account)}`);
      if (status === 404) return undefined;
      if (typeof body.holder_tax_id === 'string') return body.holder_tax_id;
      throw new Transient('TransientExecutor', "the bank's core names no holder");
    },
    async creditorAccount(creditor, currency) {
      const { status, body } = await question('/accounts/resolve', posted({ creditor, currency }));
      if (status === 404) return undefined;
      if (typeof body.account === 'string' && body.account !== '') return body.account;
      throw new Transient('TransientExecutor', "the bank's core names no account");
    },
    async pay(order) {
      const { key, money, debtorAccount, creditor, description } = order;
      const body = {
        debtor_account: debtorAccount,
        creditor,
        currency: money.currency,
        amount: writeAmount(money),
        description,
      };
      try {
        const answer = await ask('/payments', posted(body, { 'Idempotency-Key': key }));
        return answer.status === 200
          ? outcomeOf((await answer.json()) as CoreAnswer)
          : { outcome: 'UNKNOWN' };
      } catch {
        return { outcome: 'UNKNOWN' };
      }
    },
    async find(key) {
      const { status, body } = await question(`/payments/${encodeURIComponent(key)}`);
      if (status === 200) return outcomeOf(body);
      // A proxy in between, or a core's wrong address, says 404 too, and would make an error of what was paid.
      if (body.status === 'never_seen') return { outcome: 'NEVER_SEEN' };
      throw new Transient(
        'TransientExecutor',
        "the bank's core does not say whether it has seen the payment",
      );
    },
  };
}

const posted = (body: object, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** Only the two words that mean an end are an end. */
function outcomeOf({ status, reference, code, message }: CoreAnswer): ExecutorOutcome {
  const named = typeof reference === 'string' || typeof reference === 'number' ? String(reference) : '';
  if (status === 'ok') return { outcome: 'OK', reference: cut(named, 64) };
  if (status !== 'error') return { outcome: 'UNKNOWN' };
  return {
    outcome: 'ERROR',
    // "ok" beside an error would read as paid.
    status: typeof code === 'string' && code !== 'ok' && /^[a-z0-9_]{1,64}$/.test(code) ? code : 'error',
    message: typeof message === 'string' ? cut(message, 500) : '',
  };
}

/** Half of a pair of surrogates has no form in evidence: what was paid could never be written down. */
const cut = (text: string, most: number) => text.slice(0, most).toWellFormed();
