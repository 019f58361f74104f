import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../../../local/is-alive.ts';
import { clientOf } from '../endpoints/support.ts';
import { built, laptop } from './support.ts';

let folder: string;
beforeAll(async () => {
  folder = await built();
});

const seen = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];

describe('Lambda host', () => {
  it("gives a function the template's environment, the endpoints, and nothing of its own", async () => {
    process.env.APODERA_TEST_SECRET = 'not for functions';
    const { call, endpoints } = await laptop(folder);
    const { answer } = await call('DoFunction', { act: 'environment' });
    expect(answer).toMatchObject({
      NODE_ROLE: 'network',
      TABLE_NAME: 'network-Table',
      QUEUE_URL: `${endpoints.url}/000000000000/network-WorkQueue`,
      QUEUE_ARN: 'arn:aws:sqs:us-east-1:000000000000:network-WorkQueue',
      BUCKET: 'network-keptbucket',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's ${!Literal} gives ${Literal}
      PLACE: 'network network ${Literal} network-WorkQueue',
      PEER: 'operator',
      AWS_ENDPOINT_URL: endpoints.url,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'network-DoFunction',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    });
    expect(answer).not.toHaveProperty('APODERA_TEST_SECRET');
    expect(answer).not.toHaveProperty('HOME');
  });

  it('keeps one process warm for invocations that follow each other', async () => {
    const { call, host } = await laptop(folder);
    const first = await call('DoFunction', {});
    const second = await call('DoFunction', {});
    expect([first.answer.invocations, second.answer.invocations]).toEqual([1, 2]);
    expect(second.answer.pid).toBe(first.answer.pid);
    expect(host.stats().DoFunction).toMatchObject({ invocations: 2, coldStarts: 1 });
  });

  it('never runs two invocations in one process at a time', async () => {
    const { call, host } = await laptop(folder);
    const answers = await Promise.all([1, 2, 3].map(() => call('DoFunction', {})));
    expect(new Set(answers.map(({ answer }) => answer.pid)).size).toBe(3);
    expect(host.stats().DoFunction?.coldStarts).toBe(3);
  });

  it('answers what the handler threw, and stays warm', async () => {
    const { call, host } = await laptop(folder);
    const thrown = await call('DoFunction', { act: 'throw' });
    expect(thrown).toMatchObject({
      error: 'Unhandled',
      answer: { errorType: 'TypeError', errorMessage: 'as asked' },
    });
    expect((await call('DoFunction', {})).answer.invocations).toBe(2);
    expect(host.stats().DoFunction).toMatchObject({ coldStarts: 1, errors: 1 });
  });

  it('answers Runtime.ExitError for a crash and starts a new process for the next', async () => {
    const { call } = await laptop(folder);
    const crashed = await call('DoFunction', { act: 'crash' });
    expect(crashed).toMatchObject({ error: 'Unhandled', answer: { errorType: 'Runtime.ExitError' } });
    expect(crashed.answer.errorMessage).toContain('exit status 3');
    expect((await call('DoFunction', {})).answer.invocations).toBe(1);
  });

  it('kills a function at its timeout', async () => {
    const { call } = await laptop(folder);
    const { answer, error } = await call('BriefFunction', { act: 'hang' });
    expect([error, answer.errorType]).toEqual(['Unhandled', 'Sandbox.Timedout']);
    expect(answer.errorMessage).toContain('Task timed out after 4.00 seconds');
    expect((await call('BriefFunction', {})).answer.invocations).toBe(1);
  });

  it('ends a function that eats more memory than it has', async () => {
    const { call } = await laptop(folder);
    const { answer, error } = await call('DoFunction', { act: 'eat' });
    expect([error, answer.errorType]).toEqual(['Unhandled', 'Runtime.ExitError']);
  });

  it('refuses an answer above 6 MB', async () => {
    const { call } = await laptop(folder);
    const { answer } = await call('DoFunction', { act: 'large' });
    expect(answer.errorType).toBe('Function.ResponseSizeTooLarge');
  });

  it('throttles beyond the reserved concurrency', async () => {
    const { host, endpoints } = await laptop(folder);
    const client = new LambdaClient(clientOf(endpoints.url));
    void host.invoke('BriefFunction', Buffer.from('{"act":"hang"}'));
    const second = client.send(new InvokeCommand({ FunctionName: 'network-BriefFunction' }));
    await expect(second).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    expect(host.stats().BriefFunction?.throttles).toBe(1);
  });

  it('waits its turn beyond the processes that the laptop bears', async () => {
    const { call, host } = await laptop(folder, { mostChildren: 1 });
    const answers = await Promise.all([1, 2, 3].map(() => call('DoFunction', {})));
    expect(answers.map(({ answer }) => answer.invocations)).toEqual([1, 2, 3]);
    expect(host.stats().DoFunction?.coldStarts).toBe(1);
  });

  it('never answers what it was doing when it is stopped', async () => {
    const { host, folder: place } = await laptop(folder);
    const file = join(place, 'started');
    let answered = false;
    const payload = Buffer.from(JSON.stringify({ act: 'wait', file }));
    host.invoke('DoFunction', payload).finally(() => {
      answered = true;
    });
    await expect.poll(() => existsSync(file)).toBe(true);
    const pid = Number(readFileSync(file, 'utf8'));
    await host.stop();
    await expect.poll(() => isAlive(pid)).toBe(false);
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    expect(answered).toBe(false);
  });

  it('leaves out what a condition excludes', async () => {
    const { stack, call } = await laptop(folder);
    expect(stack.functions.map(({ logicalId }) => logicalId)).not.toContain('OperatorFunction');
    await expect(call('OperatorFunction', {})).rejects.toThrow('OperatorFunction');
  });

  it("keeps each function's log, with what the invocation said at its end", async () => {
    const { call, host, endpoints } = await laptop(folder);
    await call('DoFunction', {});
    const answer = await new LambdaClient(clientOf(endpoints.url)).send(
      new InvokeCommand({ FunctionName: 'network-DoFunction', LogType: 'Tail' }),
    );
    const tail = Buffer.from(answer.LogResult!, 'base64').toString();
    expect(tail).toMatch(/invocation 2\n[\s\S]*REPORT RequestId: /);
    expect(tail).not.toContain('invocation 1\n');
    await host.stop();
    expect(host.tail('DoFunction')).toMatch(/invocation 1\n[\s\S]*invocation 2\n/);
  });

  it('feeds a queue to its function and deletes what succeeded only', async () => {
    const { endpoints, stack, host, clock, seenFile } = await laptop(folder);
    const client = new SQSClient(clientOf(endpoints.url));
    const QueueUrl = stack.resource('WorkQueue');
    const { queues } = endpoints.sqs;
    for (const MessageBody of ['good', 'fail'])
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    while (await host.idle());
    expect(seen(seenFile).sort()).toEqual(['fail', 'good']);
    expect(queues.counts('network-WorkQueue')).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    clock.moveTo('2026-03-02T09:02:00Z');
    while (await host.idle());
    clock.moveTo('2026-03-02T09:04:00Z');
    while (await host.idle());
    expect(seen(seenFile).sort()).toEqual(['fail', 'fail', 'good']);
    expect(queues.counts('network-DeadQueue').visible).toBe(1);
  });

  it('keeps a whole batch whose function threw', async () => {
    const { endpoints, stack, host } = await laptop(folder);
    endpoints.sqs.queues.send('network-WorkQueue', 'throw');
    while (await host.idle());
    expect(endpoints.sqs.queues.counts(stack.resource('WorkQueue', 'QueueName')).inFlight).toBe(1);
  });

  it('starts a function by its schedule', async () => {
    const { endpoints, host, clock, seenFile } = await laptop(folder);
    clock.moveTo('2026-03-03T08:00:00Z');
    await endpoints.idle();
    while (await host.idle());
    expect(seen(seenFile)).toEqual(['daily']);
  });

  it('names the function that is not built', async () => {
    await expect(laptop('/nowhere')).rejects.toThrow('"DoFunction" is not built');
  });
});
