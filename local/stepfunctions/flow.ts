// Which state comes next? Enters state after state of one line, writes down how each was entered and left, and gives
// the output of the last one. What a state does is asked in states.ts, task.ts and map.ts.

import type { Json } from './definition.ts';
import { EvaluationError, StateError } from './errors.ts';
import { assignedDetails, type Draft, evaluationFailed, inputDetails, outputDetails } from './history.ts';
import type { Exit, Here, Line, Run } from './run.ts';
import { limited, step } from './run.ts';
import { runState } from './states.ts';

/** AWS ends an execution at this many events. */
const mostEvents = 25_000;

export async function runFlow(run: Run, line: Line, input: Json): Promise<Json> {
  let name: string | undefined = line.flow.StartAt;
  let value = input;
  for (let n = 0; name !== undefined; n += 1) {
    const exit: Exit = await runOne(run, line, `${line.prefix}${n}`, name, value);
    line.variables = { ...line.variables, ...exit.assigned };
    value = exit.output;
    name = exit.next;
  }
  return value;
}

async function runOne(run: Run, line: Line, key: string, name: string, input: Json): Promise<Exit> {
  const state = line.flow.States[name]!;
  if (run.execution.events.length > mostEvents) {
    throw new StateError(
      'States.Runtime',
      `The execution reached the maximum number of events (${mostEvents}).`,
    );
  }
  const entered = await step(
    run,
    line,
    `${key}:in`,
    () => ({ at: run.clock.now().getTime() }),
    () => [{ type: `${state.Type}StateEntered`, details: { name, ...inputDetails(input) } }],
  );
  const here: Here = { name, key, input, enteredAt: entered.at, enteredEvent: line.last };
  const left = run.execution.step<Exit>(`${key}:out`);
  if (left) {
    line.last = left.last;
    return left.value;
  }
  try {
    const exit = await runState(run, line, here, state);
    limited(exit.output, name);
    for (const assigned of Object.values(exit.assigned)) limited(assigned, name);
    return await step(
      run,
      line,
      `${key}:out`,
      () => exit,
      () => exited(state.Type, name, exit),
    );
  } catch (error) {
    throw await reported(run, line, here, error);
  }
}

function exited(type: string, name: string, exit: Exit): Draft[] {
  const details = { name, ...outputDetails(exit.output), ...assignedDetails(exit.assigned) };
  return [{ type: `${type}StateExited`, details }];
}

/** An evaluation that failed shows in the history, once. */
async function reported(run: Run, line: Line, here: Here, error: unknown): Promise<unknown> {
  if (!(error instanceof EvaluationError)) return error;
  await step(
    run,
    line,
    `${here.key}:bad`,
    () => null,
    () => [evaluationFailed(here.name, error)],
  );
  return new StateError(error.error, error.detail);
}
