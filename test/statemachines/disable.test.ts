// The disable workflow as deployed, on the local engine: whom a silent operator holds up, how long it is tried, and
// what is left behind when it is given up. What one attempt is stands in test/functions/forward-disable.test.ts.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { messagePolicy, outboxPolicy } from '../../core/policy.ts';
import type {
  ForwardDisableInput,
  ForwardDisableOutcome,
} from '../../functions/forward-disable/forward-disable.ts';
import { substitute } from '../../local/stepfunctions/substitute.ts';
import { type Bench, bench, named } from '../local/stepfunctions/support.ts';
import { outcomesIn } from './lint.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../statemachines/disable.asl.json'), 'utf8');
const definition = JSON.parse(substitute(text, { ForwardDisableFunctionArn: 'ForwardDisable' })) as object;
const hour = 3600;
const day = 24 * hour;

/** What one operator says to an attempt; `it.clock` tells when. */
type Answers = (input: ForwardDisableInput) => void;

/** @param random of the jitter: 0.5 is its mean, and 1 the longest that an attempt may wait. */
async function begin(operators: string[], answers: Answers, random = 0.5) {
  const told: string[] = [];
  const undelivered: ForwardDisableInput[] = [];
  const attempts = new Map<string, number>();
  const ForwardDisable = (input: ForwardDisableInput): ForwardDisableOutcome => {
    if (input.gaveUp !== undefined) {
      undelivered.push(input);
      return { outcome: 'NOT_DELIVERED' };
    }
    attempts.set(input.operator, (attempts.get(input.operator) ?? 0) + 1);
    answers(input);
    told.push(input.operator);
    return { outcome: 'TOLD' };
  };
  const it = await bench({ functions: { ForwardDisable }, random: () => random });
  const { executionArn } = await it.run(definition, { disableId: 'D1', operators });
  return { it, executionArn: executionArn!, told, undelivered, attempts };
}

const silent = () => {
  throw named('TransientOperatorSilent');
};
const state = async ({ it, executionArn }: { it: Bench; executionArn: string }) => {
  const { status, error } = await it.describe(executionArn);
  return error === undefined ? status : `${status} ${error}`;
};

test('a Choice compares only what the step before it can say', () => {
  expect(outcomesIn(text)).toEqual({ AllTold: ['TOLD'] satisfies ForwardDisableOutcome['outcome'][] });
});

test.each([[[]], [['B1']], [['B1', 'B2', 'B3']]])(
  'the operators %j are told once each',
  async (operators) => {
    const run = await begin(operators, () => undefined);
    expect(await state(run)).toBe('SUCCEEDED');
    expect(run.told).toEqual(operators);
    expect(run.it.calls.ForwardDisable ?? []).toEqual(
      operators.map((operator) => ({ disableId: 'D1', operator })),
    );
  },
);

test('an operator that answers 500 for a day is told within the hour after it', async () => {
  let up = false;
  const run = await begin(['B1'], () => up || silent());
  await run.it.clock.advance({ seconds: day });
  expect([await state(run), run.told]).toEqual(['RUNNING', []]);
  up = true;
  await run.it.clock.advance({ seconds: hour });
  expect([await state(run), run.told, run.undelivered]).toEqual(['SUCCEEDED', ['B1'], []]);
});

test('one that is silent for days holds up no other, which is told at once', async () => {
  let up = false;
  const run = await begin(['B1', 'B2'], ({ operator }) => operator === 'B2' || up || silent());
  expect([await state(run), run.told]).toEqual(['RUNNING', ['B2']]);
  await run.it.clock.advance({ seconds: 3 * day });
  expect([await state(run), run.told]).toEqual(['RUNNING', ['B2']]);
  up = true;
  await run.it.clock.advance({ seconds: hour });
  expect([await state(run), run.told]).toEqual(['SUCCEEDED', ['B2', 'B1']]);
});

