import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateStateMachineCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/clock.ts';
import {
  bench,
  type Functions,
  flow,
  invoke,
  named,
  only,
  role,
  sdkClient,
  start,
  types,
  waitForToken,
} from './support.ts';

const journalOf = (folder: string) => join(folder, 'stepfunctions.journal');
const folder = () => mkdtempSync(join(tmpdir(), 'restart-'));
const frozen = () => new VirtualClock({ start, frozen: true });
const ask = {
  Type: 'Task',
  Resource: waitForToken,
  Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
  TimeoutSeconds: 3600,
};

describe('killed with SIGKILL while it waits for a person', () => {
  test('goes on after a restart, and the old token still works', async () => {
    const dataFolder = folder();
    const child = spawn(process.execPath, [resolve(import.meta.dirname, 'engine-process.ts'), dataFolder]);
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout });
    const client = sdkClient(String((await once(lines, 'line'))[0]));
    const tokenLine = once(lines, 'line');
    const definition = JSON.stringify({
      QueryLanguage: 'JSONata',
      ...flow({
        Before: { Type: 'Pass', Assign: { kept: 'yes' }, Next: 'Ask' },
        Ask: { ...ask, Output: ['{% $kept %}', '{% $states.result %}'], End: true },
      }),
    });
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({ name: 'M', definition, roleArn: role }),
    );
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, name: 'one' }));
    const token = String((await tokenLine)[0]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    client.destroy();

    const it = await bench({ dataFolder, clock: frozen(), functions: { ask: () => null } });
    await it.clock.settled();
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    await it.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '"CONFIRMED"' }));
    await it.clock.settled();
    expect((await it.describe(executionArn!)).output).toBe('["yes","CONFIRMED"]');
    await expect(
      it.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' })),
    ).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  test('an answer that was acknowledged is not forgotten', async () => {
    const dataFolder = folder();
    const first = await bench({ dataFolder, functions: { ask: () => null } });
    const { executionArn } = await first.run(only(ask));
    await first.client.send(
      new SendTaskSuccessCommand({ taskToken: first.calls.ask![0] as string, output: '7' }),
    );
    // What the disk holds at the moment of the answer is what a killed process leaves.
    const other = folder();
    copyFileSync(journalOf(dataFolder), journalOf(other));
    const second = await bench({ dataFolder: other, clock: first.clock });
    await second.clock.settled();
    expect((await second.describe(executionArn!)).output).toBe('7');
  });
});

