import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StateError } from '../../../local/stepfunctions/errors.ts';
import { matches, nextRetry } from '../../../local/stepfunctions/guard.ts';
import { bench, flow, invoke, named, only, start, types } from './support.ts';

describe('an error name matches', () => {
  // [name in ErrorEquals, error, does it match]
  test.each([
    ['Mine', 'Mine', true],
    ['Mine', 'Mine2', false],
    ['Transient*', 'TransientBusy', false],
    ['States.ALL', 'Mine', true],
    ['States.ALL', undefined, true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.QueryEvaluationError', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'Mine', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.HeartbeatTimeout', false],
    ['States.TaskFailed', 'States.DataLimitExceeded', false],
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
  ])('%s for %s: %s', (name, error, expected) => {
    expect(matches([name], error)).toBe(expected);
  });
});

describe('the delay of a retry', () => {
  const error = new StateError('E', '');

  test('grows by BackoffRate, up to MaxDelaySeconds, MaxAttempts times', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 1, max: 4, noNaN: true }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 1000 }),
        (IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds) => {
          const retrier = { ErrorEquals: ['E'], IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds };
          for (let spent = 0; spent <= MaxAttempts; spent += 1) {
            const retry = nextRetry([retrier], error, [spent], Math.random);
            if (spent === MaxAttempts) expect(retry).toBeUndefined();
            else
              expect(retry!.delaySeconds).toBe(
                Math.min(IntervalSeconds * BackoffRate ** spent, MaxDelaySeconds),
              );
          }
        },
      ),
    ));

  test('with FULL jitter lies between nothing and all of it', () => {
    const retrier = { ErrorEquals: ['E'], IntervalSeconds: 8, JitterStrategy: 'FULL' as const };
    expect(nextRetry([retrier], error, [1], () => 0.25)!.delaySeconds).toBe(4);
    expect(nextRetry([retrier], error, [], () => 0)!.delaySeconds).toBe(0);
  });

  test('is 1, 2, 4 s and then over where nothing is said', () => {
    const retrier = { ErrorEquals: ['E'] };
    const delays = [0, 1, 2, 3].map(
      (spent) => nextRetry([retrier], error, [spent], Math.random)?.delaySeconds,
    );
    expect(delays).toEqual([1, 2, 4, undefined]);
  });

  test('is counted per retrier, and only the first that matches counts', () => {
    const retriers = [
      { ErrorEquals: ['E'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 5 },
    ];
    expect(nextRetry(retriers, error, [1, 0], Math.random)).toBeUndefined();
    expect(nextRetry(retriers, new StateError('F', ''), [1, 4], Math.random)?.retrier).toBe(1);
  });
});

const task = (fields: object) => ({
  Type: 'Task',
  Resource: invoke,
  Arguments: { FunctionName: 'work', Payload: '{% $states.context.State.RetryCount %}' },
  ...fields,
});
/** Fails with the given errors, one per call, then succeeds. */
const failing = (errors: string[]) => {
  const left = [...errors];
  return {
    work: () => {
      const name = left.shift();
      if (name) throw named(name);
      return 'done';
    },
  };
};

