import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../local/stepfunctions/definition.ts';
import { bench, flow, invoke, named, only, types, waitForToken } from './support.ts';

const map = (processor: object, fields: object = {}) => ({
  Type: 'Map',
  ItemProcessor: processor,
  ...fields,
});
/** What an iteration does: one state, and no name of the outer flow. */
const each = (state: object) => flow({ One: { ...state, End: true } });
const work = (fields: object = {}) => ({
  Type: 'Task',
  Resource: invoke,
  Arguments: { FunctionName: 'work', Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...fields,
});
const ask = {
  Type: 'Task',
  Resource: waitForToken,
  Arguments: {
    FunctionName: 'ask',
    Payload: { token: '{% $states.context.Task.Token %}', item: '{% $states.input %}' },
  },
  TimeoutSeconds: 100,
  End: true,
};
const double = { functions: { work: (n: number) => 2 * n } };

describe('an inline Map', () => {
  test('gives the outputs of its iterations in the order of its items', async () => {
    const { runToEnd } = await bench(double);
    const done = await runToEnd(only(map(each(work()), { MaxConcurrency: 2 })), [3, 1, 2]);
    expect(done.output).toBe('[6,2,4]');
  });

  test('takes its items from Items and what each iteration gets from ItemSelector', async () => {
    const { runToEnd } = await bench();
    const ItemSelector = {
      item: '{% $states.context.Map.Item.Value %}',
      index: '{% $states.context.Map.Item.Index %}',
      all: '{% $count($states.input.list) %}',
    };
    const Items = '{% $states.input.list %}';
    const inner = each({
      Type: 'Pass',
      Output: ['{% $states.input %}', '{% $states.context.Map.Item.Value %}'],
    });
    const done = await runToEnd(only(map(inner, { Items, ItemSelector })), { list: ['a', 'b'] });
    expect(JSON.parse(done.output!)).toEqual([
      [{ item: 'a', index: 0, all: 2 }, 'a'],
      [{ item: 'b', index: 1, all: 2 }, 'b'],
    ]);
  });

  test('of nothing gives nothing', async () => {
    const it = await bench();
    const done = await it.runToEnd(only(map(each({ Type: 'Pass' }), { Items: [] })));
    expect(done.output).toBe('[]');
    expect(types(await it.history(done.executionArn!))).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test.each([
    ['1', 'number'],
    ["'a'", 'string'],
    ['null', 'null'],
    ["{'a':1}", 'object'],
  ])('refuses items that are no array: %s', async (source, type) => {
    const { runToEnd } = await bench();
    const done = await runToEnd(only(map(each({ Type: 'Pass' }), { Items: `{% ${source} %}` })));
    expect(done.error).toBe('States.QueryEvaluationError');
    expect(done.cause).toContain(
      `specified for the field 'Items' returned an unexpected result type. Expected 'array', but was '${type}'`,
    );
  });

  test('reads outer variables; its own end with the iteration', async () => {
    const { runToEnd } = await bench();
    const inner = flow({
      A: { Type: 'Pass', Assign: { total: '{% $base + $states.input %}' }, Next: 'B' },
      B: { Type: 'Pass', Output: '{% $total %}', End: true },
    });
    const done = await runToEnd(
      flow({
        Base: { Type: 'Pass', Assign: { base: 10 }, Next: 'Each' },
        Each: { ...map(inner, { Assign: { sums: '{% $states.result %}' } }), Next: 'After' },
        After: { Type: 'Pass', Output: { sums: '{% $sums %}', gone: '{% $exists($total) %}' }, End: true },
      }),
      [1, 2],
    );
    expect(JSON.parse(done.output!)).toEqual({ sums: [11, 12], gone: false });
  });

  test.each([
    [1, 1],
    [3, 3],
    [0, 40],
    [1000, 40],
  ])('with MaxConcurrency %i runs at most %i at once', async (MaxConcurrency, most) => {
    let now = 0;
    let seen = 0;
    const full = Promise.withResolvers<void>();
    const functions = {
      // The first ones stay until as many run as may; one too many would come while they do.
      work: async () => {
        now += 1;
        seen = Math.max(seen, now);
        if (now >= most) full.resolve();
        await full.promise;
        await new Promise(setImmediate);
        now -= 1;
        return null;
      },
    };
    const { runToEnd } = await bench({ functions });
    const items = Array.from({ length: 50 }, (_, n) => n);
    expect((await runToEnd(only(map(each(work()), { MaxConcurrency })), items)).status).toBe('SUCCEEDED');
    expect(seen).toBe(most);
  });

  test('may stand in a Map', async () => {
    const { runToEnd } = await bench(double);
    const done = await runToEnd(
      only(map(flow({ Inner: { ...map(flow({ Leaf: { ...work(), End: true } })), End: true } }))),
      [[1, 2], [3]],
    );
    expect(done.output).toBe('[[2,4],[6]]');
  });

  test('waits for the tokens of all its iterations', async () => {
    const { run, calls, client, clock, describe: ask1 } = await bench({ functions: { ask: () => null } });
    const { executionArn } = await run(only(map(flow({ Ask: ask }))), ['a', 'b', 'c']);
    const asked = calls.ask as { token: string; item: string }[];
    for (const { token, item } of asked.toReversed()) {
      await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(`${item}!`) }));
    }
    await clock.settled();
    expect((await ask1(executionArn!)).output).toBe('["a!","b!","c!"]');
  });
});

