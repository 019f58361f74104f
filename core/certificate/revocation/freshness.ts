// How old may a word on revocation be, and when is the next one fetched? Pure arithmetic over a source's times
// (docs/revocation.md; A-164, S25). Who fetches, alarms or answers 503 is elsewhere.

import { Refusal } from '../../errors.ts';
import { revocationPolicy as policy } from '../../policy.ts';

/** What is known of a source: a list by its URL, or an OCSP responder's word on one certificate. */
export interface SourceTimes {
  readonly kind: 'crl' | 'ocsp';
  /** Since when somebody depends on it. */
  readonly since: Date;
  /** Of the newest good word; undefined while there was none. */
  readonly thisUpdate: Date | undefined;
  readonly nextUpdate: Date | undefined;
  /** The newest word was fetched or confirmed (304) then. */
  readonly lastGoodFetch: Date | undefined;
  readonly lastAttempt: Date | undefined;
  /** Milliseconds, where the PSC's profile is stricter than the policy. */
  readonly frozenAfterStale?: number;
  readonly frozenAfterLastGoodFetch?: number;
}

const later = (date: Date, milliseconds: number) => new Date(date.getTime() + milliseconds);
const earlier = (a: Date, b: Date) => (a < b ? a : b);

/** A source is stale after this instant. */
export function staleAt(word: { readonly thisUpdate: Date; readonly nextUpdate: Date | undefined }): Date {
  return word.nextUpdate ?? later(word.thisUpdate, policy.validityWithoutNextUpdate);
}

/** No new payouts after this instant. A source that never gave a word counts from `since`. */
export function frozenAt(source: SourceTimes): Date {
  const { kind, since, thisUpdate, nextUpdate, lastGoodFetch } = source;
  const stale = thisUpdate ? staleAt({ thisUpdate, nextUpdate }) : since;
  const byStale = later(stale, source.frozenAfterStale ?? policy.frozenAfterStale);
  if (kind === 'ocsp') return byStale;
  const byFetch = source.frozenAfterLastGoodFetch ?? policy.frozenAfterLastGoodFetch;
  return earlier(byStale, later(lastGoodFetch ?? since, byFetch));
}

/** Milliseconds between two fetches of a list with these times. */
export function crlFetchInterval(thisUpdate: Date, nextUpdate: Date | undefined): number {
  const validity = staleAt({ thisUpdate, nextUpdate }).getTime() - thisUpdate.getTime();
  const share = validity * policy.crlFetchShareOfValidity;
  return Math.max(policy.crlFetchAtMostEvery, Math.min(policy.crlFetchAtLeastEvery, share));
}

/** When a new word is due, whatever was tried since. An OCSP responder is never asked before its nextUpdate. */
export function fetchDueAt(source: SourceTimes): Date {
  const { kind, since, thisUpdate, nextUpdate, lastGoodFetch } = source;
  if (!thisUpdate || !lastGoodFetch) return since;
  if (kind === 'ocsp') return staleAt({ thisUpdate, nextUpdate });
  return later(lastGoodFetch, crlFetchInterval(thisUpdate, nextUpdate));
}

/** When to try: as it is due, but never within ten minutes of the last attempt. */
export function nextAttemptAt(source: SourceTimes): Date {
  const [due, rested] = [fetchDueAt(source), restedAt(source)];
  return rested > due ? rested : due;
}

/** However much it is wanted: not before. */
export function restedAt({ lastAttempt, since }: SourceTimes): Date {
  return lastAttempt ? later(lastAttempt, policy.crlFetchAtMostEvery) : since;
}

/** A fetch that was due has failed for two hours, or brought for as long what is stale. */
export function alarmAt(source: SourceTimes): Date {
  const { thisUpdate, nextUpdate } = source;
  const due = fetchDueAt(source);
  const wanted = thisUpdate ? earlier(due, staleAt({ thisUpdate, nextUpdate })) : due;
  return later(wanted, policy.alarmAfterFailing);
}

export type SourceState = 'CURRENT' | 'STALE' | 'FROZEN';

export interface SourceReport {
  readonly state: SourceState;
  readonly alarm: boolean;
  readonly due: boolean;
}

/** Instants themselves still belong to the better state. A source without any word yet is stale. */
export function reportOn(source: SourceTimes, now: Date): SourceReport {
  const { thisUpdate, nextUpdate } = source;
  const stale = !thisUpdate || now > staleAt({ thisUpdate, nextUpdate });
  return {
    state: now > frozenAt(source) ? 'FROZEN' : stale ? 'STALE' : 'CURRENT',
    alarm: now > alarmAt(source),
    due: now >= nextAttemptAt(source),
  };
}

declare const thawed: unique symbol;
/** Proof that, at `checkedAt`, no source of the certificate was frozen. */
export interface ThawedSources {
  readonly [thawed]: true;
  readonly checkedAt: Date;
  /** The earliest instant after which one of them is. */
  readonly frozenAt: Date;
}

/** Throws `REVOCATION_SOURCE_FROZEN` (503, retryable, nothing burnt), and `NO_REVOCATION_SOURCE` for none at all. */
export function requireThawed(sources: readonly SourceTimes[], now: Date): ThawedSources {
  if (sources.length === 0) throw new Refusal('NO_REVOCATION_SOURCE');
  const first = sources.map(frozenAt).reduce(earlier);
  if (now > first) {
    throw new Refusal('REVOCATION_SOURCE_FROZEN', { retryable: true, found: `since ${first.toISOString()}` });
  }
  return { checkedAt: now, frozenAt: first } as unknown as ThawedSources;
}

/**
 * Milliseconds both. A word may not be required to be younger than it is fetched: all would be refused between two
 * fetches. Throws `FRESHNESS_BELOW_FETCH_INTERVAL`.
 */
export function requireFreshnessAboveInterval(freshness: number, fetchInterval: number): void {
  if (freshness >= fetchInterval) return;
  const minutes = (milliseconds: number) => `${milliseconds / 60_000} minutes`;
  throw new Refusal('FRESHNESS_BELOW_FETCH_INTERVAL', {
    expected: `at least ${minutes(fetchInterval)}`,
    found: minutes(freshness),
  });
}
