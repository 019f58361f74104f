// What does Secrets Manager hold? Versions of a secret with their stages: AWSCURRENT, AWSPREVIOUS and whatever a
// rotation names. Rotation schedules, replication and recovery windows are not here.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openTable } from './journal.ts';
import type { LocalClock } from './timer.ts';
import { AwsError, type Json, jsonService, type ServiceHandler, text } from './wire.ts';

interface Version {
  readonly id: string;
  readonly secretString?: string;
  /** Base64. */
  readonly secretBinary?: string;
  readonly stages: readonly string[];
  readonly createdAt: string;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly versions: readonly Version[];
}

export interface SecretStore {
  readonly handler: ServiceHandler;
  /** Idempotent by name: an existing secret keeps its value. Answers the ARN. */
  seed(name: string, secretString: () => string): string;
  /** AWSCURRENT, by name or ARN. */
  current(nameOrArn: string): string;
  close(): void;
}

export function openSecrets(options: {
  dataFolder: string;
  clock: LocalClock;
  region: string;
  account: string;
}): SecretStore {
  const secrets = openTable<Secret>(join(options.dataFolder, 'secrets.jsonl'));

  const find = (input: Json): Secret => {
    const id = text(input, 'SecretId');
    const secret = secrets.get(id) ?? [...secrets.values()].find(({ arn }) => arn === id);
    if (!secret) throw notFound(`secret "${id}"`);
    return secret;
  };
  const create = (input: Json): Json => {
    const name = text(input, 'Name');
    if (secrets.get(name))
      throw new AwsError('ResourceExistsException', `The secret "${name}" already exists.`);
    // The six random characters make an ARN of a deleted and recreated secret another one.
    const arn = `arn:aws:secretsmanager:${options.region}:${options.account}:secret:${name}-${randomUUID().slice(0, 6)}`;
    const version = versionFrom(input, options.clock.now(), ['AWSCURRENT']);
    secrets.set(name, { name, arn, versions: [version] });
    return { ARN: arn, Name: name, VersionId: version.id };
  };

  const operations = {
    CreateSecret: create,
    PutSecretValue(input: Json) {
      const secret = find(input);
      const stages = (input.VersionStages as string[] | undefined) ?? ['AWSCURRENT'];
      const version = versionFrom(input, options.clock.now(), stages);
      secrets.set(secret.name, { ...secret, versions: withVersion(secret.versions, version) });
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages };
    },
    GetSecretValue(input: Json) {
      const secret = find(input);
      const version = secret.versions.find(wanted(input));
      if (!version) throw notFound('secret value');
      return shown(secret, version);
    },
  };
  return {
    handler: jsonService(operations),
    seed(name, secretString) {
      const known = secrets.get(name);
      return known ? known.arn : String(create({ Name: name, SecretString: secretString() }).ARN);
    },
    current(nameOrArn) {
      return find({ SecretId: nameOrArn }).versions.find(wanted({}))?.secretString ?? '';
    },
    close: () => secrets.close(),
  };
}

const notFound = (what: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified ${what}.`);

function versionFrom(input: Json, now: Date, stages: readonly string[]): Version {
  return {
    id: String(input.ClientRequestToken ?? randomUUID()),
    ...(input.SecretString === undefined ? {} : { secretString: text(input, 'SecretString') }),
    ...(input.SecretBinary === undefined ? {} : { secretBinary: text(input, 'SecretBinary') }),
    stages,
    createdAt: now.toISOString(),
  };
}

function shown({ arn, name }: Secret, version: Version): Json {
  return {
    ARN: arn,
    Name: name,
    VersionId: version.id,
    VersionStages: version.stages,
    CreatedDate: Date.parse(version.createdAt) / 1000,
    ...(version.secretString === undefined ? {} : { SecretString: version.secretString }),
    ...(version.secretBinary === undefined ? {} : { SecretBinary: version.secretBinary }),
  };
}

function wanted(input: Json): (version: Version) => boolean {
  if (input.VersionId !== undefined) return ({ id }) => id === input.VersionId;
  const stage = String(input.VersionStage ?? 'AWSCURRENT');
  return ({ stages }) => stages.includes(stage);
}

/** A stage stands on one version only; what loses AWSCURRENT takes AWSPREVIOUS; a version without stages is gone. */
function withVersion(versions: readonly Version[], added: Version): Version[] {
  const known = versions.find(({ id }) => id === added.id);
  if (known && (known.secretString !== added.secretString || known.secretBinary !== added.secretBinary)) {
    throw new AwsError('ResourceExistsException', `Version "${added.id}" exists with another value.`);
  }
  const losing = added.stages.includes('AWSCURRENT') ? [...added.stages, 'AWSPREVIOUS'] : added.stages;
  const kept = versions
    .filter(({ id }) => id !== added.id)
    .map((version) => {
      const wasCurrent = version.stages.includes('AWSCURRENT') && added.stages.includes('AWSCURRENT');
      const stages = version.stages.filter((stage) => !losing.includes(stage));
      return { ...version, stages: wasCurrent ? [...stages, 'AWSPREVIOUS'] : stages };
    })
    .filter(({ stages }) => stages.length > 0);
  return [...kept, added];
}
