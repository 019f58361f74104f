import { describe, expect, test } from 'vitest';
import type { Json } from '../../../local/stepfunctions/definition.ts';
import { bench, flow, invoke, only, start } from './support.ts';

interface Row {
  readonly rule: string;
  readonly definition: object;
  readonly input?: Json;
  /** What comes out, or the error it fails with. */
  readonly output?: Json;
  readonly error?: string;
}

const pass = (fields: object) => only({ Type: 'Pass', ...fields });
const output = (Output: Json) => pass({ Output });
const choice = (Choices: object[], Default?: string) =>
  flow({
    It: { Type: 'Choice', Choices, ...(Default ? { Default } : {}) },
    Yes: { Type: 'Pass', Output: 'yes', End: true },
    No: { Type: 'Pass', Output: 'no', End: true },
  });

const rows: readonly Row[] = [
  { rule: 'Pass gives its input', definition: pass({}), input: { a: 1 }, output: { a: 1 } },
  {
    rule: 'Output may be any JSON, with expressions anywhere',
    definition: output({ a: ['{% 1 + 1 %}', 'b'], c: null }),
    output: { a: [2, 'b'], c: null },
  },
  { rule: 'expressions may span lines and need no blanks', definition: output('{%\n 1\n+ 1%}'), output: 2 },
  {
    rule: '$states.input is the raw input',
    definition: output('{% $states.input.a[1] %}'),
    input: { a: [1, 2] },
    output: 2,
  },
  {
    rule: 'a string with quotes stays a string',
    definition: output("{% $states.input & '!' %}"),
    input: 'say "hi"',
    output: 'say "hi"!',
  },
  {
    rule: 'one match of a path is a value, several are an array',
    definition: output({ one: '{% $states.input.x[n=1].n %}', two: '{% $states.input.x.n %}' }),
    input: { x: [{ n: 1 }, { n: 2 }] },
    output: { one: 1, two: [1, 2] },
  },
  {
    rule: 'there is no context value at the top of an expression',
    definition: output('{% $ %}'),
    input: 1,
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'nothing is an error',
    definition: output('{% $states.input.missing %}'),
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'a function is no result',
    definition: output('{% function($x){$x} %}'),
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'a thrown JSONata error is an error',
    definition: output("{% $error('no') %}"),
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'an endless expression is an error',
    definition: output('{% ($f := function($n){ $f($n) + 1 }; $f(1)) %}'),
    error: 'States.QueryEvaluationError',
  },
  {
    rule: '$partition, $range, $hash and $parse exist',
    definition: output({
      p: '{% $partition([1,2,3],2) %}',
      r: '{% $range(1,7,3) %}',
      h: "{% $hash('a','SHA-256') %}",
      j: "{% $parse('[1]') %}",
    }),
    output: {
      p: [[1, 2], [3]],
      r: [1, 4, 7],
      h: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
      j: [1],
    },
  },
  {
    rule: '$random with a seed repeats itself, $uuid is one',
    definition: output(
      '{% $random(7) = $random(7) and $random(7) < 1 and $match($uuid(), /^[0-9a-f-]{36}$/).index = 0 %}',
    ),
    output: true,
  },
  {
    rule: '$now and $millis tell the time of the clock',
    definition: output({ n: '{% $now() %}', d: "{% $now('[D01]/[M01]/[Y0001]') %}", m: '{% $millis() %}' }),
    output: { n: '2026-01-01T00:00:00.000Z', d: '01/01/2026', m: start.getTime() },
  },
  {
    rule: 'the context object names execution, state and machine',
    definition: output({
      s: '{% $states.context.State.Name %}',
      e: '{% $states.context.Execution.Input.q %}',
      t: '{% $states.context.Execution.StartTime %}',
      c: '{% $states.context.State.EnteredTime %}',
      r: '{% $states.context.Execution.RedriveCount %}',
    }),
    input: { q: 1 },
    output: { s: 'It', e: 1, t: start.toISOString(), c: start.toISOString(), r: 0 },
  },
  {
    rule: 'variables are seen from the next state on',
    definition: flow({
      A: { Type: 'Pass', Assign: { x: '{% $states.input.n %}' }, Output: 'gone', Next: 'B' },
      B: { Type: 'Pass', Output: { x: '{% $x %}', i: '{% $states.input %}' }, End: true },
    }),
    input: { n: 3 },
    output: { x: 3, i: 'gone' },
  },
  {
    rule: 'Assign and Output see the variables from before',
    definition: flow({
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x + 10 %}' }, Output: '{% $x %}', Next: 'C' },
      C: { Type: 'Pass', Output: ['{% $states.input %}', '{% $x %}', '{% $y %}'], End: true },
    }),
    output: [1, 2, 11],
  },
  {
    rule: 'Choice takes the first rule that holds',
    definition: choice([
      { Condition: "{% $states.input.outcome = 'A' %}", Next: 'Yes' },
      { Condition: true, Next: 'No' },
    ]),
    input: { outcome: 'A' },
    output: 'yes',
  },
  {
    rule: 'Choice takes Default when no rule holds',
    definition: choice([{ Condition: "{% $states.input.outcome = 'A' %}", Next: 'Yes' }], 'No'),
    input: { outcome: 'B' },
    output: 'no',
  },
  {
    rule: 'Choice without a match and Default fails',
    definition: flow({
      It: { Type: 'Choice', Choices: [{ Condition: false, Next: 'Yes' }] },
      Yes: { Type: 'Succeed' },
    }),
    error: 'States.NoChoiceMatched',
  },
  {
    rule: 'a Condition that is no boolean is an error',
    definition: choice([{ Condition: '{% 1 %}', Next: 'Yes' }], 'No'),
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'a choice rule has its own Output and Assign',
    definition: flow({
      It: {
        Type: 'Choice',
        Choices: [{ Condition: true, Next: 'End', Output: '{% $states.input.a %}', Assign: { v: 2 } }],
      },
      End: { Type: 'Succeed', Output: ['{% $states.input %}', '{% $v %}'] },
    }),
    input: { a: 1 },
    output: [1, 2],
  },
  {
    rule: 'Succeed ends the execution with its Output',
    definition: flow({ It: { Type: 'Succeed', Output: { done: '{% $states.input %}' } } }),
    input: 4,
    output: { done: 4 },
  },
  {
    rule: 'Fail ends it with its error',
    definition: flow({ It: { Type: 'Fail', Error: "{% 'My' & 'Error' %}", Cause: 'why' } }),
    error: 'MyError',
  },
  {
    rule: 'Wait gives its input, then its Output',
    definition: flow({ W: { Type: 'Wait', Seconds: 5, Output: { w: '{% $states.input %}' }, End: true } }),
    input: 1,
    output: { w: 1 },
  },
  {
    rule: 'Wait takes seconds from an expression',
    definition: only({ Type: 'Wait', Seconds: '{% $states.input %}' }),
    input: 60,
    output: 60,
  },
  {
    rule: 'Wait takes a time from an expression',
    definition: only({ Type: 'Wait', Timestamp: '{% $states.input %}' }),
    input: '2026-03-01T00:00:00Z',
    output: '2026-03-01T00:00:00Z',
  },
  {
    rule: 'Wait does not wait for what is past',
    definition: only({ Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z' }),
    input: 1,
    output: 1,
  },
  {
    rule: 'Wait refuses a time that is none',
    definition: only({ Type: 'Wait', Timestamp: '{% $states.input %}' }),
    input: 'soon',
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'Wait refuses seconds in a string',
    definition: only({ Type: 'Wait', Seconds: '{% $states.input %}' }),
    input: '60',
    error: 'States.QueryEvaluationError',
  },
  {
    rule: 'Task gives $states.result with the Payload',
    definition: only({
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'echo', Payload: { v: '{% $states.input %}' } },
      Output: '{% $states.result.Payload %}',
    }),
    input: 7,
    output: { v: 7 },
  },
  {
    rule: 'Task takes its Arguments from an expression',
    definition: only({
      Type: 'Task',
      Resource: invoke,
      Arguments: "{% {'FunctionName': 'arn:aws:lambda:us-east-1:0:function:echo:live', 'Payload': 1} %}",
      Output: '{% $states.result.Payload + $states.result.StatusCode %}',
    }),
    output: 201,
  },
  {
    rule: 'Task without Payload sends an empty object',
    definition: only({
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'echo' },
      Output: '{% $states.result.Payload %}',
    }),
    output: {},
  },
  {
    rule: 'Task assigns from its result',
    definition: flow({
      A: {
        Type: 'Task',
        Resource: invoke,
        Arguments: { FunctionName: 'echo', Payload: 2 },
        Assign: { p: '{% $states.result.Payload %}' },
        Output: '{% $states.input %}',
        Next: 'B',
      },
      B: { Type: 'Pass', Output: '{% $p + $states.input %}', End: true },
    }),
    input: 1,
    output: 3,
  },
];

