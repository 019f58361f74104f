// Which requests with an Idempotency-Key are being answered, and which were, and how? One item per participant and
// key. A crash leaves it in flight; when that is older than any function may run, the next request takes it over,
// and `(sender, message_id)` keeps the act from happening twice.

import { createHash } from 'node:crypto';
import { messagePolicy } from '../../core/policy.ts';
import { absent, all, any, ConditionFailed, compare, equals, type Key, type Table, text } from './table.ts';

export interface IdempotentRequest {
  readonly participant: string;
  readonly key: string;
  /** Over method, path and body: the same key with another one is refused. */
  readonly digest: string;
}

export interface StoredAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

export type Begun =
  | { readonly outcome: 'BEGUN'; readonly startedAt: Date }
  | { readonly outcome: 'IN_FLIGHT' | 'OTHER_BODY' | 'SECRET' }
  | { readonly outcome: 'ANSWERED'; readonly answer: StoredAnswer };

export interface Idempotency {
  begin(request: IdempotentRequest, now: Date): Promise<Begun>;
  /** An answer that held a secret is not stored (S27). */
  finish(request: IdempotentRequest, startedAt: Date, answer: StoredAnswer | 'SECRET'): Promise<void>;
  /** The request was refused: the key is free again. */
  forget(request: IdempotentRequest, startedAt: Date): Promise<void>;
}

const itemKey = ({ participant, key }: IdempotentRequest): Key => ({
  pk: `IDEM#${participant}#${createHash('sha256').update(key).digest('base64url')}`,
  sk: 'REQUEST',
});

const iso = (time: Date) => time.toISOString();
const epoch = (time: Date) => Math.floor(time.getTime() / 1000);

export function idempotency(table: Table): Idempotency {
  const mine = (startedAt: Date) => all(equals('startedAt', iso(startedAt)), equals('state', 'inFlight'));
  return {
    async begin(request, now) {
      const expiresAt = epoch(new Date(now.getTime() + messagePolicy.idempotency));
      const item = {
        ...itemKey(request),
        digest: request.digest,
        state: 'inFlight',
        startedAt: iso(now),
        expiresAt,
      };
      const abandoned = iso(new Date(now.getTime() - messagePolicy.idempotencyInFlight));
      const free = any(
        absent(),
        compare('expiresAt', '<=', epoch(now)),
        all(
          equals('state', 'inFlight'),
          equals('digest', request.digest),
          compare('startedAt', '<', abandoned),
        ),
      );
      try {
        await table.write({ put: item, when: free });
        return { outcome: 'BEGUN', startedAt: now };
      } catch (error) {
        if (!(error instanceof ConditionFailed) || !error.old) throw error;
        if (error.old.digest !== request.digest) return { outcome: 'OTHER_BODY' };
        if (error.old.state === 'inFlight') return { outcome: 'IN_FLIGHT' };
        if (error.old.state === 'secret') return { outcome: 'SECRET' };
        const answer = { status: Number(error.old.status), body: text(error.old, 'body') };
        return { outcome: 'ANSWERED', answer };
      }
    },
    async finish(request, startedAt, answer) {
      const set = answer === 'SECRET' ? { state: 'secret' } : { state: 'answered', ...answer };
      await ifMine(table.write({ update: itemKey(request), change: { set }, when: mine(startedAt) }));
    },
    async forget(request, startedAt) {
      await ifMine(table.write({ delete: itemKey(request), when: mine(startedAt) }));
    },
  };
}

/** Somebody took an abandoned request over: what we know is theirs to tell now. */
async function ifMine(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}
