import {
  CreateActivityCommand,
  CreateStateMachineAliasCommand,
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineAliasCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  ListExecutionsCommand,
  ListStateMachineAliasesCommand,
  ListStateMachinesCommand,
  ListStateMachineVersionsCommand,
  PublishStateMachineVersionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineAliasCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { type Bench, bench, only, role, start } from './support.ts';

const says = (word: string) => ({ QueryLanguage: 'JSONata', ...only({ Type: 'Pass', Output: word }) });
const waits = only({ Type: 'Wait', Seconds: 60 });
const begin = (it: Bench, stateMachineArn: string, more: { name?: string; input?: string } = {}) =>
  it.client.send(new StartExecutionCommand({ stateMachineArn, ...more }));
const missing = 'arn:aws:states:us-east-1:000000000000:stateMachine:Missing';

describe('StartExecution', () => {
  test('is idempotent by name and input while the execution runs', async () => {
    const it = await bench();
    const arn = await it.create(waits);
    const [first, second] = await Promise.all([
      begin(it, arn, { name: 'one', input: '{"a":1}' }),
      begin(it, arn, { name: 'one', input: '{"a":1}' }),
    ]);
    expect(second.executionArn).toBe(first.executionArn);
    expect(second.startDate).toEqual(start);
    const other = begin(it, arn, { name: 'one', input: '{"a":2}' });
    await expect(other).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await it.clock.advance({ seconds: 60 });
    const late = begin(it, arn, { name: 'one', input: '{"a":1}' });
    await expect(late).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await it.clock.advance({ seconds: 91 * 86_400 });
    expect((await begin(it, arn, { name: 'one' })).executionArn).toBe(first.executionArn);
  });

  test('names what is wrong', async () => {
    const it = await bench();
    const arn = await it.create(waits);
    const rejects = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });
    await rejects(begin(it, missing), 'StateMachineDoesNotExist');
    await rejects(begin(it, 'arn:aws:states:us-east-1:000000000000:activity:x'), 'InvalidArn');
    await rejects(begin(it, arn, { name: 'a b' }), 'InvalidName');
    await rejects(begin(it, arn, { name: 'x'.repeat(81) }), 'InvalidName');
    await rejects(begin(it, arn, { input: '{' }), 'InvalidExecutionInput');
    await rejects(begin(it, arn, { input: JSON.stringify('x'.repeat(262_143)) }), 'InvalidExecutionInput');
    await rejects(it.describe(`${missing.replace('stateMachine', 'execution')}:x`), 'ExecutionDoesNotExist');
    await rejects(it.describe(missing), 'InvalidArn');
    await rejects(it.client.send(new CreateActivityCommand({ name: 'a' })), 'UnknownOperationException');
  });

  test('takes exactly 262,144 bytes of input', async () => {
    const it = await bench();
    const arn = await it.create(only({ Type: 'Pass' }));
    const { executionArn } = await begin(it, arn, { input: JSON.stringify('x'.repeat(262_142)) });
    await it.clock.settled();
    expect((await it.describe(executionArn!)).status).toBe('SUCCEEDED');
  });
});

test('DescribeExecution tells what went in and came out', async () => {
  const it = await bench();
  const arn = await it.create(only({ Type: 'Pass', Output: 1 }));
  const { executionArn } = await begin(it, arn, { name: 'one', input: '{"a" : 1}' });
  await it.clock.settled();
  const described = await it.describe(executionArn!);
  expect({ ...described, $metadata: undefined }).toEqual({
    executionArn: `${arn.replace(':stateMachine:', ':execution:')}:one`,
    stateMachineArn: arn,
    name: 'one',
    status: 'SUCCEEDED',
    startDate: start,
    stopDate: start,
    input: '{"a" : 1}',
    inputDetails: { included: true },
    output: '1',
    outputDetails: { included: true },
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: expect.any(String),
  });
});