describe('a state', () => {
  test.each(rows)('$rule', async ({ definition, input = {}, output: expected, error }) => {
    const { runToEnd } = await bench({ functions: { echo: (payload) => payload } });
    const done = await runToEnd(definition, input);
    if (error) expect([done.status, done.error]).toEqual(['FAILED', error]);
    else
      expect([done.status, done.cause, JSON.parse(done.output ?? 'null')]).toEqual([
        'SUCCEEDED',
        undefined,
        expected,
      ]);
  });
});

describe('waiting', () => {
  test('ends exactly when the time comes', async () => {
    const { run, describe: ask, clock } = await bench();
    const { executionArn } = await run(only({ Type: 'Wait', Seconds: 3600 }));
    await clock.advance({ seconds: 3599 });
    expect((await ask(executionArn!)).status).toBe('RUNNING');
    await clock.advance({ seconds: 1 });
    const done = await ask(executionArn!);
    expect([done.status, done.stopDate]).toEqual(['SUCCEEDED', new Date(start.getTime() + 3_600_000)]);
  });

  test('a year of daily reminders passes in seconds', async () => {
    const { runToEnd, calls } = await bench({ functions: { remind: () => null } });
    const loop = flow({
      Start: { Type: 'Pass', Assign: { day: 0 }, Next: 'Night' },
      Night: { Type: 'Wait', Seconds: 86_400, Next: 'Remind' },
      Remind: {
        Type: 'Task',
        Resource: invoke,
        Arguments: { FunctionName: 'remind', Payload: '{% $day %}' },
        Assign: { day: '{% $day + 1 %}' },
        Next: 'Again',
      },
      Again: { Type: 'Choice', Choices: [{ Condition: '{% $day < 365 %}', Next: 'Night' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
    });
    const done = await runToEnd(loop);
    expect(done.status).toBe('SUCCEEDED');
    expect(done.stopDate!.getTime() - start.getTime()).toBe(365 * 86_400_000);
    expect(calls.remind).toHaveLength(365);
    // A year that waited for the wall would never come to its end here.
  });
});
