import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { newToken } from '../../../local/stepfunctions/token.ts';
import { type Bench, bench, flow, named, only, types, waitForToken } from './support.ts';

const ask = (fields: object = {}) => ({
  Type: 'Task',
  Resource: waitForToken,
  Arguments: {
    FunctionName: 'ask',
    Payload: {
      taskToken: '{% $states.context.Task.Token %}',
      retry: '{% $states.context.State.RetryCount %}',
    },
  },
  TimeoutSeconds: 100,
  ...fields,
});
const functions = { ask: () => 'asked' };
const tokens = (it: Bench) => it.calls.ask!.map((call) => (call as { taskToken: string }).taskToken);
const succeed = (it: Bench, taskToken: string, output = '{"outcome":"CONFIRMED"}') =>
  it.client.send(new SendTaskSuccessCommand({ taskToken, output }));
const fail = (it: Bench, taskToken: string, error?: string, cause?: string) =>
  it.client.send(new SendTaskFailureCommand({ taskToken, error, cause }));
const beat = (it: Bench, taskToken: string) => it.client.send(new SendTaskHeartbeatCommand({ taskToken }));

describe('a state that waits for a task token', () => {
  test('goes on with what SendTaskSuccess brings', async () => {
    const it = await bench({ functions });
    const { executionArn, status } = await it.run(only(ask({ Output: '{% $states.result.outcome %}' })));
    expect(status).toBe('RUNNING');
    await succeed(it, tokens(it)[0]!);
    await it.clock.settled();
    expect(await it.describe(executionArn!)).toMatchObject({ status: 'SUCCEEDED', output: '"CONFIRMED"' });
    expect(types(await it.history(executionArn!))).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test('may be answered before its function has returned', async () => {
    const it: Bench = await bench({
      functions: { ask: async ({ taskToken }: { taskToken: string }) => void (await succeed(it, taskToken)) },
    });
    expect((await it.run(only(ask()))).status).toBe('SUCCEEDED');
  });

  test('fails with the error that SendTaskFailure names', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(only(ask()));
    await fail(it, tokens(it)[0]!, 'Mine', 'because');
    await it.clock.settled();
    expect(await it.describe(executionArn!)).toMatchObject({
      status: 'FAILED',
      error: 'Mine',
      cause: 'because',
    });
  });

  test('gives null error and cause to its catcher where SendTaskFailure names none', async () => {
    const it = await bench({ functions });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After' }];
    const { executionArn } = await it.run(
      flow({ It: ask({ Catch, End: true }), After: { Type: 'Succeed' } }),
    );
    await fail(it, tokens(it)[0]!);
    await it.clock.settled();
    expect((await it.describe(executionArn!)).output).toBe('{"Error":null,"Cause":null}');
  });

  test('fails with the error of its function', async () => {
    const it = await bench({
      functions: {
        ask: () => {
          throw named('TransientBusy', 'later');
        },
      },
    });
    const done = await it.run(only(ask()));
    expect([done.status, done.error]).toEqual(['FAILED', 'TransientBusy']);
    await expect(succeed(it, tokens(it)[0]!)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  test('times out at TimeoutSeconds, which its own catcher handles', async () => {
    const it = await bench({ functions });
    const Catch = [{ ErrorEquals: ['States.Timeout'], Output: { outcome: 'NO_ANSWER' }, Next: 'After' }];
    const { executionArn } = await it.run(
      flow({ It: ask({ Catch, End: true }), After: { Type: 'Succeed' } }),
    );
    await it.clock.advance({ seconds: 99 });
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    await it.clock.advance({ seconds: 1 });
    expect((await it.describe(executionArn!)).output).toBe('{"outcome":"NO_ANSWER"}');
    await expect(succeed(it, tokens(it)[0]!)).rejects.toMatchObject({
      name: 'TaskTimedOut',
      message: "Task Timed Out: 'Provided task does not exist anymore'",
    });
  });

  test('takes its timeout from a JSONata number, not from a string', async () => {
    const it = await bench({ functions });
    const good = await it.run(only(ask({ TimeoutSeconds: '{% 60 * 60 %}' })));
    await it.clock.advance({ seconds: 3600 });
    expect((await it.describe(good.executionArn!)).error).toBe('States.Timeout');
    const bad = await it.run(only(ask({ TimeoutSeconds: "{% '3600' %}" })));
    expect(bad.error).toBe('States.QueryEvaluationError');
    const zero = await it.run(only(ask({ TimeoutSeconds: '{% 0 %}' })));
    expect(zero.error).toBe('States.QueryEvaluationError');
  });

  test('gets a new token on each attempt, and the one before is worth nothing', async () => {
    const it = await bench({ functions });
    const Retry = [{ ErrorEquals: ['TransientBusy'], IntervalSeconds: 10 }];
    const { executionArn } = await it.run(only(ask({ Retry })));
    await fail(it, tokens(it)[0]!, 'TransientBusy');
    await it.clock.advance({ seconds: 10 });
    expect(it.calls.ask).toMatchObject([{ retry: 0 }, { retry: 1 }]);
    const [first, second] = tokens(it) as [string, string];
    expect(first).not.toBe(second);
    await expect(succeed(it, first)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await succeed(it, second);
    await it.clock.settled();
    expect((await it.describe(executionArn!)).status).toBe('SUCCEEDED');
  });

  test('counts its timeout anew on each attempt', async () => {
    const it = await bench({ functions });
    const Retry = [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 50, MaxAttempts: 1 }];
    const { executionArn } = await it.run(only(ask({ Retry })));
    await it.clock.advance({ seconds: 249 });
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    await it.clock.advance({ seconds: 1 });
    expect((await it.describe(executionArn!)).error).toBe('States.Timeout');
  });
});

describe('a heartbeat', () => {
  const patient = only(ask({ HeartbeatSeconds: 10 }));

  test('keeps the task alive', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(patient);
    for (let n = 0; n < 9; n += 1) {
      await it.clock.advance({ seconds: 9 });
      await beat(it, tokens(it)[0]!);
    }
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    await succeed(it, tokens(it)[0]!);
    await it.clock.settled();
    expect((await it.describe(executionArn!)).status).toBe('SUCCEEDED');
  });

  test('that does not come ends it with States.HeartbeatTimeout', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(patient);
    await it.clock.advance({ seconds: 9 });
    await beat(it, tokens(it)[0]!);
    await it.clock.advance({ seconds: 9 });
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    await it.clock.advance({ seconds: 1 });
    expect((await it.describe(executionArn!)).error).toBe('States.HeartbeatTimeout');
    await expect(beat(it, tokens(it)[0]!)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  test('does not outlast TimeoutSeconds', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(only(ask({ HeartbeatSeconds: 90 })));
    await it.clock.advance({ seconds: 80 });
    await beat(it, tokens(it)[0]!);
    await it.clock.advance({ seconds: 20 });
    expect((await it.describe(executionArn!)).error).toBe('States.Timeout');
  });
});

describe('a token', () => {
  test('counts once: the second answer is told that the task is gone', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(only(ask()));
    const answers = await Promise.allSettled([
      succeed(it, tokens(it)[0]!, '1'),
      succeed(it, tokens(it)[0]!, '2'),
      fail(it, tokens(it)[0]!, 'Late'),
    ]);
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    await it.clock.settled();
    const done = await it.describe(executionArn!);
    expect([done.status, done.output]).toEqual(['SUCCEEDED', '1']);
  });

  test('is refused where it is none, unknown, or of a stopped execution', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(only(ask()));
    for (const junk of [
      'x',
      newToken().slice(4),
      `${newToken()}A`,
      newToken().replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
    ]) {
      await expect(succeed(it, junk)).rejects.toMatchObject({ name: 'InvalidToken' });
    }
    await expect(succeed(it, newToken())).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
    await it.client.send(new StopExecutionCommand({ executionArn, error: 'Stop', cause: 'enough' }));
    await expect(succeed(it, tokens(it)[0]!)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await it.clock.settled();
    expect(await it.describe(executionArn!)).toMatchObject({
      status: 'ABORTED',
      error: 'Stop',
      cause: 'enough',
    });
    expect(types(await it.history(executionArn!)).at(-1)).toBe('ExecutionAborted');
  });

  test('is not used up by an output that is no JSON or too long', async () => {
    const it = await bench({ functions });
    const { executionArn } = await it.run(only(ask()));
    for (const output of ['{', 'CONFIRMED', JSON.stringify('x'.repeat(262_144))]) {
      await expect(succeed(it, tokens(it)[0]!, output)).rejects.toMatchObject({ name: 'InvalidOutput' });
    }
    await succeed(it, tokens(it)[0]!, 'null');
    await it.clock.settled();
    expect((await it.describe(executionArn!)).output).toBe('null');
  });

  test('breaks in a URL that does not escape it, as those of AWS do', () => {
    const many = Array.from({ length: 50 }, newToken).join('');
    expect(many).toContain('+');
    expect(many).toContain('/');
    expect(new Set(Array.from({ length: 50 }, newToken)).size).toBe(50);
  });
});
