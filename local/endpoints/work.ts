// Is there anything under way here? A virtual clock asks before and after each step forward, so that nothing that a
// moment started is overtaken by the next. It does not know what the work is.

import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Work {
  track<T>(promise: Promise<T>): Promise<T>;
  /** Resolves when nothing is under way; `true` when it had to wait for something. */
  idle(): Promise<boolean>;
}

export function openWork(): Work {
  const underWay = new Set<Promise<unknown>>();
  return {
    track(promise) {
      underWay.add(promise);
      const done = (): void => void underWay.delete(promise);
      promise.then(done, done);
      return promise;
    },
    async idle() {
      // What a timer woke starts only in a later turn of the loop.
      await nextTurn();
      if (underWay.size === 0) return false;
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
      return true;
    },
  };
}
