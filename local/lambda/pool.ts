// Which execution environment takes the next invocation? A warm one that is free, else a new one, up to the function's
// reserved concurrency, beyond which it is throttled as in AWS; beyond what a laptop bears it waits its turn.

import type { Invocation } from '../endpoints/lambda-endpoint.ts';
import { AwsError } from '../endpoints/wire.ts';
import { type Child, type FunctionSettings, startChild } from './child.ts';

export interface PoolOptions {
  readonly settings: FunctionSettings;
  /** Undefined: none reserved. */
  readonly reservedConcurrency?: number;
  /** Processes of this function at most; AWS has no such queue. */
  readonly mostChildren: number;
  /** A process that served nothing for so long ends. */
  readonly idleMs: number;
  readonly log: (chunk: Buffer) => void;
}

export interface PoolStats {
  readonly invocations: number;
  readonly coldStarts: number;
  readonly errors: number;
  readonly throttles: number;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #counts = { invocations: 0, coldStarts: 0, errors: 0, throttles: 0 };
  readonly #all = new Set<Child>();
  /** The one used last at the end: the others may grow old and end. */
  readonly #free: Child[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #idleTimers = new Map<Child, NodeJS.Timeout>();
  #running = 0;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get stats(): PoolStats {
    return { ...this.#counts };
  }

  async invoke(payload: Buffer): Promise<Invocation> {
    const { reservedConcurrency, mostChildren } = this.#options;
    if (reservedConcurrency !== undefined && this.#running >= reservedConcurrency) {
      this.#counts.throttles += 1;
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, { 'retry-after': '1' });
    }
    this.#running += 1;
    try {
      if (this.#running > mostChildren) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return await this.#run(payload);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Ends every process; what it was doing is never answered. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#idleTimers.values()) clearTimeout(timer);
    for (const child of this.#all) child.kill();
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async #run(payload: Buffer): Promise<Invocation> {
    if (this.#stopped) throw new AwsError('ServiceException', 'The local Lambda host is stopping.', 503);
    this.#counts.invocations += 1;
    const child = this.#acquire();
    const invocation = await child.invoke(payload);
    // A process that the host ended did not fail: nobody may record that it did, least of all an execution that goes
    // on at the next start.
    if (this.#stopped) await new Promise(() => {});
    this.#release(child);
    if (invocation.functionError) this.#counts.errors += 1;
    return invocation;
  }

  #acquire(): Child {
    for (let child = this.#free.pop(); child; child = this.#free.pop()) {
      clearTimeout(this.#idleTimers.get(child));
      this.#idleTimers.delete(child);
      if (child.alive) return child;
      this.#all.delete(child);
    }
    this.#counts.coldStarts += 1;
    const child = startChild(this.#options.settings, this.#options.log);
    this.#all.add(child);
    return child;
  }

  #release(child: Child): void {
    if (!child.alive) {
      this.#all.delete(child);
      return;
    }
    this.#free.push(child);
    const end = (): void => {
      this.#free.splice(this.#free.indexOf(child), 1);
      this.#all.delete(child);
      this.#idleTimers.delete(child);
      child.kill();
    };
    this.#idleTimers.set(child, setTimeout(end, this.#options.idleMs).unref());
  }
}