describe('after a restart', () => {
  test('timers go on, and those that fell due meanwhile fall due at once', async () => {
    const dataFolder = folder();
    const first = await bench({ dataFolder });
    const short = await first.run(only({ Type: 'Wait', Seconds: 60 }));
    const long = await first.run(only({ Type: 'Wait', Seconds: 7200 }));
    await first.engine.stop();
    const clock = new VirtualClock({ start: new Date(start.getTime() + 3_600_000), frozen: true });
    const second = await bench({ dataFolder, clock });
    await clock.settled();
    expect((await second.describe(short.executionArn!)).status).toBe('SUCCEEDED');
    expect((await second.describe(long.executionArn!)).status).toBe('RUNNING');
    await clock.advance({ seconds: 3600 });
    expect((await second.describe(long.executionArn!)).status).toBe('SUCCEEDED');
  });

  test('a function that was running is invoked again, with the same token', async () => {
    const dataFolder = folder();
    const hangs: Functions = {
      ask: () => new Promise(() => undefined),
      work: () => new Promise(() => undefined),
    };
    const first = await bench({ dataFolder, functions: hangs, patienceMs: 500 });
    await first.run(only(ask));
    const work = await first.run(
      only({
        Type: 'Task',
        Resource: invoke,
        Arguments: { FunctionName: 'work' },
        Output: '{% $states.result.Payload %}',
      }),
    );
    await first.engine.stop();
    const second = await bench({
      dataFolder,
      clock: frozen(),
      functions: { ask: () => null, work: () => 'second' },
    });
    await second.clock.settled();
    expect(second.calls.ask).toEqual(first.calls.ask);
    expect((await second.describe(work.executionArn!)).output).toBe('"second"');
  });

  test('what was submitted is not invoked again, and its deadline stands', async () => {
    const dataFolder = folder();
    const first = await bench({ dataFolder, functions: { ask: () => null } });
    const { executionArn } = await first.run(only(ask));
    await first.clock.advance({ seconds: 3000 });
    await first.engine.stop();
    const second = await bench({ dataFolder, clock: first.clock });
    await second.clock.settled();
    expect(second.calls.ask).toBeUndefined();
    await second.clock.advance({ seconds: 599 });
    expect((await second.describe(executionArn!)).status).toBe('RUNNING');
    await second.clock.advance({ seconds: 1 });
    expect((await second.describe(executionArn!)).error).toBe('States.Timeout');
  });

  test('what was judged stays judged, though an expression would now say otherwise', async () => {
    const dataFolder = folder();
    const first = await bench({ dataFolder, functions: { work: () => null } });
    const late = start.getTime() + 60_000;
    const { executionArn } = await first.run(
      only({
        Type: 'Task',
        Resource: invoke,
        Arguments: { FunctionName: 'work' },
        Output: `{% $millis() < ${late} ? $error('early') : $states.context.State.RetryCount %}`,
        Retry: [{ ErrorEquals: ['States.QueryEvaluationError'], IntervalSeconds: 3600 }],
      }),
    );
    await first.clock.advance({ seconds: 100 });
    await first.engine.stop();
    const second = await bench({ dataFolder, clock: first.clock, functions: { work: () => null } });
    await second.clock.settled();
    expect((await second.describe(executionArn!)).status).toBe('RUNNING');
    await second.clock.advance({ seconds: 3600 });
    expect((await second.describe(executionArn!)).output).toBe('1');
  });

  test('names and definitions are as before', async () => {
    const dataFolder = folder();
    const first = await bench({ dataFolder });
    const arn = await first.create(only({ Type: 'Pass' }), 'Kept');
    const begin = (it: typeof first) =>
      it.client.send(new StartExecutionCommand({ stateMachineArn: arn, name: 'one' }));
    const executionArn = (await begin(first)).executionArn!;
    await first.clock.settled();
    const before = await first.history(executionArn);
    await first.engine.stop();
    const second = await bench({ dataFolder, clock: frozen() });
    await expect(begin(second)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    expect(await second.history(executionArn)).toEqual(before);
  });
});

/** Everything at once: variables, a Map with retries and waits, a choice, an error that is caught. */
const everything = {
  TimeoutSeconds: 86_400,
  ...flow({
    Begin: { Type: 'Pass', Assign: { base: 100 }, Next: 'Each' },
    Each: {
      Type: 'Map',
      MaxConcurrency: 2,
      ItemProcessor: flow({
        Rest: { Type: 'Wait', Seconds: '{% $states.input * 10 %}', Next: 'Work' },
        Work: {
          Type: 'Task',
          Resource: invoke,
          Arguments: {
            FunctionName: 'work',
            Payload: { n: '{% $states.input %}', try: '{% $states.context.State.RetryCount %}' },
          },
          Retry: [{ ErrorEquals: ['TransientBusy'], IntervalSeconds: 7 }],
          Output: '{% $base + $states.result.Payload %}',
          End: true,
        },
      }),
      Assign: { sums: '{% $states.result %}' },
      Next: 'Refused',
    },
    Refused: {
      Type: 'Map',
      Items: ['a', 'b', 'c'],
      ItemProcessor: flow({
        Which: {
          Type: 'Choice',
          Choices: [{ Condition: "{% $states.input = 'b' %}", Next: 'Bad' }],
          Default: 'Linger',
        },
        Linger: { Type: 'Wait', Seconds: 1000, End: true },
        Bad: { Type: 'Fail', Error: 'Refused' },
      }),
      Catch: [{ ErrorEquals: ['Refused'], Output: '{% $states.errorOutput.Error %}', Next: 'End' }],
      Next: 'End',
    },
    End: { Type: 'Succeed', Output: { error: '{% $states.input %}', sums: '{% $sums %}' } },
  }),
};
const functions: Functions = {
  work: (given: { n: number; try: number }) => {
    if (given.n === 2 && given.try < 2) throw named('TransientBusy');
    return given.n;
  },
};

test('cut off after any record of the journal, an execution comes to the same end', async () => {
  const whole = await bench({ functions });
  const done = await whole.runToEnd(everything, [1, 2, 3]);
  expect(JSON.parse(done.output!)).toEqual({ error: 'Refused', sums: [101, 102, 103] });
  const events = types(await whole.history(done.executionArn!)).toSorted();
  await whole.engine.stop();
  const lines = readFileSync(journalOf(whole.dataFolder), 'utf8').trimEnd().split('\n');
  const started = lines.findIndex((line) => line.includes('"kind":"start"'));
  expect(lines.length - started).toBeGreaterThan(40);
  for (let kept = started + 1; kept < lines.length; kept += 1) {
    const dataFolder = folder();
    writeFileSync(journalOf(dataFolder), `${lines.slice(0, kept).join('\n')}\n`);
    const again = await bench({ dataFolder, functions, clock: frozen() });
    await again.clock.advance({ seconds: 86_400 });
    const end = await again.describe(done.executionArn!);
    expect([kept, end.status, end.output]).toEqual([kept, 'SUCCEEDED', done.output]);
    expect([kept, ...types(await again.history(done.executionArn!)).toSorted()]).toEqual([kept, ...events]);
    await again.engine.stop();
  }
});
