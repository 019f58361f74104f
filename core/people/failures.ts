// How often may somebody guess (S29)? Failures count per account and source, and per source; those of whoever knew the
// password also per account, so that no stranger closes it. It never counts against suspension, nor a passkey.

import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';

/** A fixed window of one counter. */
export interface FailureCount {
  readonly key: string;
  readonly failures: number;
  readonly windowStart: Date;
}

export interface FailureLimit {
  readonly key: string;
  readonly failures: number;
  readonly windowMs: number;
}

/**
 * What an attempt at this account touches, besides its source's own; none for suspending, which nobody may be kept
 * from, whoever guesses beside them: a right guess wins a false alarm and nothing else, and the pages' door limits each
 * address.
 * @param source an address; the store keeps it at most a day
 */
export function pairLimits(account: string, source: string, suspends = false): readonly FailureLimit[] {
  return suspends ? [] : [{ key: `pair#${account}#${networkOf(source)}`, ...peoplePolicy.failures.pair }];
}

/** Once per attempt, however many accounts the typed address may mean. */
export function sourceLimits(source: string, suspends = false): readonly FailureLimit[] {
  return suspends ? [] : [{ key: `source#${networkOf(source)}`, ...peoplePolicy.failures.source }];
}

/** RFC 6177: an IPv6 site holds at least a /64, and all of its addresses are one source. */
function networkOf(source: string): string {
  if (!source.includes(':')) return source;
  // RFC 4291 §2.5.5.2: an IPv4 address in the clothes of the other.
  const mapped = /:(\d+\.\d+\.\d+\.\d+)$/.exec(source)?.[1];
  if (mapped) return mapped;
  const [head = '', tail] = source.toLowerCase().split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before!.length - after!.length)).fill('0');
  const groups = [...before!, ...zeros, ...after!].map((group) => group.replace(/^0+(?=.)/, ''));
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** What an attempt with the right password touches besides: a botnet that has it tries few of a million codes. */
export function codeLimits(account: string, suspends = false): readonly FailureLimit[] {
  return suspends ? [] : [{ key: `account#${account}`, ...peoplePolicy.failures.account }];
}

/**
 * @param counts as they stand with this attempt counted
 * @throws Refusal TRIES_EXHAUSTED, with the minutes to wait
 */
export function admitAttempt(
  limits: readonly FailureLimit[],
  counts: readonly FailureCount[],
  now: Date,
): void {
  for (const limit of limits) {
    const count = counts.find((candidate) => candidate.key === limit.key);
    if (!count) continue;
    const endsMs = count.windowStart.getTime() + limit.windowMs;
    if (count.failures > limit.failures && now.getTime() < endsMs) {
      const minutes = Math.ceil((endsMs - now.getTime()) / 60_000);
      throw new Refusal('TRIES_EXHAUSTED', { expected: `a pause of ${minutes} min`, retryable: true });
    }
  }
}
