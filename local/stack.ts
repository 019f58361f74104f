// What has to exist before a node of the template can run on the laptop? Everything template.yaml deploys that has
// state or a name: resources, tables, state machines, schedules. The functions run in lambda/, the doors in lambda/fronts.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { callJson } from './endpoints/call.ts';
import type { Endpoints } from './endpoints/endpoints.ts';
import type { Json } from './endpoints/wire.ts';
import { substitute } from './stepfunctions/substitute.ts';
import { type FunctionResource, functionsOf } from './template/functions.ts';
import { holds, resolve, type Scope } from './template/intrinsics.ts';
import { type LocalResource, localResource } from './template/resources.ts';
import {
  type Properties,
  type Resource,
  readTemplate,
  type Template,
  type Value,
} from './template/template.ts';

export interface StackOptions {
  readonly templateFile: string;
  /** Goes before every name, so that two nodes share the endpoints: `network`, `operator`. */
  readonly stackName: string;
  /** Over the template's defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: Endpoints;
  /** Where tables are made; absent: none are. */
  readonly dynamodbUrl?: string;
  /** Where state machines are made; absent: none are. */
  readonly statesUrl?: string;
}

export interface Stack {
  readonly name: string;
  readonly template: Template;
  readonly templateFile: string;
  readonly functions: readonly FunctionResource[];
  resolve(value: Value): Value;
  /** Ref of a resource, or the attribute of GetAtt. Throws for a name that the template does not have. */
  resource(logicalId: string, attribute?: string): string;
  /** Resources of one type whose condition holds, with resolved properties. */
  ofType(type: string): { readonly logicalId: string; readonly properties: Properties }[];
}

export async function createStack(options: StackOptions): Promise<Stack> {
  const stack = openStack(options);
  for (const [logicalId, resource] of deployed(stack)) {
    if (/::(Queue|Bucket|Key|Parameter|Secret)$/.test(resource.Type)) stack.resource(logicalId);
  }
  const { dynamodbUrl, statesUrl } = options;
  if (dynamodbUrl)
    await Promise.all(
      stack.ofType('AWS::DynamoDB::Table').map((table) => createTable(stack, dynamodbUrl, table)),
    );
  if (statesUrl) {
    for (const type of ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine']) {
      await Promise.all(stack.ofType(type).map((machine) => createStateMachine(stack, statesUrl, machine)));
    }
  }
  createSchedules(stack, options.endpoints);
  return stack;
}

function openStack({ templateFile, stackName, parameters = {}, endpoints }: StackOptions): Stack {
  const template = readTemplate(templateFile);
  const made = new Map<string, LocalResource>();
  const { region, account } = endpoints;
  const scope: Scope = {
    template,
    parameters: parameterValues(template, parameters),
    pseudo: {
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
    },
    resource(logicalId, attribute) {
      const found = made.get(logicalId) ?? make(logicalId);
      const value = attribute === undefined ? found.ref : found.attributes[attribute];
      if (value === undefined)
        throw new Error(`"${logicalId}.${attribute}" is not known to the local stack.`);
      return value;
    },
  };
  const make = (logicalId: string): LocalResource => {
    const resource = template.Resources[logicalId];
    if (!resource) throw new Error(`The template has no parameter or resource "${logicalId}".`);
    const place = { stackName, endpoints, resolve: (value: Value) => resolve(scope, value) };
    const local = localResource(place, logicalId, resource);
    made.set(logicalId, local);
    return local;
  };
  const here = ({ Condition }: Resource): boolean => Condition === undefined || holds(scope, Condition);
  const present = {
    ...template,
    Resources: Object.fromEntries(Object.entries(template.Resources).filter(([, each]) => here(each))),
  };
  return {
    name: stackName,
    template: present,
    templateFile,
    functions: functionsOf(present),
    resolve: (value) => resolve(scope, value),
    resource: scope.resource,
    ofType: (type) =>
      Object.entries(present.Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([logicalId, { Properties }]) => ({
          logicalId,
          properties: (resolve(scope, Properties) ?? {}) as Properties,
        })),
  };
}

const deployed = (stack: Stack): [string, Resource][] => Object.entries(stack.template.Resources);

function parameterValues(template: Template, given: Readonly<Record<string, string>>): Record<string, Value> {
  const declared = template.Parameters ?? {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
  if (unknown) throw new Error(`The template has no parameter "${unknown}".`);
  const values = Object.entries(declared).map(([name, { Type, Default, AllowedValues }]) => {
    const value = given[name] ?? Default;
    if (value === undefined)
      throw new Error(`Parameter "${name}" of the template has neither a value nor a default.`);
    if (AllowedValues && !AllowedValues.map(String).includes(String(value))) {
      throw new Error(`Parameter "${name}" must be one of ${AllowedValues.join(', ')}, found "${value}".`);
    }
    return [name, Type === 'CommaDelimitedList' ? String(value).split(',') : value];
  });
  return Object.fromEntries(values);
}

type Table = { readonly logicalId: string; readonly properties: Properties };

/** What DynamoDB's CreateTable and CloudFormation's table have in common. */
const tableMembers = [
  'KeySchema',
  'AttributeDefinitions',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'BillingMode',
];

async function createTable(stack: Stack, url: string, { logicalId, properties }: Table): Promise<void> {
  const members = tableMembers.filter((name) => properties[name] !== undefined);
  const input = {
    TableName: stack.resource(logicalId),
    ...Object.fromEntries(members.map((name) => [name, properties[name]])),
  };
  await callJson(url, 'dynamodb', 'DynamoDB_20120810.CreateTable', input).catch(
    unless('ResourceInUseException'),
  );
}

async function createStateMachine(
  stack: Stack,
  url: string,
  { logicalId, properties }: Table,
): Promise<void> {
  const file = join(dirname(stack.templateFile), String(properties.DefinitionUri));
  const substitutions = Object.entries((properties.DefinitionSubstitutions ?? {}) as Record<string, Value>);
  const values = Object.fromEntries(substitutions.map(([name, value]) => [name, String(value)]));
  const definition = substitute(readFileSync(file, 'utf8'), values);
  const [stateMachineArn, name] = [stack.resource(logicalId), stack.resource(logicalId, 'Name')];
  const roleArn = 'arn:aws:iam::000000000000:role/local';
  const type = String(properties.Type ?? 'STANDARD');
  const call = (operation: string, input: Json) =>
    callJson(url, 'states', `AWSStepFunctions.${operation}`, input);
  await call('CreateStateMachine', { name, definition, roleArn, type }).catch(async (error) => {
    unless('StateMachineAlreadyExists')(error);
    await call('UpdateStateMachine', { stateMachineArn, definition });
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
  for (const [logicalId, { Properties }] of deployed(stack)) {
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
