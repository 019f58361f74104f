import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ListStateMachineVersionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../local/clock.ts';
import { invokeRunning } from '../../local/invoke.ts';
import { isAlive } from '../../local/is-alive.ts';
import { type LaptopOptions, startLaptop } from '../../local/laptop.ts';
import { firstLineOf } from '../support/first-line.ts';
import { clientOf, freshFolder, onCleanUp } from './endpoints/support.ts';
import { laptopOptions } from './fixtures/laptop-options.ts';
import { built } from './lambda/support.ts';

let buildFolder: string;
beforeAll(async () => {
  buildFolder = await built();
});

async function running(dataFolder = freshFolder(), more: Partial<LaptopOptions> = {}) {
  const clock = new VirtualClock({ frozen: true, file: join(dataFolder, 'clock') });
  const laptop = await startLaptop({ ...laptopOptions(dataFolder, buildFolder, clock), ...more });
  onCleanUp(async () => {
    await laptop.stop();
    clock.stop();
  });
  return { clock, laptop, node: laptop.nodes[0]!, dataFolder };
}

// By its alias, as functions are told it.
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:network-ActMachine:live';
const item = { TableName: 'network-Table', Key: { pk: { S: 'a' }, sk: { S: 'b' } } };
const object = { Bucket: 'network-keptbucket', Key: 'k' };

async function statusOf(url: string, executionArn: string): Promise<string | undefined> {
  return (await new SFNClient(clientOf(url)).send(new DescribeExecutionCommand({ executionArn }))).status;
}

