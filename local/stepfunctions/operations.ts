// What does each call of the Step Functions API take and give? Only the calls that this product and its tools make;
// every other is UnknownOperationException. Times on the wire are seconds since the epoch.

import { ApiError } from './errors.ts';
import { type Execution, longestPayload } from './execution.ts';
import { wireEvent } from './history.ts';
import { machineOperations } from './machine-operations.ts';
import { type Operation, optional, page, required } from './parameters.ts';

const executionOperations: Record<string, Operation> = {
  StartExecution: async (engine, body) => {
    const name = optional(body, 'name');
    if (name !== undefined) checkExecutionName(name);
    const execution = await engine.start({
      stateMachineArn: required(body, 'stateMachineArn'),
      ...(name === undefined ? {} : { name }),
      ...(body.input === undefined ? {} : { input: required(body, 'input') }),
    });
    return { executionArn: execution.facts.arn, startDate: execution.facts.startedAt / 1000 };
  },
  StopExecution: async (engine, body) => {
    const arn = required(body, 'executionArn');
    const execution = await engine.stop(arn, optional(body, 'error'), optional(body, 'cause'));
    return { stopDate: execution.ending!.at / 1000 };
  },
  DescribeExecution: (engine, body) => describe(engine.execution(required(body, 'executionArn'))),
  ListExecutions: (engine, body) => {
    const arn = required(body, 'stateMachineArn');
    const { machine, versionArn, aliasArn } = engine.machines.target(arn);
    const status = optional(body, 'statusFilter');
    const found = [...engine.executions.values()]
      .filter((execution) => execution.facts.stateMachineArn === machine.arn)
      .filter((execution) => !aliasArn || execution.facts.stateMachineAliasArn === aliasArn)
      .filter((execution) => !versionArn || execution.facts.stateMachineVersionArn === versionArn)
      .filter((execution) => !status || execution.status === status)
      .reverse();
    const { items, nextToken } = page(found, body, 100);
    return { executions: items.map(summary), nextToken };
  },
  GetExecutionHistory: (engine, body) => {
    const execution = engine.execution(required(body, 'executionArn'));
    const events = body.reverseOrder === true ? [...execution.events].reverse() : execution.events;
    const { items, nextToken } = page(events, body, 100);
    return { events: items.map((event) => wireEvent(event, body.includeExecutionData !== false)), nextToken };
  },
  SendTaskSuccess: async (engine, body) => {
    const token = required(body, 'taskToken');
    const text = required(body, 'output');
    await engine.answer(token, { ok: true, output: readOutput(text) });
    return {};
  },
  SendTaskFailure: async (engine, body) => {
    const token = required(body, 'taskToken');
    const error = optional(body, 'error');
    const cause = optional(body, 'cause');
    const given = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    await engine.answer(token, { ok: false, ...given });
    return {};
  },
  SendTaskHeartbeat: async (engine, body) => {
    await engine.heartbeat(required(body, 'taskToken'));
    return {};
  },
};

export const operations: Readonly<Record<string, Operation>> = {
  ...executionOperations,
  ...machineOperations,
};

function checkExecutionName(name: string): void {
  // "A name must not contain white space, brackets, wildcard characters, special characters, control characters."
  if (name.length < 1 || name.length > 80 || /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u.test(name)) {
    throw new ApiError('InvalidName', `Invalid Name: '${name}'`);
  }
}

function readOutput(text: string): never {
  if (Buffer.byteLength(text) > longestPayload) {
    throw new ApiError('InvalidOutput', "Invalid Output: 'longer than 262144 bytes'");
  }
  try {
    return JSON.parse(text) as never;
  } catch (error) {
    throw new ApiError('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
  }
}

function describe(execution: Execution): object {
  const { facts, ending } = execution;
  const included = { included: true };
  return {
    ...summary(execution),
    input: facts.input,
    inputDetails: included,
    ...(ending?.output === undefined ? {} : { output: ending.output, outputDetails: included }),
    error: ending?.error,
    cause: ending?.cause,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Redrive is not supported by the local engine',
  };
}

function summary({ facts, ending, status }: Execution): object {
  return {
    executionArn: facts.arn,
    stateMachineArn: facts.stateMachineArn,
    stateMachineVersionArn: facts.stateMachineVersionArn,
    stateMachineAliasArn: facts.stateMachineAliasArn,
    name: facts.name,
    status,
    startDate: facts.startedAt / 1000,
    stopDate: ending && ending.at / 1000,
    redriveCount: 0,
  };
}