test('one that never answers is given up after four days, written down, and fails the execution by name', async () => {
  const run = await begin(['B1', 'B2'], ({ operator }) => operator === 'B2' || silent());
  await run.it.clock.advance({ seconds: outboxPolicy.deliver.giveUpAfterSeconds - hour });
  expect([await state(run), run.undelivered]).toEqual(['RUNNING', []]);
  await run.it.clock.advance({ seconds: 8 * hour });
  expect(await state(run)).toBe('FAILED DisableNotDelivered');
  expect(run.undelivered).toEqual([{ disableId: 'D1', operator: 'B1', gaveUp: 'TransientOperatorSilent' }]);
  expect(run.told).toEqual(['B2']);
});

test('a history of forty operators that all stay silent fits its 25,000 events', async () => {
  const run = await begin(['B1'], silent);
  await run.it.clock.advance({ seconds: 5 * day });
  // TaskScheduled, TaskStarted and TaskFailed of each.
  expect(40 * 3 * run.attempts.get('B1')!).toBeLessThan(25_000);
});

test('the last attempt comes before a message between nodes is too old, but for less than one in a thousand', () => {
  const { MaxAttempts, MaxDelaySeconds } = retrierIn(text);
  // Full jitter: each delay is uniform over (0, MaxDelaySeconds), so that their sum is close to normal.
  const mean = (MaxAttempts * MaxDelaySeconds) / 2;
  const deviation = MaxDelaySeconds * Math.sqrt(MaxAttempts / 12);
  expect(mean + 3 * deviation).toBeLessThan(messagePolicy.oldest.node / 1000);
});

test('a refusal of the operator is not said again: it is written down at once', async () => {
  const run = await begin(['B1'], () => {
    throw named('DisableRefused');
  });
  expect(await state(run)).toBe('FAILED DisableNotDelivered');
  expect([run.attempts.get('B1'), run.undelivered.map(({ gaveUp }) => gaveUp)]).toEqual([
    1,
    ['DisableRefused'],
  ]);
});

test('what cannot even be written down fails the execution, and holds up no other', async () => {
  const functions = {
    ForwardDisable: ({ operator }: ForwardDisableInput) => {
      if (operator === 'B1') throw named('TypeError');
      return { outcome: 'TOLD' };
    },
  };
  const it = await bench({ functions, random: () => 1 });
  const { executionArn } = await it.run(definition, { disableId: 'D1', operators: ['B1', 'B2'] });
  expect(await state({ it, executionArn: executionArn! })).toBe('FAILED DisableNotDelivered');
  expect(it.calls.ForwardDisable).toContainEqual({ disableId: 'D1', operator: 'B2' });
});

test('a disable that is started again, while it runs or after it ended, is told once', async () => {
  const calls: string[] = [];
  const it = await bench({
    functions: {
      ForwardDisable: ({ operator }: ForwardDisableInput) => {
        calls.push(operator);
        return { outcome: 'TOLD' };
      },
    },
  });
  const disableStateMachineArn = await it.create(definition);
  const targets = { stateMachineArn: 'unused', disableStateMachineArn, functions: {} as never };
  const { startDisable } = executions(it.client, undefined as never, targets);
  await startDisable('D1', ['B1']);
  await startDisable('D1', ['B1']);
  await it.clock.settled();
  await startDisable('D1', ['B1']);
  await it.clock.settled();
  expect(calls).toEqual(['B1']);
  const other = { stateMachineArn: disableStateMachineArn, name: 'D1', input: '{}' };
  await expect(it.client.send(new StartExecutionCommand(other))).rejects.toThrow(ExecutionAlreadyExists);
});

interface Retrier {
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds: number;
}

function retrierIn(asl: string): Retrier {
  const { States } = JSON.parse(asl) as {
    States: { TellOperators: { ItemProcessor: { States: { ForwardDisable: { Retry: [Retrier] } } } } };
  };
  return States.TellOperators.ItemProcessor.States.ForwardDisable.Retry[0];
}
