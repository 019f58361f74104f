// Is anything still being done? The clock asks before it moves on. Waiting for a time, a token or a branch is not
// doing something; running a state, writing the journal and waiting for a function's answer is.

import { setImmediate as nextTurn } from 'node:timers/promises';

export class Busy {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** Counts until the promise settles, but at most `patienceMs`: a function that hangs must not stop the clock. */
  async during<T>(work: Promise<T>, patienceMs?: number): Promise<T> {
    this.#count += 1;
    let over = false;
    const finish = () => {
      if (over) return;
      over = true;
      this.#leave();
    };
    const timer = patienceMs === undefined ? undefined : setTimeout(finish, patienceMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      finish();
    }
  }

  /** Not counted while it waits; only for use inside `during`. */
  async park<T>(wait: Promise<T>): Promise<T> {
    this.#leave();
    try {
      return await wait;
    } finally {
      this.#count += 1;
    }
  }

  /** Resolves when nothing is being done; `true` when it had to wait for that. */
  async idle(): Promise<boolean> {
    let waited = false;
    // What was just woken is counted one turn later.
    for (await nextTurn(); this.#count > 0; await nextTurn()) {
      waited = true;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return waited;
  }

  #leave(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
