// The calls about state machines, their versions and aliases. Executions: operations.ts.

import type { Engine } from './engine.ts';
import { ApiError } from './errors.ts';
import type { Alias, Machine } from './machines.ts';
import { type Body, type Operation, optional, page, required } from './parameters.ts';
import { examine } from './validate.ts';

const account = '000000000000';

export const machineOperations: Record<string, Operation> = {
  CreateStateMachine: async (engine, body) => {
    const name = required(body, 'name');
    if (!/^[\p{L}\p{N}._+!@()='-]{1,80}$/u.test(name))
      throw new ApiError('InvalidName', `Invalid Name: '${name}'`);
    if ((body.type ?? 'STANDARD') !== 'STANDARD') {
      throw new ApiError('StateMachineTypeNotSupported', 'Only STANDARD is supported by the local engine');
    }
    const arn = `arn:aws:states:${engine.surroundings.region}:${account}:stateMachine:${name}`;
    const existing = engine.machines.get(arn);
    const revisionId = await engine.machines.revise(required(body, 'definition'), existing?.revisionId);
    const roleArn = required(body, 'roleArn');
    if (existing && (existing.revisionId !== revisionId || existing.roleArn !== roleArn)) {
      throw new ApiError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    const now = engine.surroundings.clock.now().getTime();
    const blank = { createdAt: now, updatedAt: now, lastVersion: 0, versions: [], aliases: [] };
    const machine =
      existing ??
      (await engine.machines.put({ arn, name, roleArn, revisionId, ...blank, ...settings(body) }));
    const published = await publishIfAsked(engine, arn, body);
    return { stateMachineArn: arn, creationDate: machine.createdAt / 1000, ...published };
  },
  UpdateStateMachine: async (engine, body) => {
    const { machine } = engine.machines.target(required(body, 'stateMachineArn'));
    const text = optional(body, 'definition');
    const updated: Machine = {
      ...machine,
      ...settings(body),
      roleArn: optional(body, 'roleArn') ?? machine.roleArn,
      revisionId:
        text === undefined ? machine.revisionId : await engine.machines.revise(text, machine.revisionId),
      updatedAt: engine.surroundings.clock.now().getTime(),
    };
    await engine.machines.put(updated);
    const published = await publishIfAsked(engine, machine.arn, body);
    return { updateDate: updated.updatedAt / 1000, revisionId: updated.revisionId, ...published };
  },
  DescribeStateMachine: (engine, body) => {
    const arn = required(body, 'stateMachineArn');
    const { machine, revisionId, versionArn } = engine.machines.target(arn);
    return described(engine, machine, revisionId, versionArn ?? machine.arn);
  },
  DescribeStateMachineForExecution: (engine, body) => {
    const { facts } = engine.execution(required(body, 'executionArn'));
    return {
      stateMachineArn: facts.stateMachineVersionArn ?? facts.stateMachineArn,
      name: facts.stateMachineName,
      definition: facts.definitionText,
      roleArn: facts.roleArn,
      revisionId: facts.revisionId,
      updateDate: facts.startedAt / 1000,
    };
  },
  ListStateMachines: (engine, body) => {
    const { items, nextToken } = page(engine.machines.all(), body, 100);
    const stateMachines = items.map(({ arn, name, createdAt }) => {
      return { stateMachineArn: arn, name, type: 'STANDARD', creationDate: createdAt / 1000 };
    });
    return { stateMachines, nextToken };
  },
  DeleteStateMachine: async (engine, body) => {
    const arn = required(body, 'stateMachineArn');
    if (engine.machines.get(arn)) await engine.machines.remove(arn);
    return {};
  },
  ValidateStateMachineDefinition: (_engine, body) => {
    const { problems } = examine(required(body, 'definition'));
    const diagnostics = problems.map(({ location, message }) => {
      return { severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message, location };
    });
    return { result: diagnostics.length === 0 ? 'OK' : 'FAIL', diagnostics, truncated: false };
  },
  PublishStateMachineVersion: async (engine, body) => {
    const arn = required(body, 'stateMachineArn');
    const { version } = await engine.machines.publish(arn, engine.surroundings.clock.now().getTime(), {
      ...pick(body, 'description'),
      ...pick(body, 'revisionId'),
    });
    return { stateMachineVersionArn: `${arn}:${version.number}`, creationDate: version.createdAt / 1000 };
  },
  ListStateMachineVersions: (engine, body) => {
    const { machine } = engine.machines.target(required(body, 'stateMachineArn'));
    const { items, nextToken } = page(machine.versions.toReversed(), body, 100);
    const stateMachineVersions = items.map(({ number, createdAt }) => {
      return { stateMachineVersionArn: `${machine.arn}:${number}`, creationDate: createdAt / 1000 };
    });
    return { stateMachineVersions, nextToken };
  },
  CreateStateMachineAlias: async (engine, body) => {
    const name = required(body, 'name');
    if (!/^(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}$/.test(name)) {
      throw new ApiError('InvalidName', `Invalid Name: '${name}'`);
    }
    const { machine, version } = routed(engine, body);
    const now = engine.surroundings.clock.now().getTime();
    const aliasArn = `${machine.arn}:${name}`;
    const existing = machine.aliases.find((alias) => alias.name === name);
    if (existing && existing.version !== version) {
      throw new ApiError('ConflictException', `Alias Already Exists: '${aliasArn}'`);
    }
    const alias = { name, version, createdAt: now, updatedAt: now, ...pick(body, 'description') };
    if (!existing) await engine.machines.put({ ...machine, aliases: [...machine.aliases, alias] });
    return { stateMachineAliasArn: aliasArn, creationDate: (existing ?? alias).createdAt / 1000 };
  },
  UpdateStateMachineAlias: async (engine, body) => {
    const { machine, alias } = aliasOf(engine, body);
    const updatedAt = engine.surroundings.clock.now().getTime();
    const version = body.routingConfiguration === undefined ? alias.version : routed(engine, body).version;
    const changed = { ...alias, ...pick(body, 'description'), version, updatedAt };
    const aliases = machine.aliases.map((one) => (one.name === alias.name ? changed : one));
    await engine.machines.put({ ...machine, aliases });
    return { updateDate: updatedAt / 1000 };
  },
  DescribeStateMachineAlias: (engine, body) => {
    const { machine, alias } = aliasOf(engine, body);
    return {
      stateMachineAliasArn: `${machine.arn}:${alias.name}`,
      name: alias.name,
      description: alias.description,
      routingConfiguration: [{ stateMachineVersionArn: `${machine.arn}:${alias.version}`, weight: 100 }],
      creationDate: alias.createdAt / 1000,
      updateDate: alias.updatedAt / 1000,
    };
  },
  ListStateMachineAliases: (engine, body) => {
    const { machine } = engine.machines.target(required(body, 'stateMachineArn'));
    const { items, nextToken } = page(machine.aliases, body, 100);
    const stateMachineAliases = items.map(({ name, createdAt }) => {
      return { stateMachineAliasArn: `${machine.arn}:${name}`, creationDate: createdAt / 1000 };
    });
    return { stateMachineAliases, nextToken };
  },
};

function described(engine: Engine, machine: Machine, revisionId: string, arn: string): object {
  return {
    stateMachineArn: arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: engine.machines.revision(revisionId).text,
    roleArn: machine.roleArn,
    type: 'STANDARD',
    creationDate: machine.createdAt / 1000,
    loggingConfiguration: machine.loggingConfiguration ?? { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: machine.tracingConfiguration ?? { enabled: false },
    revisionId,
  };
}

async function publishIfAsked(engine: Engine, arn: string, body: Body): Promise<object> {
  const description = optional(body, 'versionDescription');
  if (body.publish !== true) {
    if (description === undefined) return {};
    throw new ApiError('ValidationException', 'Version description can only be set when publish is true');
  }
  const now = engine.surroundings.clock.now().getTime();
  const { version } = await engine.machines.publish(
    arn,
    now,
    description === undefined ? {} : { description },
  );
  return { stateMachineVersionArn: `${arn}:${version.number}` };
}

/** One version takes everything: splitting traffic between two is refused. */
function routed(engine: Engine, body: Body): { machine: Machine; version: number } {
  const routes = body.routingConfiguration as
    | { stateMachineVersionArn?: string; weight?: number }[]
    | undefined;
  const only = routes?.length === 1 && routes[0]!.weight === 100 ? routes[0]! : undefined;
  if (!only)
    throw new ApiError('ValidationException', 'routingConfiguration must be one version with weight 100');
  const target = engine.machines.target(required(only as Body, 'stateMachineVersionArn'));
  const version = Number(target.versionArn?.split(':').at(-1));
  if (!version || target.aliasArn) throw new ApiError('ValidationException', 'routes lead to versions only');
  return { machine: target.machine, version };
}

function aliasOf(engine: Engine, body: Body): { machine: Machine; alias: Alias } {
  const arn = required(body, 'stateMachineAliasArn');
  const { machine, aliasArn } = engine.machines.target(arn);
  const alias = machine.aliases.find((one) => `${machine.arn}:${one.name}` === aliasArn);
  if (!alias) throw new ApiError('ResourceNotFound', `Resource Not Found: '${arn}'`);
  return { machine, alias };
}

function settings(body: Body): Partial<Machine> {
  const { loggingConfiguration, tracingConfiguration } = body;
  return {
    ...(loggingConfiguration === undefined ? {} : { loggingConfiguration }),
    ...(tracingConfiguration === undefined ? {} : { tracingConfiguration }),
  };
}

function pick<Name extends string>(body: Body, name: Name): { [name in Name]?: string } {
  const value = optional(body, name);
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: string };
}
