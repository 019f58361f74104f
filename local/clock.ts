// What time is it on this laptop, and who wakes when it moves? One virtual clock for the engine, the schedules, the
// test PSC and (over HTTP) the functions, so that a year of reminders passes in seconds, in order of due time.
// It does not reach HAProxy, browsers or foreign clients: they keep real time. Nothing of it is deployed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time as the local endpoints see it. */
export interface Clock {
  now(): Date;
  /** Resolves when the clock reaches `at` (at once if it has passed); rejects with the signal's reason when aborted. */
  sleepUntil(at: Date, signal?: AbortSignal): Promise<void>;
}

/** setTimeout takes at most 2^31-1 ms (24.8 days); longer sleeps are cut in pieces. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const realClock: Clock = {
  now: () => new Date(),
  sleepUntil: async (at, signal) => {
    for (let left = at.getTime() - Date.now(); left > 0; left = at.getTime() - Date.now()) {
      await timeout(Math.min(left, LONGEST_TIMEOUT_MS), signal);
    }
    signal?.throwIfAborted();
  },
};

function timeout(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Resolves when nothing is left to do at the present time; `true` when it had to wait for something. */
export type Idle = () => Promise<unknown>;

export interface VirtualClockOptions {
  /** Where time starts; the machine's time if not given. */
  readonly start?: Date;
  /** `true`: time stands still between advances (tests). Otherwise it flows as on the wall, ahead by what was advanced. */
  readonly frozen?: boolean;
  /** Keeps how far ahead the clock is, so that a restart does not turn it back. */
  readonly file?: string;
  /** How long (real ms) an advance waits for the components to settle before it names the one that does not. */
  readonly patienceMs?: number;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  readonly #options: VirtualClockOptions;
  readonly #components = new Map<string, Idle>();
  readonly #timers = new Set<Timer>();
  #ahead: number;
  #frozenAt: number | undefined;
  #order = 0;
  #wall: NodeJS.Timeout | undefined;
  #advancing: Promise<unknown> = Promise.resolve();

  constructor(options: VirtualClockOptions = {}) {
    this.#options = options;
    const kept =
      options.file && existsSync(options.file) ? Number(readFileSync(options.file, 'utf8')) : undefined;
    this.#ahead = kept ?? (options.start ? options.start.getTime() - Date.now() : 0);
    if (options.frozen) this.#frozenAt = Date.now() + this.#ahead;
    if (options.frozen && options.start && kept === undefined) this.#frozenAt = options.start.getTime();
  }

  now(): Date {
    return new Date(this.#ms());
  }

  sleepUntil(at: Date, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (at.getTime() <= this.#ms()) return resolve();
      const stop = () => {
        this.#timers.delete(timer);
        this.#watchWall();
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const timer: Timer = { due: at.getTime(), order: this.#order++, wake };
      this.#timers.add(timer);
      signal?.addEventListener('abort', stop, { once: true });
      this.#watchWall();
    });
  }

  /** A component whose work an advance must wait for. Returns how to leave. */
  register(name: string, idle: Idle): () => void {
    this.#components.set(name, idle);
    return () => {
      if (this.#components.get(name) === idle) this.#components.delete(name);
    };
  }

  /**
   * Moves time forward, timer by timer in order of due time (then of registration), and after each waits until what
   * became due has settled. Advances queue up; time never goes back (RangeError).
   */
  advance(by: { readonly seconds: number } | { readonly to: Date }): Promise<Date> {
    const turn = this.#advancing.then(() => this.#advance(by));
    this.#advancing = turn.catch(() => undefined);
    return turn;
  }

  /** Waits until no component had anything to do in a whole round. */
  async settled(): Promise<void> {
    for (let worked = true; worked; ) {
      worked = false;
      for (const [name, idle] of this.#components) {
        if ((await this.#patiently(name, idle)) === true) worked = true;
      }
      await nextTurn();
    }
  }

  stop(): void {
    clearTimeout(this.#wall);
    this.#timers.clear();
    this.#components.clear();
  }

  async #advance(by: { readonly seconds: number } | { readonly to: Date }): Promise<Date> {
    const target = 'to' in by ? by.to.getTime() : this.#ms() + by.seconds * 1000;
    if (!(target >= this.#ms())) throw new RangeError('the clock only moves forward');
    await this.settled();
    for (let next = this.#earliest(); next && next.due <= target; next = this.#earliest()) {
      this.#moveTo(next.due);
      this.#release(next);
      await this.settled();
    }
    this.#moveTo(target);
    await this.settled();
    return this.now();
  }

  #patiently(name: string, idle: Idle): Promise<unknown> {
    const patienceMs = this.#options.patienceMs ?? 180_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`"${name}" does not settle in ${patienceMs} ms`)),
        patienceMs,
      );
    });
    return Promise.race([idle(), late]).finally(() => clearTimeout(timer));
  }

  #ms(): number {
    return this.#frozenAt ?? Date.now() + this.#ahead;
  }

  #moveTo(at: number): void {
    if (at <= this.#ms()) return;
    this.#ahead = at - Date.now();
    if (this.#frozenAt !== undefined) this.#frozenAt = at;
    if (this.#options.file) writeFileSync(this.#options.file, String(this.#ahead));
    this.#watchWall();
  }

  #earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order))
        first = timer;
    }
    return first;
  }

  #release(timer: Timer): void {
    if (this.#timers.delete(timer)) timer.wake();
  }

  /** While time flows, timers also fall due by themselves. */
  #watchWall(): void {
    if (this.#frozenAt !== undefined) return;
    clearTimeout(this.#wall);
    const next = this.#earliest();
    if (!next) return;
    const wait = Math.max(0, Math.min(next.due - this.#ms(), LONGEST_TIMEOUT_MS));
    this.#wall = setTimeout(() => {
      for (let due = this.#earliest(); due && due.due <= this.#ms(); due = this.#earliest())
        this.#release(due);
      this.#watchWall();
    }, wait);
    this.#wall.unref();
  }
}
