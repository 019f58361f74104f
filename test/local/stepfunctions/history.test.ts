import { GetExecutionHistoryCommand, type HistoryEvent, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { bench, flow, invoke, named, role, start, waitForToken } from './support.ts';

const untruncated = { truncated: false };
/** `[id, previousEventId, type, details]`, as AWS has been recorded to answer. */
const rows = (events: HistoryEvent[]) =>
  events.map(({ id, previousEventId, type, timestamp, ...details }) => {
    expect(timestamp).toBeInstanceOf(Date);
    expect(Object.keys(details).length).toBeLessThanOrEqual(1);
    return [id, previousEventId, type, ...Object.values(details)];
  });

describe('the history', () => {
  test('of a Task that waits for a token has the shape of AWS', async () => {
    const it = await bench({ functions: { ask: () => 'asked' } });
    const { executionArn } = await it.run(
      flow({
        Ask: {
          Type: 'Task',
          Resource: waitForToken,
          Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
          TimeoutSeconds: 600,
          HeartbeatSeconds: 5,
          Assign: { seen: true },
          End: true,
        },
      }),
      { a: 1 },
    );
    const token = it.calls.ask![0] as string;
    await it.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '{"b":2}' }));
    await it.clock.settled();
    const about = { resource: 'invoke.waitForTaskToken', resourceType: 'lambda' };
    const outputDetails = untruncated;
    const events = await it.history(executionArn!);
    expect(rows(events)).toEqual([
      [1, 0, 'ExecutionStarted', { input: '{"a":1}', inputDetails: untruncated, roleArn: role }],
      [2, 0, 'TaskStateEntered', { name: 'Ask', input: '{"a":1}', inputDetails: untruncated }],
      [
        3,
        2,
        'TaskScheduled',
        {
          ...about,
          region: 'us-east-1',
          parameters: JSON.stringify({ FunctionName: 'ask', Payload: token }),
          timeoutInSeconds: 600,
          heartbeatInSeconds: 5,
        },
      ],
      [4, 3, 'TaskStarted', about],
      [
        5,
        4,
        'TaskSubmitted',
        { ...about, outputDetails, output: expect.stringContaining('"Payload":"asked"') },
      ],
      [6, 5, 'TaskSucceeded', { ...about, outputDetails, output: '{"b":2}' }],
      [
        7,
        6,
        'TaskStateExited',
        {
          name: 'Ask',
          output: '{"b":2}',
          outputDetails,
          assignedVariables: { seen: 'true' },
          assignedVariablesDetails: untruncated,
        },
      ],
      [8, 7, 'ExecutionSucceeded', { output: '{"b":2}', outputDetails }],
    ]);
    expect(events[0]!.timestamp).toEqual(start);
  });

  test('of a Map whose iteration fails has the shape of AWS', async () => {
    const it = await bench();
    const each = flow({
      Is3: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input = 3 %}', Next: 'Break' }],
        Default: 'Pass',
      },
      Break: { Type: 'Fail', Error: 'SomeFailure' },
      Pass: { Type: 'Pass', End: true },
    });
    const { executionArn } = await it.run(
      flow({ Each: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: each, End: true } }),
      [1, 3, 4],
    );
    expect(
      rows(await it.history(executionArn!)).map(([id, previous, type]) => `${id} ${previous} ${type}`),
    ).toEqual([
      '1 0 ExecutionStarted',
      '2 0 MapStateEntered',
      '3 2 MapStateStarted',
      '4 3 MapIterationStarted',
      '5 4 ChoiceStateEntered',
      '6 5 ChoiceStateExited',
      '7 6 PassStateEntered',
      '8 7 PassStateExited',
      '9 8 MapIterationSucceeded',
      '10 9 MapIterationStarted',
      '11 10 ChoiceStateEntered',
      '12 11 ChoiceStateExited',
      '13 12 FailStateEntered',
      '14 13 MapIterationFailed',
      '15 13 MapStateFailed',
      '16 15 ExecutionFailed',
    ]);
  });

  test('comes in pages, in both directions, and without data when asked so', async () => {
    const functions = {
      work: () => {
        throw named('A');
      },
    };
    const it = await bench({ functions });
    const Task = {
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'work', Payload: 'secret' },
      End: true,
    };
    const { executionArn } = await it.run(flow({ Task }), 'secret');
    const ask = (more: object) => it.client.send(new GetExecutionHistoryCommand({ executionArn, ...more }));
    const first = await ask({ maxResults: 4 });
    const second = await ask({ maxResults: 4, nextToken: first.nextToken });
    expect([...first.events!, ...second.events!].map((event) => event.id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(second.nextToken).toBeUndefined();
    const reversed = await ask({ reverseOrder: true, includeExecutionData: false });
    expect(reversed.events!.map((event) => event.id)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(JSON.stringify(reversed.events)).not.toContain('secret');
    await expect(ask({ nextToken: 'eA==' })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(ask({ maxResults: 1001 })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