describe('laptop', () => {
  it('opens both doors of a node and tells its functions where they are', async () => {
    const { node } = await running();
    const page = await fetch(`${node.pagesOrigin}/items/1`);
    const answer = await fetch(`${node.apiOrigin}/v1/items/1`);
    expect([page.status, answer.status]).toEqual([200, 200]);
    const { payload } = await node.host.invoke('DoFunction', Buffer.from('{"act":"environment"}'));
    expect(JSON.parse(payload.toString())).toMatchObject({
      MACHINE_ARN: stateMachineArn,
      PAGES_ORIGIN: node.pagesOrigin,
      NODE_STAGE: 'local',
    });
  });

  it('is found by SDK clients that know nothing of it but the environment', async () => {
    const { laptop } = await running();
    const environment = {
      ...laptop.environment,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    const script = new URL('fixtures/ask-every-service.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env: environment });
    expect(JSON.parse(stdout)).toEqual({
      dynamodb: ['network-Table'],
      kms: 'ECC_NIST_P256',
      lambda: 200,
      s3: 'network-keptbucket/k of 4 bytes',
      scheduler: 'ENABLED',
      secrets: '1',
      ses: 'sent',
      sfn: ['network-ActMachine'],
      sqs: '0',
      ssm: 'ParameterNotFound',
      unknown: 'UnknownOperationException',
    });
  });

  it('keeps the version of a state machine whose definition did not change', async () => {
    const dataFolder = freshFolder();
    for (const _ of [1, 2]) {
      const { laptop } = await running(dataFolder);
      const client = new SFNClient(clientOf(laptop.statesUrl));
      const machine = { stateMachineArn: stateMachineArn.replace(/:live$/, '') };
      const { stateMachineVersions } = await client.send(new ListStateMachineVersionsCommand(machine));
      expect(stateMachineVersions).toHaveLength(1);
      await laptop.stop();
    }
  });

  it('lets a day pass at once, with all that falls into it', async () => {
    const { clock, laptop, dataFolder } = await running();
    const { executionArn } = await new SFNClient(clientOf(laptop.statesUrl)).send(
      new StartExecutionCommand({ stateMachineArn }),
    );
    await clock.settled();
    expect(await statusOf(laptop.statesUrl, executionArn!)).toBe('RUNNING');
    await clock.advance({ seconds: 86_400 });
    expect(await statusOf(laptop.statesUrl, executionArn!)).toBe('SUCCEEDED');
    expect(readFileSync(join(dataFolder, 'seen'), 'utf8')).toBe('daily\n');
  });

  it('goes on after kill -9 where it was', async () => {
    const dataFolder = freshFolder();
    const script = new URL('fixtures/start-laptop.ts', import.meta.url).pathname;
    const first = spawn(process.execPath, [script, dataFolder, buildFolder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { url, states, dynamodb } = JSON.parse(await firstLineOf(first.stdout));
    const { executionArn } = await new SFNClient(clientOf(states)).send(
      new StartExecutionCommand({ stateMachineArn }),
    );
    await new DynamoDBClient(clientOf(dynamodb)).send(
      new PutItemCommand({ TableName: item.TableName, Item: item.Key }),
    );
    await new S3Client(clientOf(url)).send(new PutObjectCommand({ ...object, Body: 'kept' }));
    // In the middle of its work, so that only the end of its host can end it.
    const startedFile = join(dataFolder, 'started');
    const wait = JSON.stringify({ act: 'wait', file: startedFile });
    invokeRunning(url, 'network-DoFunction', wait).catch(() => {});
    await expect.poll(() => existsSync(startedFile)).toBe(true);
    const pid = Number(readFileSync(startedFile, 'utf8'));
    first.kill('SIGKILL');
    await once(first, 'exit');
    await expect.poll(() => isAlive(pid)).toBe(false);
    const { clock, laptop } = await running(dataFolder);
    const found = await new DynamoDBClient(clientOf(laptop.dynamodbUrl)).send(new GetItemCommand(item));
    expect(found.Item).toEqual(item.Key);
    const read = await new S3Client(clientOf(laptop.endpoints.url)).send(new GetObjectCommand(object));
    expect(await read.Body?.transformToString()).toBe('kept');
    await clock.advance({ seconds: 86_401 });
    expect(await statusOf(laptop.statesUrl, executionArn!)).toBe('SUCCEEDED');
  });

  it('does not take an orderly stop for a failure of the function that was running', async () => {
    const dataFolder = freshFolder();
    const started = join(dataFolder, 'started');
    const before = await running(dataFolder);
    const client = new SFNClient(clientOf(before.laptop.statesUrl));
    const input = JSON.stringify({ act: 'wait', file: started });
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input }));
    await expect.poll(() => existsSync(started)).toBe(true);
    await before.laptop.stop();
    rmSync(started);
    const after = await running(dataFolder);
    await expect.poll(() => existsSync(started)).toBe(true);
    expect(await statusOf(after.laptop.statesUrl, executionArn!)).toBe('RUNNING');
  });

  it('puts faults between the functions and DynamoDB when asked to', async () => {
    const { laptop } = await running(freshFolder(), {
      faults: ({ operation }) => (operation === 'GetItem' ? 'Throttling' : undefined),
    });
    const client = new DynamoDBClient(clientOf(laptop.environment.AWS_ENDPOINT_URL_DYNAMODB!));
    laptop.faultProxy?.resetCounts();
    await expect(client.send(new GetItemCommand(item))).rejects.toMatchObject({
      name: 'ThrottlingException',
    });
    expect(laptop.faultProxy?.counts().faults).toEqual({ Throttling: 1 });
  });

  it('names the port that is taken and stops what had started', async () => {
    const { laptop } = await running();
    const dataFolder = freshFolder();
    const port = Number(new URL(laptop.endpoints.url).port);
    const clock = new VirtualClock({ frozen: true });
    const starting = startLaptop({ ...laptopOptions(dataFolder, buildFolder, clock), ports: { mail: port } });
    await expect(starting).rejects.toThrow(`Port ${port} (mail) is taken`);
    expect(existsSync(join(dataFolder, 'dynamodb.sqlite'))).toBe(true);
  });

  it('fires a rate at most once in a granule of virtual time, and exactly where none is set', async () => {
    const { clock, laptop } = await running();
    const { endpoints } = laptop;
    const { arn } = endpoints.sqs.seedQueue({ name: 'q' });
    const Target = { Arn: arn, RoleArn: 'arn:aws:iam::000000000000:role/r' };
    const fired = (): number => endpoints.sqs.queues.counts('q').visible;
    endpoints.scheduler.seed('every-minute', { ScheduleExpression: 'rate(1 minute)', Target });
    await clock.settled();
    await clock.advance({ seconds: 600 });
    expect(fired()).toBe(11);
    endpoints.scheduler.setGranularity(3_600);
    await clock.advance({ seconds: 86_400 });
    expect(fired() - 11).toBeGreaterThanOrEqual(23);
    expect(fired() - 11).toBeLessThanOrEqual(25);
    // Who has arrived does not wait for the next granule.
    const before = fired();
    await clock.advance({ seconds: 600 });
    endpoints.scheduler.fireDue();
    await clock.settled();
    expect(fired()).toBeGreaterThan(before);
  });
});
