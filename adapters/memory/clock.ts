// Time that a test moves, and ids that sort in the order they were made.

import type { Clock, Ids } from '../../core/ports.ts';

export function memoryClock(start = '2026-03-02T12:00:00Z'): Clock & {
  advance(seconds: number): void;
  set(time: Date): void;
} {
  let now = new Date(start);
  return {
    now: () => new Date(now),
    advance: (seconds) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
    set: (time) => {
      now = time;
    },
  };
}

/** `ID0000000001`, `ID0000000002` ... */
export function memoryIds(prefix = 'ID'): Ids {
  let count = 0;
  return { next: () => `${prefix}${String(++count).padStart(10, '0')}` };
}
