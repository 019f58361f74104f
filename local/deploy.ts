// How does everything of a stack that has state or a name come into being? By the calls that CloudFormation would make,
// each of them idempotent: what an earlier start made stays, a changed definition becomes a new version.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { callJson } from './endpoints/call.ts';
import type { Endpoints } from './endpoints/endpoints.ts';
import type { Json } from './endpoints/wire.ts';
import { openStack, type Stack, type StackOptions } from './stack.ts';
import { substitute } from './stepfunctions/substitute.ts';
import type { Properties, Value } from './template/template.ts';

interface Declared {
  readonly logicalId: string;
  readonly properties: Properties;
}

export async function createStack(options: StackOptions): Promise<Stack> {
  const stack = openStack(options);
  for (const [logicalId, resource] of Object.entries(stack.template.Resources)) {
    if (/::(Queue|Bucket|Key|Parameter|Secret)$/.test(resource.Type)) stack.resource(logicalId);
  }
  const { dynamodbUrl, statesUrl } = options;
  if (dynamodbUrl) await createTables(stack, dynamodbUrl);
  if (statesUrl) await createStateMachines(stack, statesUrl);
  createSchedules(stack, options.endpoints);
  return stack;
}

/** What DynamoDB's CreateTable and CloudFormation's table have in common. */
const tableMembers = [
  'KeySchema',
  'AttributeDefinitions',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'BillingMode',
];

async function createTables(stack: Stack, url: string): Promise<void> {
  const create = async ({ logicalId, properties }: Declared): Promise<void> => {
    const members = tableMembers.filter((name) => properties[name] !== undefined);
    const said = Object.fromEntries(members.map((name) => [name, properties[name]]));
    const input = { TableName: stack.resource(logicalId), ...said };
    await callJson(url, 'dynamodb', 'DynamoDB_20120810.CreateTable', input).catch(
      unless('ResourceInUseException'),
    );
  };
  await Promise.all(stack.ofType('AWS::DynamoDB::Table').map(create));
}

async function createStateMachines(stack: Stack, url: string): Promise<void> {
  for (const type of ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine']) {
    for (const machine of stack.ofType(type)) await createStateMachine(stack, url, machine);
  }
}

async function createStateMachine(
  stack: Stack,
  url: string,
  { logicalId, properties }: Declared,
): Promise<void> {
  const file = join(dirname(stack.templateFile), String(properties.DefinitionUri));
  const substitutions = Object.entries((properties.DefinitionSubstitutions ?? {}) as Record<string, Value>);
  const values = Object.fromEntries(substitutions.map(([name, value]) => [name, String(value)]));
  const definition = substitute(readFileSync(file, 'utf8'), values);
  const [stateMachineArn, name] = [stack.resource(logicalId), stack.resource(logicalId, 'Name')];
  const roleArn = 'arn:aws:iam::000000000000:role/local';
  const type = String(properties.Type ?? 'STANDARD');
  const call = (operation: string, input: Json): Promise<Json> =>
    callJson(url, 'states', `AWSStepFunctions.${operation}`, input);
  await call('CreateStateMachine', { name, definition, roleArn, type }).catch(async (error) => {
    unless('StateMachineAlreadyExists')(error);
    await call('UpdateStateMachine', { stateMachineArn, definition });
  });
  const alias = properties.AutoPublishAlias;
  if (alias === undefined) return;
  const { stateMachineVersionArn } = await call('PublishStateMachineVersion', { stateMachineArn });
  const routingConfiguration = [{ stateMachineVersionArn, weight: 100 }];
  await call('CreateStateMachineAlias', { name: alias, routingConfiguration }).catch(async (error) => {
    unless('ConflictException')(error);
    await call('UpdateStateMachineAlias', {
      stateMachineAliasArn: `${stateMachineArn}:${alias}`,
      routingConfiguration,
    });
  });
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if ((error as { code?: string }).code !== code) throw error;
  };
}

/** AWS::Scheduler::Schedule, and the Schedule and ScheduleV2 events of functions and state machines. */
function createSchedules(stack: Stack, { scheduler }: Endpoints): void {
  for (const { logicalId, properties } of stack.ofType('AWS::Scheduler::Schedule')) {
    scheduler.seed(String(properties.Name ?? `${stack.name}-${logicalId}`), properties);
  }
  for (const [logicalId, { Properties }] of Object.entries(stack.template.Resources)) {
    for (const [name, event] of Object.entries(
      (Properties?.Events ?? {}) as Record<string, { Type: string; Properties: Value }>,
    )) {
      if (event.Type !== 'Schedule' && event.Type !== 'ScheduleV2') continue;
      scheduler.seed(
        `${stack.name}-${logicalId}${name}`,
        asSchedule(stack, logicalId, stack.resolve(event.Properties) as Properties),
      );
    }
  }
}

function asSchedule(stack: Stack, logicalId: string, event: Properties): Json {
  const { Schedule, ScheduleExpression, Input, RetryPolicy, DeadLetterConfig, Enabled, ...rest } = event;
  return {
    ...rest,
    ScheduleExpression: ScheduleExpression ?? Schedule,
    ...(Enabled === false ? { State: 'DISABLED' } : {}),
    Target: {
      Arn: stack.resource(logicalId, 'Arn'),
      RoleArn: 'arn:aws:iam::000000000000:role/local',
      ...(Input === undefined ? {} : { Input }),
      ...(RetryPolicy === undefined ? {} : { RetryPolicy }),
      ...(DeadLetterConfig === undefined ? {} : { DeadLetterConfig }),
    },
  };
}
