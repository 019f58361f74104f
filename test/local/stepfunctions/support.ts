// An engine with a frozen clock, an AWS SDK client that talks to it, and functions made of plain code.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { onTestFinished } from 'vitest';
import { VirtualClock } from '../../../local/clock.ts';
import type { Json } from '../../../local/stepfunctions/definition.ts';
import { type StepFunctions, startStepFunctions } from '../../../local/stepfunctions/start.ts';

export const start = new Date('2026-01-01T00:00:00Z');
export const role = 'arn:aws:iam::000000000000:role/test';
export const invoke = 'arn:aws:states:::lambda:invoke';
export const waitForToken = 'arn:aws:states:::lambda:invoke.waitForTaskToken';

export type Functions = Record<string, (payload: never) => Json | undefined | Promise<Json | undefined>>;

export interface Bench {
  readonly client: SFNClient;
  readonly clock: VirtualClock;
  readonly dataFolder: string;
  readonly engine: StepFunctions;
  /** The payloads of all calls, by function. */
  readonly calls: Record<string, Json[]>;
  create(definition: object, name?: string): Promise<string>;
  /** Starts, lets everything due settle, and describes. */
  run(definition: object, input?: Json): Promise<DescribeExecutionOutput>;
  /** Runs as long as it takes: at most a year of virtual time. */
  runToEnd(definition: object, input?: Json): Promise<DescribeExecutionOutput>;
  describe(executionArn: string): Promise<DescribeExecutionOutput>;
  history(executionArn: string): Promise<HistoryEvent[]>;
}

export interface BenchOptions {
  readonly functions?: Functions;
  readonly dataFolder?: string;
  readonly clock?: VirtualClock;
  readonly random?: () => number;
  readonly patienceMs?: number;
}

export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const clock = options.clock ?? new VirtualClock({ start, frozen: true });
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'stepfunctions-'));
  const calls: Record<string, Json[]> = {};
  const engine = await startStepFunctions({
    port: 0,
    dataFolder,
    clock,
    lambda: {
      invoke: async (name, payload) => {
        calls[name] = [...(calls[name] ?? []), payload];
        return options.functions?.[name]?.(payload as never);
      },
    },
    ...(options.random ? { random: options.random } : {}),
    ...(options.patienceMs ? { patienceMs: options.patienceMs } : {}),
  });
  const leave = clock.register('stepfunctions', engine.idle);
  const client = sdkClient(engine.url);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    leave();
    client.destroy();
    stopped ??= engine.stop();
    return stopped;
  };
  onTestFinished(stop);
  return { client, clock, dataFolder, calls, engine: { ...engine, stop }, ...verbs(client, clock) };
}

function verbs(
  client: SFNClient,
  clock: VirtualClock,
): Omit<Bench, 'client' | 'clock' | 'dataFolder' | 'engine' | 'calls'> {
  const create = async (definition: object, name = `machine-${Math.random().toString(36).slice(2)}`) => {
    const text = JSON.stringify({ QueryLanguage: 'JSONata', ...definition });
    const command = new CreateStateMachineCommand({ name, definition: text, roleArn: role });
    return (await client.send(command)).stateMachineArn!;
  };
  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  const begin = async (definition: object, input: Json) => {
    const stateMachineArn = await create(definition);
    const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) });
    const { executionArn } = await client.send(command);
    await clock.settled();
    return executionArn!;
  };
  return {
    create,
    describe,
    run: async (definition, input = {}) => describe(await begin(definition, input)),
    runToEnd: async (definition, input = {}) => {
      const arn = await begin(definition, input);
      await clock.advance({ seconds: 366 * 86_400 });
      return describe(arn);
    },
    history: async (executionArn) => {
      const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 });
      return (await client.send(command)).events!;
    },
  };
}

export function sdkClient(endpoint: string): SFNClient {
  return new SFNClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

/** A flow of the given states; it starts at the first. */
export function flow(states: Record<string, object>): { StartAt: string; States: Record<string, object> } {
  return { StartAt: Object.keys(states)[0]!, States: states };
}

/** One state `It` that ends the flow. */
export function only(state: object): object {
  return flow({ It: { ...state, End: true } });
}

/** `ExecutionStarted PassStateEntered …`, the types alone. */
export function types(events: HistoryEvent[]): string[] {
  return events.map((event) => event.type!);
}

/** An error with a name: a function that throws it fails with that `errorType`. */
export function named(name: string, message = 'as the test wants it'): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
