// One attempt of a Task: invoke the function and wait for its answer or, with `.waitForTaskToken`, for whoever holds
// this attempt's token. Function, deadline, heartbeat and token holder race; the first to write the `:res` step wins.

import { type Json, longestSeconds, type TaskState, tokenResource } from './definition.ts';
import { EvaluationError, StateError } from './errors.ts';
import type { Execution } from './execution.ts';
import { type Bindings, evaluate, evaluateAs } from './expression.ts';
import { type Draft, failureDetails, outputDetails } from './history.ts';
import type { Invoked } from './lambda.ts';
import { asker, bindings, type Here, type Line, limited, type Run, step } from './run.ts';
import { newToken } from './token.ts';

/** How an attempt went out: written before the function is invoked. */
export interface Going {
  readonly at: number;
  readonly arguments: { readonly FunctionName: string; readonly Payload?: Json; readonly Qualifier?: string };
  readonly token?: string;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
}

export type Outcome =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error?: string; readonly cause?: string; readonly timedOut?: true };

export async function attemptTask(
  run: Run,
  line: Line,
  here: Here,
  state: TaskState,
  key: string,
  retryCount: number,
): Promise<Json> {
  const about = resourceOf(state);
  const going = await step(
    run,
    line,
    `${key}:go`,
    () => prepare(run, line, here, state, retryCount),
    (value) => [scheduled(run, about, value), { type: 'TaskStarted', details: about }],
  );
  const over = new AbortController();
  const signal = AbortSignal.any([line.signal, over.signal]);
  try {
    if (!run.execution.step(`${key}:res`)) {
      void watchDeadlines(run, key, about, going, signal);
      void invoke(run, key, about, going).catch((error) => run.execution.signal.aborted || fault(error));
    }
    await run.busy.park(run.execution.settled(`${key}:res`, line.signal));
  } finally {
    over.abort(new Error('the attempt is over'));
  }
  const outcome = run.execution.step<Outcome>(`${key}:res`)!;
  line.last = outcome.last;
  if (outcome.value.ok) return outcome.value.output;
  throw new StateError(outcome.value.error, outcome.value.cause);
}

/**
 * Writes the outcome of an attempt, unless it has one or its branch is over. Returns whether it was written; the caller
 * answers only then.
 */
export async function settle(
  execution: Execution,
  key: string,
  about: TaskResource,
  outcome: Outcome,
): Promise<boolean> {
  if (execution.isOver(key) || execution.step(`${key}:res`)) return false;
  const previous = execution.step(`${key}:sub`) ?? execution.step(`${key}:go`);
  await execution.record(`${key}:res`, outcome, [ended(about, outcome)], previous?.last ?? 0);
  return true;
}

export type TaskResource = {
  readonly resourceType: 'lambda';
  readonly resource: 'invoke' | 'invoke.waitForTaskToken';
};

