// A Task or a Map is tried until it succeeds, is caught or fails. Every verdict is a step, so that a restart neither
// repeats a retry nor forgets one. What one attempt does is asked in task.ts and map.ts.

import type { Json, MapState, TaskState } from './definition.ts';
import { EvaluationError, StateError } from './errors.ts';
import { catcherOf, nextRetry } from './guard.ts';
import { type Draft, evaluationFailed } from './history.ts';
import { leave } from './leave.ts';
import { attemptMap } from './map.ts';
import { type Exit, type Here, type Line, limited, type Run, step } from './run.ts';
import { attemptTask } from './task.ts';

type Verdict =
  | { readonly kind: 'retry'; readonly retrier: number; readonly until: number }
  | { readonly kind: 'catch'; readonly exit: Exit }
  | { readonly kind: 'fail'; readonly error?: string; readonly detail?: string };

export async function runAttempts(
  run: Run,
  line: Line,
  here: Here,
  state: TaskState | MapState,
): Promise<Exit> {
  const spent: number[] = [];
  for (let retryCount = 0; ; retryCount += 1) {
    const key = `${here.key}/r${retryCount}`;
    const verdict = await attempt(run, line, here, state, key, { spent, retryCount });
    if ('output' in verdict) return verdict;
    if (verdict.kind === 'catch') return verdict.exit;
    if (verdict.kind === 'fail') throw new StateError(verdict.error, verdict.detail);
    spent[verdict.retrier] = (spent[verdict.retrier] ?? 0) + 1;
    await run.busy.park(run.clock.sleepUntil(new Date(verdict.until), line.signal));
  }
}

async function attempt(
  run: Run,
  line: Line,
  here: Here,
  state: TaskState | MapState,
  key: string,
  tries: { readonly spent: readonly number[]; readonly retryCount: number },
): Promise<Exit | Verdict> {
  const known = run.execution.step<Verdict>(`${key}:verdict`);
  if (known) {
    line.last = known.last;
    return known.value;
  }
  try {
    const result =
      state.Type === 'Task'
        ? await attemptTask(run, line, here, state, key, tries.retryCount)
        : await attemptMap(run, line, here, state, key);
    const exit = await leave(run, line, here, state, state.Next, { result, retryCount: tries.retryCount });
    limited(exit.output, here.name);
    return exit;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return judged(run, line, here, state, key, error, tries);
  }
}

async function judged(
  run: Run,
  line: Line,
  here: Here,
  state: TaskState | MapState,
  key: string,
  error: StateError,
  tries: { readonly spent: readonly number[]; readonly retryCount: number },
): Promise<Verdict> {
  const drafts: Draft[] = error instanceof EvaluationError ? [evaluationFailed(here.name, error)] : [];
  return step<Verdict>(
    run,
    line,
    `${key}:verdict`,
    async () => {
      const retry = nextRetry(state.Retry ?? [], error, tries.spent, run.random);
      if (retry) {
        const until = run.clock.now().getTime() + retry.delaySeconds * 1000;
        return { kind: 'retry', retrier: retry.retrier, until };
      }
      return caught(run, line, here, state, error, drafts);
    },
    (verdict) =>
      state.Type === 'Map' && verdict.kind !== 'retry' ? [...drafts, { type: 'MapStateFailed' }] : drafts,
  );
}

async function caught(
  run: Run,
  line: Line,
  here: Here,
  state: TaskState | MapState,
  error: StateError,
  drafts: Draft[],
): Promise<Verdict> {
  const found = catcherOf(state.Catch ?? [], error);
  if (!found) return { kind: 'fail', error: error.error, detail: error.detail };
  const errorOutput: Json = { Error: error.error ?? null, Cause: error.detail ?? null };
  try {
    const at = `Catch[${found.index}]/`;
    const exit = await leave(run, line, here, found.catcher, found.catcher.Next, { errorOutput, at });
    return { kind: 'catch', exit };
  } catch (second) {
    if (!(second instanceof EvaluationError)) throw second;
    drafts.push(evaluationFailed(here.name, second));
    return { kind: 'fail', error: second.error, detail: second.detail };
  }
}
