// The local Step Functions, ready to be called: the journal read, unfinished executions going on, the port open.
// What it does not do stands in local/GAPS.md.

import { mkdirSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { closeServer, listen } from '../loopback.ts';
import { Busy } from './busy.ts';
import type { Json } from './definition.ts';
import { Engine } from './engine.ts';
import { serverOf } from './http.ts';
import { invokeByHttp, invokeInProcess } from './lambda.ts';

export interface StepFunctionsOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Holds the journal; made if missing. One engine per folder. */
  readonly dataFolder: string;
  readonly clock: Clock;
  /** The local Lambda API, or a function in this process whose errors are the function's errors. */
  readonly lambda:
    | { readonly endpoint: string }
    | { readonly invoke: (functionName: string, payload: Json) => Promise<Json | undefined> };
  /** Stands in ARNs and history; `us-east-1` if not given. */
  readonly region?: string;
  /** For retries with jitter; Math.random if not given. */
  readonly random?: () => number;
  /** Real ms for which a function that does not answer holds up the virtual clock; 60 s if not given. */
  readonly patienceMs?: number;
}

export interface StepFunctions {
  readonly url: string;
  /** Stops listening and lets go of the folder; executions go on at the next start. */
  stop(): Promise<void>;
  /** Resolves when nothing is left to do at the present time; `true` when it had to wait (see VirtualClock.register). */
  idle(): Promise<boolean>;
}

export async function startStepFunctions(options: StepFunctionsOptions): Promise<StepFunctions> {
  mkdirSync(options.dataFolder, { recursive: true });
  const busy = new Busy();
  const surroundings = {
    clock: options.clock,
    busy,
    invoke:
      'endpoint' in options.lambda
        ? invokeByHttp(options.lambda.endpoint)
        : invokeInProcess(options.lambda.invoke),
    random: options.random ?? Math.random,
    region: options.region ?? 'us-east-1',
    patienceMs: options.patienceMs ?? 60_000,
  };
  const engine = await Engine.open(surroundings, options.dataFolder);
  const server = serverOf(engine);
  return {
    url: await listen(server, options.port),
    idle: () => busy.idle(),
    stop: async () => {
      await closeServer(server);
      await engine.close();
    },
  };
}