export const tokenTask: TaskResource = { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' };

function resourceOf(state: TaskState): TaskResource {
  return state.Resource === tokenResource ? tokenTask : { resourceType: 'lambda', resource: 'invoke' };
}

async function prepare(
  run: Run,
  line: Line,
  here: Here,
  state: TaskState,
  retryCount: number,
): Promise<Going> {
  // A new token on each attempt: an answer to the attempt before reaches nobody.
  const token = state.Resource === tokenResource ? newToken() : undefined;
  const seen = bindings(run, line, here, { retryCount, ...(token ? { token } : {}) });
  const given = await evaluate(state.Arguments, 'Arguments', seen, asker(run, here));
  const timeoutSeconds = await seconds(run, here, state, 'TimeoutSeconds', seen);
  const heartbeatSeconds = await seconds(run, here, state, 'HeartbeatSeconds', seen);
  const functionName = (given as { FunctionName?: Json } | null)?.FunctionName;
  if (typeof functionName !== 'string') {
    throw new StateError('States.Runtime', "The field 'FunctionName' of 'Arguments' must be a string");
  }
  return {
    at: run.clock.now().getTime(),
    arguments: limited(given, here.name) as unknown as Going['arguments'],
    ...(token ? { token } : {}),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
  };
}

async function seconds(
  run: Run,
  here: Here,
  state: TaskState,
  field: 'TimeoutSeconds' | 'HeartbeatSeconds',
  seen: Bindings,
): Promise<number | undefined> {
  const given = state[field];
  if (given === undefined) return undefined;
  const value = (await evaluateAs('integer', given, field, seen, asker(run, here))) as number;
  if (value >= 1 && value <= longestSeconds) return value;
  throw new EvaluationError(field, `'${field}' must be from 1 to ${longestSeconds}, but was ${value}`);
}

async function watchDeadlines(
  run: Run,
  key: string,
  about: TaskResource,
  going: Going,
  signal: AbortSignal,
): Promise<void> {
  const { at, timeoutSeconds, heartbeatSeconds } = going;
  const deadline = at + (timeoutSeconds ?? longestSeconds) * 1000;
  try {
    for (;;) {
      const beat = run.execution.step<{ at: number }>(`${key}:beat`)?.value.at ?? at;
      const silence = heartbeatSeconds ? beat + heartbeatSeconds * 1000 : Number.POSITIVE_INFINITY;
      const due = Math.min(deadline, silence);
      await run.clock.sleepUntil(new Date(due), signal);
      const beatNow = run.execution.step<{ at: number }>(`${key}:beat`)?.value.at ?? at;
      if (due < deadline && beatNow !== beat) continue;
      const error = due < deadline ? 'States.HeartbeatTimeout' : 'States.Timeout';
      await settle(run.execution, key, about, { ok: false, error, cause: '', timedOut: true });
      return;
    }
  } catch (error) {
    if (!signal.aborted) fault(error);
  }
}

/** Invokes the function, again after a crash in between: at least once, with the token of the attempt. */
async function invoke(run: Run, key: string, about: TaskResource, going: Going): Promise<void> {
  const waits = about.resource === 'invoke.waitForTaskToken';
  if (waits && run.execution.step(`${key}:sub`)) return;
  const { FunctionName: functionName, Payload: payload = {}, Qualifier: qualifier } = going.arguments;
  const work = async () => {
    const invoked = await run.invoke({ functionName, payload, ...(qualifier ? { qualifier } : {}) });
    if (run.execution.signal.aborted) return;
    const outcome = outcomeOf(invoked);
    if (!waits || !outcome.ok) {
      await settle(run.execution, key, about, outcome);
    } else if (!run.execution.isOver(key) && !run.execution.step(`${key}:res`)) {
      const previous = run.execution.step(`${key}:go`)!.last;
      const details = { ...about, ...outputDetails(outcome.output) };
      await run.execution.record(`${key}:sub`, null, [{ type: 'TaskSubmitted', details }], previous);
    }
  };
  await run.busy.during(work(), run.patienceMs);
}

function outcomeOf(invoked: Invoked): Outcome {
  if (!invoked.ok) return invoked;
  try {
    return { ok: true, output: limited(invoked.output, 'lambda') };
  } catch (error) {
    const { error: name, detail } = error as StateError;
    return { ok: false, ...(name ? { error: name } : {}), ...(detail ? { cause: detail } : {}) };
  }
}

function scheduled(run: Run, about: TaskResource, going: Going): Draft {
  const details = {
    ...about,
    region: run.region,
    parameters: JSON.stringify(going.arguments),
    timeoutInSeconds: going.timeoutSeconds,
    heartbeatInSeconds: going.heartbeatSeconds,
  };
  return { type: 'TaskScheduled', details };
}

function ended(about: TaskResource, outcome: Outcome): Draft {
  if (outcome.ok) return { type: 'TaskSucceeded', details: { ...about, ...outputDetails(outcome.output) } };
  const details = { ...about, ...failureDetails(outcome.error, outcome.cause) };
  return { type: outcome.timedOut ? 'TaskTimedOut' : 'TaskFailed', details };
}

/** A mistake of the engine's own must not pass in silence. */
function fault(error: unknown): void {
  console.error('local Step Functions:', error);
}
