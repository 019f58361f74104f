import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from 'vitest';
import type { EndpointOptions } from '../../../local/endpoints/endpoints.ts';
import { parseScheduleExpression } from '../../../local/endpoints/schedule-expression.ts';
import { clientOf, endpointsOn, freshFolder, morning, StandingClock } from './support.ts';

async function scheduler(folder = freshFolder(), options: Partial<EndpointOptions> = {}) {
  const clock = new StandingClock(morning);
  const endpoints = await endpointsOn(folder, { clock, ...options });
  const { arn } = endpoints.sqs.seedQueue({ name: 'q' });
  const client = new SchedulerClient(clientOf(endpoints.url));
  const said = (ScheduleExpression: string, Arn = arn, more = {}) =>
    ({
      Name: 's',
      ScheduleExpression,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn, RoleArn: 'arn:aws:iam::000000000000:role/r', Input: '{"n":1}' },
      ...more,
    }) as const;
  const received = async () => {
    await endpoints.idle();
    const messages = await endpoints.sqs.queues.receive('q', 100, AbortSignal.abort());
    for (const { receiptHandle } of messages) endpoints.sqs.queues.delete('q', receiptHandle!);
    return messages.map(({ body }) => body);
  };
  return { client, clock, endpoints, said, received };
}

describe('local Scheduler', () => {
  it('fires a one-shot at its moment, once, and removes it when asked to', async () => {
    const { client, clock, said, received } = await scheduler();
    const once = said('at(2026-03-02T10:00:00)', undefined, { ActionAfterCompletion: 'DELETE' });
    await client.send(new CreateScheduleCommand(once));
    clock.moveTo('2026-03-02T09:59:59Z');
    expect(await received()).toEqual([]);
    clock.moveTo('2026-03-02T10:00:00Z');
    expect(await received()).toEqual(['{"n":1}']);
    await expect(client.send(new GetScheduleCommand({ Name: 's' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('fires after a restart what was due while nothing ran', async () => {
    const folder = freshFolder();
    const first = await scheduler(folder);
    await first.client.send(new CreateScheduleCommand(first.said('at(2026-03-02T10:00:00)')));
    await first.endpoints.stop();
    const clock = new StandingClock('2026-03-03T00:00:00Z');
    const second = await scheduler(folder, { clock });
    expect(await second.received()).toEqual(['{"n":1}']);
  });

  it('fires a rate at its creation and at each period', async () => {
    const { client, clock, said, received } = await scheduler();
    await client.send(new CreateScheduleCommand(said('rate(10 minutes)')));
    expect(await received()).toHaveLength(1);
    clock.moveTo('2026-03-02T09:10:00Z');
    expect(await received()).toHaveLength(1);
    clock.moveTo('2026-03-02T09:19:00Z');
    expect(await received()).toHaveLength(0);
  });

  it('takes the new moment of an update and forgets a deleted schedule', async () => {
    const { client, clock, said, received } = await scheduler();
    await client.send(new CreateScheduleCommand(said('at(2026-03-02T10:00:00)')));
    await client.send(new UpdateScheduleCommand(said('at(2026-03-02T11:00:00)')));
    clock.moveTo('2026-03-02T10:30:00Z');
    expect(await received()).toEqual([]);
    await client.send(new DeleteScheduleCommand({ Name: 's' }));
    clock.moveTo('2026-03-02T11:30:00Z');
    expect(await received()).toEqual([]);
  });

  it('starts an execution and tries again when that failed', async () => {
    const started: string[] = [];
    const startExecution = async (arn: string, input: string) => {
      started.push(`${arn} ${input}`);
      if (started.length === 1) throw new Error('busy');
    };
    const { client, clock, endpoints, said } = await scheduler(undefined, { startExecution });
    const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:m';
    await client.send(new CreateScheduleCommand(said('at(2026-03-02T10:00:00)', arn)));
    clock.moveTo('2026-03-02T10:00:00Z');
    await endpoints.idle();
    clock.moveTo('2026-03-02T10:00:01Z');
    await endpoints.idle();
    expect(started).toEqual([`${arn} {"n":1}`, `${arn} {"n":1}`]);
  });

  it('refuses a past moment, a wrong expression, a name that is taken and an unknown target', async () => {
    const { client, said } = await scheduler();
    const create = (...args: Parameters<typeof said>) =>
      client.send(new CreateScheduleCommand(said(...args)));
    await expect(create('at(2026-03-02T08:00:00)')).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(create('rate(0 days)')).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(create('rate(1 day)', 'arn:aws:scheduler:::aws-sdk:s3:putObject')).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await create('at(2026-03-02T10:00:00)');
    await expect(create('at(2026-03-02T10:00:00)')).rejects.toMatchObject({ name: 'ConflictException' });
  });
});

describe('schedule expressions', () => {
  const next = (expression: string, after: string, zone = 'UTC') =>
    parseScheduleExpression(
      expression,
      zone,
      new Date('2026-01-01T00:00:00Z'),
    )(new Date(after))
      ?.toISOString()
      .replace('.000Z', 'Z');

  it.each([
    ['cron(0 8 * * ? *)', '2026-03-02T08:00:00Z', 'UTC', '2026-03-03T08:00:00Z'],
    ['cron(0/15 * * * ? *)', '2026-03-02T08:14:59Z', 'UTC', '2026-03-02T08:15:00Z'],
    ['cron(30 9 ? * MON-FRI *)', '2026-03-06T09:30:00Z', 'UTC', '2026-03-09T09:30:00Z'],
    ['cron(0 0 L * ? *)', '2026-02-01T00:00:00Z', 'UTC', '2026-02-28T00:00:00Z'],
    ['cron(0 0 29 2 ? *)', '2026-03-01T00:00:00Z', 'UTC', '2028-02-29T00:00:00Z'],
    ['cron(0 3 * * ? *)', '2026-01-10T00:00:00Z', 'America/Santiago', '2026-01-10T06:00:00Z'],
    ['cron(0 3 * * ? *)', '2026-06-10T00:00:00Z', 'America/Santiago', '2026-06-10T07:00:00Z'],
    ['at(2026-06-10T03:00:00)', '2026-06-01T00:00:00Z', 'America/Sao_Paulo', '2026-06-10T06:00:00Z'],
    ['at(2026-06-10T03:00:00)', '2026-06-10T03:00:00Z', 'UTC', undefined],
    ['cron(0 0 1 1 ? 2026)', '2026-01-01T00:00:00Z', 'UTC', undefined],
    ['rate(1 hour)', '2026-01-01T00:59:59Z', 'UTC', '2026-01-01T01:00:00Z'],
  ])('%s after %s in %s fires at %4$s', (expression, after, zone, expected) => {
    expect(next(expression, after, zone)).toBe(expected);
  });

  it.each([
    'cron(0 8 * * * *)',
    'cron(60 8 * * ? *)',
    'cron(0 8 1W * ? *)',
    'every day',
    'rate(1 week)',
    'at(now)',
  ])('refuses %s', (expression) => {
    expect(() => next(expression, '2026-01-01T00:00:00Z')).toThrow('Invalid Schedule Expression');
  });
});
