// What does a running flow carry with it, and how does it do something at most once? Here stand the run, the line of
// states that it is on, the step that remembers, and the bindings that expressions see.

import type { Clock } from '../clock.ts';
import type { Busy } from './busy.ts';
import type { Flow, Json } from './definition.ts';
import { StateError } from './errors.ts';
import { type Execution, longestPayload } from './execution.ts';
import type { Asker, Bindings } from './expression.ts';
import type { Draft } from './history.ts';
import type { Invoke } from './lambda.ts';

/** What all executions share. */
export interface Surroundings {
  readonly clock: Clock;
  readonly busy: Busy;
  readonly invoke: Invoke;
  readonly random: () => number;
  readonly region: string;
  /** Real ms for which a function that does not answer holds up the virtual clock. */
  readonly patienceMs: number;
}

export interface Run extends Surroundings {
  readonly execution: Execution;
  readonly input: Json;
}

/**
 * One line of states: the top of the execution, or one iteration of a Map. Keys of steps: `<prefix><n>` is the n-th
 * state entered on the line, `/r<k>` its k-th attempt, `/i<m>/` the line of the m-th iteration.
 */
export interface Line {
  readonly flow: Flow;
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly item?: { readonly Index: number; readonly Value: Json };
  /** The last event of the line. */
  last: number;
  variables: Readonly<Record<string, Json>>;
}

/** The state that the line is in. */
export interface Here {
  readonly name: string;
  readonly key: string;
  readonly input: Json;
  /** ms since the epoch. */
  readonly enteredAt: number;
  readonly enteredEvent: number;
}

/** How a state was left. */
export interface Exit {
  readonly next?: string;
  readonly output: Json;
  readonly assigned: Readonly<Record<string, Json>>;
}

/**
 * The value of the step `key`: as remembered, else computed, written down with its events, and given once it is on the
 * disk. Throws the signal's reason when the line is over.
 */
export async function step<T>(
  run: Run,
  line: Line,
  key: string,
  compute: () => T | Promise<T>,
  drafts: (value: T) => readonly Draft[] = () => [],
): Promise<T> {
  line.signal.throwIfAborted();
  let known = run.execution.step<T>(key);
  if (!known) {
    const value = await compute();
    line.signal.throwIfAborted();
    const { last } = await run.execution.record(key, value, drafts(value), line.last);
    line.signal.throwIfAborted();
    known = { value, last };
  }
  line.last = known.last;
  return known.value;
}

export function asker(run: Run, here: Here): Asker {
  return { state: here.name, enteredEvent: here.enteredEvent, now: run.clock.now() };
}

/** What expressions see: the variables in scope and `$states`. */
export function bindings(
  run: Run,
  line: Line,
  here: Here,
  more: {
    readonly result?: Json;
    readonly errorOutput?: Json;
    readonly token?: string;
    readonly retryCount?: number;
    readonly item?: Line['item'];
  } = {},
): Bindings {
  const { facts } = run.execution;
  const item = more.item ?? line.item;
  const context = {
    Execution: {
      Id: facts.arn,
      Input: run.input,
      Name: facts.name,
      RedriveCount: 0,
      RoleArn: facts.roleArn,
      StartTime: new Date(facts.startedAt).toISOString(),
    },
    State: {
      EnteredTime: new Date(here.enteredAt).toISOString(),
      Name: here.name,
      RetryCount: more.retryCount ?? 0,
    },
    StateMachine: { Id: facts.stateMachineArn, Name: facts.stateMachineName },
    ...(more.token ? { Task: { Token: more.token } } : {}),
    ...(item ? { Map: { Item: item } } : {}),
  };
  const states = { input: here.input, result: more.result, errorOutput: more.errorOutput, context };
  return { ...line.variables, states };
}

/** 256 KiB, counted as UTF-8 bytes of the JSON. */
export function limited<T extends Json>(value: T, what: string): T {
  if (Buffer.byteLength(JSON.stringify(value)) <= longestPayload) return value;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
