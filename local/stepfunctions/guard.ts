// A state failed: which retrier tries again and when, which catcher takes over? Pure; the errors' names are those of
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.

import type { Catcher, Retrier } from './definition.ts';
import type { StateError } from './errors.ts';

/** Nothing retries or catches these but their own name. */
const terminal = ['States.Runtime', 'States.DataLimitExceeded'];
const timeouts = ['States.Timeout', 'States.HeartbeatTimeout'];

export function matches(errorEquals: readonly string[], error: string | undefined): boolean {
  return errorEquals.some((name) => {
    // "These errors aren't retriable, and will always cause the execution to fail."
    if (error === 'States.Runtime') return false;
    if (name === error) return true;
    if (error !== undefined && terminal.includes(error)) return false;
    if (name === 'States.ALL') return true;
    // "States.Timeout: ... either ran longer than TimeoutSeconds, or failed to heartbeat" (states-language.net).
    if (name === 'States.Timeout') return error === 'States.HeartbeatTimeout';
    return name === 'States.TaskFailed' && !(error !== undefined && timeouts.includes(error));
  });
}

/** The retrier that tries again, and after how many seconds. `spent` counts the retries of each retrier so far. */
export function nextRetry(
  retriers: readonly Retrier[],
  error: StateError,
  spent: readonly number[],
  random: () => number,
): { retrier: number; delaySeconds: number } | undefined {
  const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, error.error));
  const retrier = retriers[index];
  if (!retrier) return undefined;
  const retries = spent[index] ?? 0;
  if (retries >= (retrier.MaxAttempts ?? 3)) return undefined;
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** retries;
  const capped = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return { retrier: index, delaySeconds: retrier.JitterStrategy === 'FULL' ? capped * random() : capped };
}

export function catcherOf(
  catchers: readonly Catcher[],
  error: StateError,
): { catcher: Catcher; index: number } | undefined {
  const index = catchers.findIndex((catcher) => matches(catcher.ErrorEquals, error.error));
  return index < 0 ? undefined : { catcher: catchers[index]!, index };
}
