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

export interface Pool {
  invoke(payload: Buffer): Promise<Invocation>;
  readonly stats: PoolStats;
  /** Ends every process; what it was doing is never answered. */
  stop(): void;
}

export function openPool({ settings, reservedConcurrency, mostChildren, idleMs, log }: PoolOptions): Pool {
  const stats = { invocations: 0, coldStarts: 0, errors: 0, throttles: 0 };
  const all = new Set<Child>();
  const free: Child[] = [];
  const waiting: (() => void)[] = [];
  const idleTimers = new Map<Child, NodeJS.Timeout>();
  let running = 0;
  let stopped = false;

  function acquire(): Child {
    for (;;) {
      // The one used last: the others may grow old and end.
      const child = free.pop() ?? startNew();
      clearTimeout(idleTimers.get(child));
      if (child.alive) return child;
      all.delete(child);
    }
  }

  function startNew(): Child {
    stats.coldStarts += 1;
    const child = startChild(settings, log);
    all.add(child);
    return child;
  }

  function release(child: Child): void {
    if (stopped || !child.alive) {
      all.delete(child);
      return;
    }
    free.push(child);
    const end = (): void => {
      free.splice(free.indexOf(child), 1);
      all.delete(child);
      child.kill();
    };
    idleTimers.set(child, setTimeout(end, idleMs).unref());
  }

  async function invoke(payload: Buffer): Promise<Invocation> {
    if (reservedConcurrency !== undefined && running >= reservedConcurrency) {
      stats.throttles += 1;
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, { 'retry-after': '1' });
    }
    running += 1;
    try {
      if (running > mostChildren) await new Promise<void>((resolve) => waiting.push(resolve));
      if (stopped) throw new AwsError('ServiceException', 'The local Lambda host is stopping.', 503);
      stats.invocations += 1;
      const child = acquire();
      const invocation = await child.invoke(payload);
      // A process that the host ended did not fail: nobody may record that it did, least of all an execution that goes
      // on at the next start.
      if (stopped) await new Promise(() => {});
      release(child);
      if (invocation.functionError) stats.errors += 1;
      return invocation;
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  }

  return {
    invoke,
    stats,
    stop() {
      stopped = true;
      for (const timer of idleTimers.values()) clearTimeout(timer);
      for (const child of all) child.kill();
      for (const resume of waiting.splice(0)) resume();
    },
  };
}