describe('when one iteration of a Map fails', () => {
  const fateful = flow({
    Which: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $states.input = 'bad' %}", Next: 'Later' }],
      Default: 'Ask',
    },
    Later: { Type: 'Wait', Seconds: 10, Next: 'Bad' },
    Bad: { Type: 'Fail', Error: 'Bad', Cause: 'meant so' },
    Ask: ask,
  });

  test('its siblings are aborted, their tokens are gone, and the Map fails with its error', async () => {
    const it = await bench({ functions: { ask: () => null } });
    const { executionArn } = await it.run(only(map(fateful)), ['a', 'bad', 'b']);
    await it.clock.advance({ seconds: 10 });
    const done = await it.describe(executionArn!);
    expect([done.status, done.error, done.cause]).toEqual(['FAILED', 'Bad', 'meant so']);
    for (const { token } of it.calls.ask as { token: string }[]) {
      const late = it.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }));
      await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
    }
    expect(types(await it.history(executionArn!)).slice(-7)).toEqual(
      [
        'FailStateEntered',
        'TaskStateAborted',
        'MapIterationAborted',
        'TaskStateAborted',
        'MapIterationAborted',
        'MapStateFailed',
        'ExecutionFailed',
      ]
        .toSpliced(1, 0, 'MapIterationFailed')
        .slice(-7),
    );
  });

  test('the tokens of its siblings are gone though the execution goes on', async () => {
    const it = await bench({ functions: { ask: () => null } });
    const Catch = [{ ErrorEquals: ['Bad'], Next: 'Go' }];
    const { executionArn } = await it.run(
      flow({ Each: { ...map(fateful, { Catch }), End: true }, Go: { Type: 'Wait', Seconds: 60, End: true } }),
      ['a', 'bad'],
    );
    await it.clock.advance({ seconds: 10 });
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    const { token } = it.calls.ask![0] as { token: string };
    const late = it.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }));
    await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await it.clock.advance({ seconds: 200 });
    expect((await it.describe(executionArn!)).status).toBe('SUCCEEDED');
    expect(types(await it.history(executionArn!))).not.toContain('TaskTimedOut');
  });

  test('the Map is tried again as a whole, then caught', async () => {
    const tries: Json[] = [];
    const functions = {
      work: (n: number) => {
        tries.push(n);
        if (n === 2) throw named('TransientBusy');
        return n;
      },
    };
    const it = await bench({ functions });
    const Retry = [{ ErrorEquals: ['TransientBusy'], MaxAttempts: 1 }];
    const Catch = [
      { ErrorEquals: ['TransientBusy'], Next: 'Caught', Output: '{% $states.errorOutput.Error %}' },
    ];
    const done = await it.runToEnd(
      flow({
        Each: {
          ...map(flow({ Work: { ...work(), End: true } }), { Retry, Catch, MaxConcurrency: 1 }),
          End: true,
        },
        Caught: { Type: 'Succeed' },
      }),
      [1, 2, 3],
    );
    expect(done.output).toBe('"TransientBusy"');
    expect(tries).toEqual([1, 2, 1, 2]);
  });

  test('one that catches its own error does not fail it', async () => {
    const functions = {
      work: () => {
        throw named('TransientBusy');
      },
    };
    const { runToEnd } = await bench({ functions });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Lost', Output: { outcome: 'REJECTED' } }];
    const inner = flow({ Work: { ...work({ Catch }), End: true }, Lost: { Type: 'Succeed' } });
    const done = await runToEnd(only(map(inner)), [1]);
    expect(done.output).toBe('[{"outcome":"REJECTED"}]');
  });
});
