// What does each state do? Pass, Wait, Choice, Succeed and Fail here; Task and Map, which may be tried again, stand in
// attempts.ts.

import { runAttempts } from './attempts.ts';
import type { ChoiceState, FailState, State, WaitState } from './definition.ts';
import { EvaluationError, StateError } from './errors.ts';
import { evaluateAs } from './expression.ts';
import { leave } from './leave.ts';
import { asker, bindings, type Exit, type Here, type Line, type Run, step } from './run.ts';
import { isTimestamp } from './validate-state.ts';

export async function runState(run: Run, line: Line, here: Here, state: State): Promise<Exit> {
  switch (state.Type) {
    case 'Task':
    case 'Map':
      return runAttempts(run, line, here, state);
    case 'Pass':
      return leave(run, line, here, state, state.Next);
    case 'Wait':
      await wait(run, line, here, state);
      return leave(run, line, here, state, state.Next);
    case 'Choice':
      return choose(run, line, here, state);
    case 'Succeed':
      return leave(run, line, here, state, undefined);
    case 'Fail':
      throw await failure(run, line, here, state);
  }
}

async function wait(run: Run, line: Line, here: Here, state: WaitState): Promise<void> {
  const until = await step(run, line, `${here.key}:until`, async () => {
    const seen = bindings(run, line, here);
    if (state.Timestamp !== undefined) {
      const time = await evaluateAs('string', state.Timestamp, 'Timestamp', seen, asker(run, here));
      if (isTimestamp(time)) return Date.parse(time);
      throw new EvaluationError('Timestamp', `'${String(time)}' is not an RFC 3339 time`);
    }
    const seconds = await evaluateAs('integer', state.Seconds!, 'Seconds', seen, asker(run, here));
    return here.enteredAt + Math.max(0, seconds as number) * 1000;
  });
  await run.busy.park(run.clock.sleepUntil(new Date(until), line.signal));
}

async function choose(run: Run, line: Line, here: Here, state: ChoiceState): Promise<Exit> {
  const seen = bindings(run, line, here);
  for (const [index, rule] of state.Choices.entries()) {
    const at = `Choices[${index}]/`;
    if (await evaluateAs('boolean', rule.Condition, `${at}Condition`, seen, asker(run, here))) {
      return leave(run, line, here, rule, rule.Next, { at });
    }
  }
  if (state.Default !== undefined) return leave(run, line, here, {}, state.Default);
  throw new StateError('States.NoChoiceMatched', `No choice rule of '${here.name}' matched`);
}

async function failure(run: Run, line: Line, here: Here, state: FailState): Promise<StateError> {
  const seen = bindings(run, line, here);
  const text = async (field: 'Error' | 'Cause') =>
    state[field] === undefined
      ? undefined
      : ((await evaluateAs('string', state[field], field, seen, asker(run, here))) as string);
  return new StateError(await text('Error'), await text('Cause'));
}