test('StopExecution ends what runs, and leaves what has ended', async () => {
  const it = await bench();
  const { executionArn } = await it.run(waits);
  const stopped = await it.client.send(new StopExecutionCommand({ executionArn }));
  await it.clock.advance({ seconds: 100 });
  const again = await it.client.send(new StopExecutionCommand({ executionArn }));
  expect(again.stopDate).toEqual(stopped.stopDate);
  expect((await it.describe(executionArn!)).status).toBe('ABORTED');
});

test('ListExecutions gives the newest first, by state, in pages', async () => {
  const it = await bench();
  const stateMachineArn = await it.create(waits);
  for (const name of ['a', 'b', 'c']) await begin(it, stateMachineArn, { name });
  const other = await it.create(waits);
  await begin(it, other, { name: 'elsewhere' });
  const list = async (more: object) => {
    const answer = await it.client.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
    return { names: answer.executions!.map((execution) => execution.name), next: answer.nextToken };
  };
  const first = await list({ maxResults: 2 });
  expect(first.names).toEqual(['c', 'b']);
  expect(await list({ maxResults: 2, nextToken: first.next })).toEqual({ names: ['a'], next: undefined });
  expect((await list({ statusFilter: 'SUCCEEDED' })).names).toEqual([]);
  await it.clock.advance({ seconds: 60 });
  expect((await list({ statusFilter: 'SUCCEEDED' })).names).toHaveLength(3);
});