describe('a Task that fails', () => {
  test('is tried again after the interval, and says which try it is', async () => {
    const it = await bench({ functions: failing(['TransientA', 'TransientA']) });
    const done = await it.runToEnd(
      only(task({ Retry: [{ ErrorEquals: ['TransientA'], IntervalSeconds: 10 }] })),
    );
    expect(done.status).toBe('SUCCEEDED');
    expect(done.stopDate!.getTime() - start.getTime()).toBe(30_000);
    expect(it.calls.work).toEqual([0, 1, 2]);
    expect(types(await it.history(done.executionArn!))).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered'],
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed'],
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed'],
      ...['TaskScheduled', 'TaskStarted', 'TaskSucceeded'],
      ...['TaskStateExited', 'ExecutionSucceeded'],
    ]);
  });

  test('is caught once its retries are spent', async () => {
    const it = await bench({ functions: failing(['A', 'B', 'A', 'A', 'C']) });
    const done = await it.runToEnd(
      flow({
        It: task({
          Retry: [
            { ErrorEquals: ['A'], MaxAttempts: 2 },
            { ErrorEquals: ['B'], MaxAttempts: 1 },
          ],
          Catch: [
            { ErrorEquals: ['B'], Next: 'Never' },
            {
              ErrorEquals: ['A'],
              Next: 'Caught',
              Assign: { why: '{% $states.errorOutput.Error %}' },
              Output: { e: '{% $states.errorOutput %}', i: '{% $states.input %}' },
            },
            { ErrorEquals: ['States.ALL'], Next: 'Never' },
          ],
          Next: 'Never',
        }),
        Caught: {
          Type: 'Succeed',
          Output: [
            '{% $why %}',
            '{% $states.input.e.Error %}',
            '{% $parse($states.input.e.Cause).errorMessage %}',
            '{% $states.input.i %}',
          ],
        },
        Never: { Type: 'Fail' },
      }),
      5,
    );
    expect(JSON.parse(done.output!)).toEqual(['A', 'A', 'as the test wants it', 5]);
    expect(it.calls.work).toHaveLength(4);
  });

  test('gives its catcher the error output where the catcher has no Output', async () => {
    const { runToEnd } = await bench({ functions: failing(['A']) });
    const done = await runToEnd(
      flow({
        It: task({ Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'C' }], End: true }),
        C: { Type: 'Succeed' },
      }),
    );
    expect(JSON.parse(done.output!)).toEqual({ Error: 'A', Cause: expect.stringContaining('errorMessage') });
  });

  test('fails the execution with its error and cause where nobody catches', async () => {
    const it = await bench({ functions: failing(['A']) });
    const done = await it.runToEnd(only(task({})));
    expect([done.status, done.error, JSON.parse(done.cause!).errorType]).toEqual(['FAILED', 'A', 'A']);
  });

  test('is tried again when its Output cannot be evaluated', async () => {
    const it = await bench({ functions: failing([]) });
    const Retry = [{ ErrorEquals: ['States.QueryEvaluationError'], MaxAttempts: 1 }];
    const done = await it.runToEnd(only(task({ Retry, Output: '{% $states.result.Payload.none %}' })));
    expect([done.status, done.error]).toEqual(['FAILED', 'States.QueryEvaluationError']);
    expect(it.calls.work).toHaveLength(2);
    const failed = (await it.history(done.executionArn!)).filter(
      (event) => event.type === 'EvaluationFailed',
    );
    expect(failed.map((event) => event.evaluationFailedEventDetails)).toMatchObject([
      { location: 'Output', state: 'It', error: 'States.QueryEvaluationError' },
      {
        cause:
          "An error occurred while executing the state 'It' (entered at the event id #2). The JSONata expression '$states.result.Payload.none' specified for the field 'Output' returned nothing (undefined).",
      },
    ]);
  });

  test('fails where its catcher cannot be evaluated', async () => {
    const it = await bench({ functions: failing(['A']) });
    const Catch = [{ ErrorEquals: ['States.ALL'], Output: '{% $nowhere %}', Next: 'C' }];
    const done = await it.runToEnd(flow({ It: task({ Catch, End: true }), C: { Type: 'Succeed' } }));
    expect([done.status, done.error]).toEqual(['FAILED', 'States.QueryEvaluationError']);
    expect(done.cause).toContain('Catch[0]/Output');
  });

  test('times out at TimeoutSeconds though its function hangs, and the late answer changes nothing', async () => {
    let answer = (_: null) => {};
    const work = () =>
      new Promise<null>((resolve) => {
        answer = resolve;
      });
    const it = await bench({ functions: { work }, patienceMs: 500 });
    const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'C' }];
    const { executionArn } = await it.run(
      flow({ It: task({ TimeoutSeconds: 5, Catch, End: true }), C: { Type: 'Succeed' } }),
    );
    await it.clock.advance({ seconds: 5 });
    answer(null);
    await it.clock.settled();
    const done = await it.describe(executionArn!);
    expect([done.status, done.output]).toEqual(['SUCCEEDED', '{"Error":"States.Timeout","Cause":""}']);
    expect(types(await it.history(executionArn!))).toContain('TaskTimedOut');
  });
});

describe('an execution', () => {
  test('times out at its own TimeoutSeconds, whatever its states allow', async () => {
    const it = await bench();
    const done = await it.runToEnd({ TimeoutSeconds: 60, ...only({ Type: 'Wait', Seconds: 61 }) });
    expect([done.status, done.error]).toEqual(['TIMED_OUT', 'States.Timeout']);
    expect(done.stopDate!.getTime() - start.getTime()).toBe(60_000);
    expect(types(await it.history(done.executionArn!)).at(-1)).toBe('ExecutionTimedOut');
  });
});

describe('256 KiB', () => {
  const big = 'ñ'.repeat(131_072);
  const grow = { Output: "{% $join([1..4].$pad('', 65537, 'x')) %}" };

  test('is the most that a function may answer', async () => {
    const { runToEnd } = await bench({ functions: { work: () => big } });
    const done = await runToEnd(only(task({ Catch: [], Retry: [{ ErrorEquals: ['States.ALL'] }] })));
    expect([done.status, done.error]).toEqual(['FAILED', 'States.DataLimitExceeded']);
  });

  test('is the most that a state may give, and its own name catches it', async () => {
    const { runToEnd } = await bench({ functions: { work: () => 'x' } });
    const caught = (name: string) =>
      runToEnd(
        flow({
          It: task({ ...grow, Catch: [{ ErrorEquals: [name], Next: 'C' }], End: true }),
          C: { Type: 'Succeed' },
        }),
      );
    expect((await caught('States.ALL')).error).toBe('States.DataLimitExceeded');
    expect((await caught('States.DataLimitExceeded')).status).toBe('SUCCEEDED');
    expect((await runToEnd(only({ Type: 'Pass', ...grow }))).error).toBe('States.DataLimitExceeded');
    expect((await runToEnd(only({ Type: 'Pass', Assign: { v: grow.Output } }))).error).toBe(
      'States.DataLimitExceeded',
    );
  });

  test('is the most that a function may be sent', async () => {
    const { runToEnd, calls } = await bench({ functions: { work: () => 'x' } });
    const done = await runToEnd(only(task({ Arguments: { FunctionName: 'work', Payload: grow.Output } })));
    expect([done.error, calls.work]).toEqual(['States.DataLimitExceeded', undefined]);
  });
});
