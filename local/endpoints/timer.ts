// When does something local wake up? At a moment of the clock, which may be virtual. It does not say what to do then.

import type { Clock } from '../clock.ts';

export type LocalClock = Clock;

/** Calls `fire` once at or after `at`; the answer cancels it. */
export function setTimer(clock: LocalClock, at: Date, fire: () => void): () => void {
  const cancelled = new AbortController();
  clock.sleepUntil(at, cancelled.signal).then(
    () => {
      if (!cancelled.signal.aborted) fire();
    },
    () => {}, // Rejects only because it was cancelled.
  );
  return () => cancelled.abort();
}
