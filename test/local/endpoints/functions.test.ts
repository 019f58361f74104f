import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import type { InvocableFunction, Invocation } from '../../../local/endpoints/lambda-endpoint.ts';
import { AwsError } from '../../../local/endpoints/wire.ts';
import { clientOf, endpointsOn, freshFolder, morning, StandingClock } from './support.ts';

const echo: InvocableFunction = {
  invoke: async (payload) => ({ payload: Buffer.from(`{"got":${payload}}`), logTail: 'logged' }),
};
const broken = (calls: string[]): InvocableFunction => ({
  onFailure: 'arn:aws:sqs:us-east-1:000000000000:failed',
  async invoke(payload): Promise<Invocation> {
    calls.push(payload.toString());
    return { payload: Buffer.from('{"errorType":"Error"}'), functionError: 'Unhandled', logTail: '' };
  },
});

describe('local Lambda Invoke', () => {
  it('answers with payload and log of a function called by name or ARN', async () => {
    const { url, functions } = await endpointsOn(freshFolder());
    functions.register('node-Echo', echo);
    const client = new LambdaClient(clientOf(url));
    for (const FunctionName of [
      'node-Echo',
      'arn:aws:lambda:us-east-1:000000000000:function:node-Echo',
      'arn:aws:lambda:us-east-1:000000000000:function:node-Echo:live',
    ]) {
      const answer = await client.send(new InvokeCommand({ FunctionName, Payload: '1', LogType: 'Tail' }));
      expect(Buffer.from(answer.Payload!).toString()).toBe('{"got":1}');
      expect(Buffer.from(answer.LogResult!, 'base64').toString()).toBe('logged');
    }
  });

  it('marks what the function did wrong and keeps its payload', async () => {
    const { url, functions } = await endpointsOn(freshFolder());
    functions.register('Broken', broken([]));
    const client = new LambdaClient(clientOf(url));
    const answer = await client.send(new InvokeCommand({ FunctionName: 'Broken' }));
    expect([answer.FunctionError, Buffer.from(answer.Payload!).toString()]).toEqual([
      'Unhandled',
      '{"errorType":"Error"}',
    ]);
  });

  it('answers 404 for an unknown function and 429 for a throttled one', async () => {
    const { url, functions } = await endpointsOn(freshFolder());
    functions.register('Busy', {
      invoke: async () => {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      },
    });
    const client = new LambdaClient(clientOf(url));
    const invoke = (FunctionName: string) => client.send(new InvokeCommand({ FunctionName }));
    await expect(invoke('None')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(invoke('Busy')).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  });

  it('tries an asynchronous event three times and hands it to the failure queue', async () => {
    const clock = new StandingClock(morning);
    const { url, functions, sqs, idle } = await endpointsOn(freshFolder(), { clock });
    sqs.seedQueue({ name: 'failed' });
    const calls: string[] = [];
    functions.register('Broken', broken(calls));
    await new LambdaClient(clientOf(url)).send(
      new InvokeCommand({ FunctionName: 'Broken', InvocationType: 'Event', Payload: '7' }),
    );
    for (const moment of ['2026-03-02T09:01:00Z', '2026-03-02T09:03:00Z']) {
      await idle();
      clock.moveTo(moment);
    }
    await idle();
    expect(calls).toEqual(['7', '7', '7']);
    const [failed] = await sqs.queues.receive('failed', 1, AbortSignal.abort());
    expect(JSON.parse(failed!.body)).toMatchObject({
      requestPayload: '7',
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    });
  });

  it('holds invocations back until the functions of this start are registered, then runs each once', async () => {
    const { url, functions, idle } = await endpointsOn(freshFolder());
    const release = functions.hold();
    const client = new LambdaClient(clientOf(url));
    const invoke = (InvocationType: 'Event' | 'RequestResponse') =>
      client.send(new InvokeCommand({ FunctionName: 'Late', InvocationType, Payload: '7' }));
    await invoke('Event');
    const answer = invoke('RequestResponse');
    const calls: string[] = [];
    functions.register('Late', {
      invoke: async (payload) => {
        calls.push(payload.toString());
        return { payload, logTail: '' };
      },
    });
    expect(calls).toEqual([]);
    release();
    await answer;
    await idle();
    expect(calls).toEqual(['7', '7']);
  });

  it('runs an asynchronous event after a restart when it had not ended before', async () => {
    const folder = freshFolder();
    const first = await endpointsOn(folder);
    first.functions.register('Echo', { invoke: () => new Promise(() => {}) });
    await new LambdaClient(clientOf(first.url)).send(
      new InvokeCommand({ FunctionName: 'Echo', InvocationType: 'Event', Payload: '7' }),
    );
    await first.stop();
    const second = await endpointsOn(folder);
    const payload = await new Promise<Buffer>((resolve) => {
      second.functions.register('Echo', {
        invoke: async (received) => {
          resolve(received);
          return { payload: received, logTail: '' };
        },
      });
    });
    expect(payload.toString()).toBe('7');
  });
});
