// One attempt of an inline Map: a line of states for each item, at most so many at once; when one fails, its siblings
// are aborted and their task tokens with them.

import type { Json, MapState } from './definition.ts';
import { StateError } from './errors.ts';
import { evaluate, evaluateAs } from './expression.ts';
import { runFlow } from './flow.ts';
import type { Draft } from './history.ts';
import { asker, bindings, type Here, type Line, type Run, step } from './run.ts';

/** "Up to 40 concurrent iterations" of an inline Map, whatever MaxConcurrency says. */
const mostAtOnce = 40;

interface Plan {
  readonly items: readonly Json[];
  /** What each iteration gets: the item, or what ItemSelector makes of it. */
  readonly inputs: readonly Json[];
  readonly atOnce: number;
}

type Ended = { readonly output: Json } | { readonly error?: string; readonly detail?: string } | 'aborted';

interface Iteration {
  readonly index: number;
  readonly line: Line;
}

export async function attemptMap(
  run: Run,
  line: Line,
  here: Here,
  state: MapState,
  key: string,
): Promise<Json> {
  const plan = await step(
    run,
    line,
    `${key}:plan`,
    () => makePlan(run, line, here, state),
    (made) => [{ type: 'MapStateStarted', details: { length: made.items.length } }],
  );
  const over = new AbortController();
  const started: Iteration[] = [];
  const outputs: Json[] = new Array(plan.items.length);
  const fate: { failed?: { error: StateError; last: number } } = {};
  let next = 0;
  const work = async (): Promise<void> => {
    let last = line.last;
    while (next < plan.items.length && !fate.failed) {
      const iteration = begin(line, state, key, plan, next, over.signal, last);
      next += 1;
      started.push(iteration);
      try {
        outputs[iteration.index] = await iterate(run, iteration, here.name, plan.inputs[iteration.index]!);
      } catch (error) {
        if (!(error instanceof StateError) || fate.failed) throw error;
        fate.failed = { error, last: iteration.line.last };
        const aborted = started.map((other) => abortSibling(run, other, here.name, iteration));
        over.abort(error);
        await Promise.all(aborted);
      }
      last = iteration.line.last;
    }
  };
  const workers = Array.from({ length: Math.min(plan.atOnce, plan.items.length) }, () =>
    run.busy.during(work()),
  );
  const done = await run.busy.park(Promise.allSettled(workers));
  line.signal.throwIfAborted();
  if (fate.failed) {
    line.last = fate.failed.last;
    throw new StateError(fate.failed.error.error, fate.failed.error.detail);
  }
  for (const worker of done) if (worker.status === 'rejected') throw worker.reason;
  await step(
    run,
    line,
    `${key}:done`,
    () => null,
    () => [{ type: 'MapStateSucceeded' }],
  );
  return outputs;
}

async function makePlan(run: Run, line: Line, here: Here, state: MapState): Promise<Plan> {
  const seen = bindings(run, line, here);
  const items = (await evaluateAs(
    'array',
    state.Items ?? here.input,
    'Items',
    seen,
    asker(run, here),
  )) as readonly Json[];
  const limit = (await evaluateAs(
    'integer',
    state.MaxConcurrency ?? 0,
    'MaxConcurrency',
    seen,
    asker(run, here),
  )) as number;
  const inputs: Json[] = [];
  for (const [Index, Value] of items.entries()) {
    const one = bindings(run, line, here, { item: { Index, Value } });
    const selector = state.ItemSelector;
    inputs.push(
      selector === undefined ? Value : await evaluate(selector, 'ItemSelector', one, asker(run, here)),
    );
  }
  return { items, inputs, atOnce: limit > 0 ? Math.min(limit, mostAtOnce) : mostAtOnce };
}

function begin(
  outer: Line,
  state: MapState,
  key: string,
  plan: Plan,
  index: number,
  over: AbortSignal,
  last: number,
): Iteration {
  const line: Line = {
    flow: state.ItemProcessor,
    prefix: `${key}/i${index}/`,
    signal: AbortSignal.any([outer.signal, over]),
    item: { Index: index, Value: plan.items[index]! },
    last,
    variables: outer.variables,
  };
  return { index, line };
}

async function iterate(run: Run, { line, index }: Iteration, name: string, input: Json): Promise<Json> {
  const ended = run.execution.step<Ended>(`${line.prefix}:end`);
  if (ended) {
    line.last = ended.last;
    if (typeof ended.value === 'object' && 'output' in ended.value) return ended.value.output;
    throw ended.value === 'aborted'
      ? new Error('aborted with its sibling')
      : new StateError(ended.value.error, ended.value.detail);
  }
  const about = { name, index };
  await step(
    run,
    line,
    `${line.prefix}:begin`,
    () => null,
    () => [{ type: 'MapIterationStarted', details: about }],
  );
  try {
    const output = await runFlow(run, line, input);
    const drafts: Draft[] = [{ type: 'MapIterationSucceeded', details: about }];
    await step(
      run,
      line,
      `${line.prefix}:end`,
      () => ({ output }),
      () => drafts,
    );
    return output;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const before = line.last;
    const ending = { error: error.error, detail: error.detail };
    const drafts: Draft[] = [{ type: 'MapIterationFailed', details: about }];
    await step(
      run,
      line,
      `${line.prefix}:end`,
      () => ending,
      () => drafts,
    );
    line.last = before;
    throw error;
  }
}

/** Ends an iteration that still ran when its sibling failed; its task tokens are worth nothing from then on. */
async function abortSibling(run: Run, other: Iteration, name: string, failed: Iteration): Promise<void> {
  const key = `${other.line.prefix}:end`;
  if (other === failed || run.execution.step(key) || run.execution.ending) return;
  const drafts: Draft[] = [{ type: 'MapIterationAborted', details: { name, index: other.index } }];
  const entered = stateOf(run, other.line.prefix);
  if (entered) drafts.unshift({ type: entered.replace('Entered', 'Aborted') });
  await run.execution.record(key, 'aborted' satisfies Ended, drafts, failed.line.last);
}

/** `TaskStateEntered` and the like, of the state that the line is in, as the steps tell. */
function stateOf(run: Run, prefix: string): string | undefined {
  let n = 0;
  while (run.execution.step(`${prefix}${n}:out`)) n += 1;
  const entered = run.execution.step(`${prefix}${n}:in`);
  return entered && run.execution.events[entered.last - 1]?.type;
}