describe('a state machine', () => {
  const make = (it: Bench, definition: object, more: object = {}) =>
    it.client.send(
      new CreateStateMachineCommand({
        name: 'M',
        definition: JSON.stringify(definition),
        roleArn: role,
        ...more,
      }),
    );

  test('is created once; the same again is no error, another is', async () => {
    const it = await bench();
    const [first, second] = [await make(it, says('a')), await make(it, says('a'))];
    expect(second.stateMachineArn).toBe(first.stateMachineArn);
    await expect(make(it, says('b'))).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' });
    await expect(make(it, says('a'), { type: 'EXPRESS' })).rejects.toMatchObject({
      name: 'StateMachineTypeNotSupported',
    });
    await expect(make(it, says('a'), { name: 'a b' })).rejects.toMatchObject({ name: 'InvalidName' });
    const { stateMachines } = await it.client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toEqual([
      { stateMachineArn: first.stateMachineArn, name: 'M', type: 'STANDARD', creationDate: start },
    ]);
  });

  test('is described as it was given', async () => {
    const it = await bench();
    const loggingConfiguration = { level: 'ERROR' as const, includeExecutionData: false };
    const { stateMachineArn } = await make(it, says('a'), { loggingConfiguration });
    expect(await it.client.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({
      name: 'M',
      status: 'ACTIVE',
      type: 'STANDARD',
      definition: JSON.stringify(says('a')),
      roleArn: role,
      loggingConfiguration,
    });
  });

  test('when updated leaves running executions on the definition that they started with', async () => {
    const it = await bench();
    const stateMachineArn = await it.create(waits);
    const { executionArn } = await begin(it, stateMachineArn);
    const definition = JSON.stringify(says('new'));
    await it.client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    const after = await begin(it, stateMachineArn);
    await it.clock.settled();
    expect((await it.describe(executionArn!)).status).toBe('RUNNING');
    expect((await it.describe(after.executionArn!)).output).toBe('"new"');
    const of = await it.client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(JSON.parse(of.definition!)).toEqual({ QueryLanguage: 'JSONata', ...waits });
    await it.clock.advance({ seconds: 60 });
    expect((await it.describe(executionArn!)).status).toBe('SUCCEEDED');
  });

  test('when deleted is gone, and its executions end', async () => {
    const it = await bench();
    const stateMachineArn = await it.create(waits);
    const { executionArn } = await begin(it, stateMachineArn);
    await it.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await it.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await expect(begin(it, stateMachineArn)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    await it.clock.advance({ seconds: 60 });
    expect((await it.describe(executionArn!)).status).toBe('SUCCEEDED');
  });

  test('has versions that do not change and aliases that move', async () => {
    const it = await bench();
    const { stateMachineArn: arn, stateMachineVersionArn: v1 } = await make(it, says('one'), {
      publish: true,
    });
    expect(v1).toBe(`${arn}:1`);
    const alias = `${arn}:live`;
    const routes = (version: string) => ({
      routingConfiguration: [{ stateMachineVersionArn: version, weight: 100 }],
    });
    await it.client.send(new CreateStateMachineAliasCommand({ name: 'live', ...routes(v1!) }));
    const definition = JSON.stringify(says('two'));
    await it.client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition }));
    const output = async (target: string) => {
      const { executionArn } = await begin(it, target);
      await it.clock.settled();
      return it.describe(executionArn!);
    };
    expect((await output(arn!)).output).toBe('"two"');
    expect(await output(alias)).toMatchObject({
      output: '"one"',
      stateMachineAliasArn: alias,
      stateMachineVersionArn: v1,
    });
    const published = await it.client.send(new PublishStateMachineVersionCommand({ stateMachineArn: arn }));
    expect(published.stateMachineVersionArn).toBe(`${arn}:2`);
    const again = await it.client.send(new PublishStateMachineVersionCommand({ stateMachineArn: arn }));
    expect(again.stateMachineVersionArn).toBe(`${arn}:2`);
    await it.client.send(
      new UpdateStateMachineAliasCommand({ stateMachineAliasArn: alias, ...routes(`${arn}:2`) }),
    );
    expect((await output(alias)).output).toBe('"two"');
    expect((await output(v1!)).output).toBe('"one"');
    const versions = await it.client.send(new ListStateMachineVersionsCommand({ stateMachineArn: arn }));
    expect(versions.stateMachineVersions!.map((one) => one.stateMachineVersionArn)).toEqual([
      `${arn}:2`,
      `${arn}:1`,
    ]);
    const aliases = await it.client.send(new ListStateMachineAliasesCommand({ stateMachineArn: arn }));
    expect(aliases.stateMachineAliases).toHaveLength(1);
    const described = await it.client.send(
      new DescribeStateMachineAliasCommand({ stateMachineAliasArn: alias }),
    );
    expect(described).toMatchObject({ name: 'live', ...routes(`${arn}:2`) });
    await expect(begin(it, `${arn}:3`)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    const split = [
      { stateMachineVersionArn: v1, weight: 50 },
      { stateMachineVersionArn: `${arn}:2`, weight: 50 },
    ];
    const both = it.client.send(
      new CreateStateMachineAliasCommand({ name: 'split', routingConfiguration: split }),
    );
    await expect(both).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('the wire', () => {
  test('answers junk with an error, never with a crash', async () => {
    const it = await bench();
    const post = async (target: string, body: string) => {
      const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' };
      const response = await fetch(it.engine.url, { method: 'POST', headers, body });
      return [response.status, ((await response.json()) as { __type: string }).__type];
    };
    expect(await post('AWSStepFunctions.StartExecution', '{')).toEqual([400, 'SerializationException']);
    expect(await post('AWSStepFunctions.StartExecution', '[]')).toEqual([400, 'SerializationException']);
    expect(await post('AWSStepFunctions.StartExecution', '{}')).toEqual([400, 'ValidationException']);
    expect(await post('AWSStepFunctions.StartExecution', '{"stateMachineArn":1}')).toEqual([
      400,
      'ValidationException',
    ]);
    expect(await post('AWSStepFunctions.toString', '{}')).toEqual([400, 'UnknownOperationException']);
    expect(await post('Other.StartExecution', '{}')).toEqual([400, 'UnknownOperationException']);
    expect((await fetch(it.engine.url)).status).toBe(400);
  });
});
