// What must still be told to somebody outside, and when is the next attempt? An entry is written in the transaction of
// the change that it tells of, announced after commit, and found again by a sweep where the announcement was lost.
// It carries ids only: what is sent is read again at each attempt. The entry's id is the idempotency key of its effect.

import { deadReceiverPolicy, outboxPolicy } from './policy.ts';

export type OutboxQueue = keyof typeof outboxPolicy;
export const outboxQueues = Object.keys(outboxPolicy) as readonly OutboxQueue[];

export interface OutboxEntry {
  readonly id: string;
  readonly queue: OutboxQueue;
  /** noun.verb of what is to be done: `enrolment.forward`, `mail.confirmation`, `execution.wake`. */
  readonly kind: string;
  readonly refs: { readonly [name: string]: string };
  /** Whom a failure is about: entries of one dead receiver wait together and hold up nobody else. */
  readonly receiver?: string;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date;
  /** Attempts begun so far. */
  readonly attempts: number;
}

export function newOutboxEntry(entry: {
  readonly id: string;
  readonly queue: OutboxQueue;
  readonly kind: string;
  readonly refs: { readonly [name: string]: string };
  readonly receiver?: string;
  readonly now: Date;
  /** Not before this time; now when absent. */
  readonly notBefore?: Date;
}): OutboxEntry {
  const { now, notBefore, ...rest } = entry;
  return { ...rest, createdAt: now, nextAttemptAt: notBefore ?? now, attempts: 0 };
}

export type AfterFailure =
  | { readonly outcome: 'POSTPONED'; readonly nextAttemptAt: Date }
  | { readonly outcome: 'DEAD' };

/**
 * When is an entry tried again whose attempt has just failed? Exponential backoff with jitter of half its length,
 * until policy gives the entry up.
 * @param random in [0, 1).
 * @param retryAfter what the receiver asked for, if it did.
 */
export function afterFailure(entry: OutboxEntry, now: Date, random: number, retryAfter?: Date): AfterFailure {
  const { firstSeconds, longestSeconds, giveUpAfterSeconds } = outboxPolicy[entry.queue];
  const backoffSeconds = Math.min(longestSeconds, firstSeconds * 2 ** Math.min(entry.attempts - 1, 30));
  const jittered = new Date(now.getTime() + backoffSeconds * (0.5 + random / 2) * 1000);
  const asked = retryAfter && retryAfter > jittered ? retryAfter : jittered;
  const longest = new Date(now.getTime() + longestSeconds * 1000);
  const nextAttemptAt = asked > longest ? longest : asked;
  const end = new Date(entry.createdAt.getTime() + giveUpAfterSeconds * 1000);
  return nextAttemptAt > end ? { outcome: 'DEAD' } : { outcome: 'POSTPONED', nextAttemptAt };
}

/**
 * Until when is a receiver left alone after so many failures in a row?
 * @returns undefined while it is still trusted to answer.
 */
export function closedUntil(failures: number, now: Date): Date | undefined {
  const beyond = failures - deadReceiverPolicy.failures;
  if (beyond < 0) return undefined;
  const { firstSeconds, longestSeconds } = deadReceiverPolicy;
  const seconds = Math.min(longestSeconds, firstSeconds * 2 ** Math.min(beyond, 30));
  return new Date(now.getTime() + seconds * 1000);
}
