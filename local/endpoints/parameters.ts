// What does Parameter Store hold? String, StringList and SecureString values under a path, with a version each.
// Tiers, policies and history are not here; a SecureString is stored like any other.

import { join } from 'node:path';
import { openTable } from './journal.ts';
import type { LocalClock } from './timer.ts';
import { AwsError, type Json, jsonService, type ServiceHandler, text } from './wire.ts';

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: string;
}

export interface ParameterStore {
  readonly handler: ServiceHandler;
  put(parameter: { name: string; value: string; type?: string; overwrite?: boolean }): number;
  get(name: string): string | undefined;
  close(): void;
}

/** 4 KB for a standard parameter, 8 KB for an advanced one. */
const largestAdvanced = 8_192;
const largestStandard = 4_096;

export function openParameterStore(options: {
  dataFolder: string;
  clock: LocalClock;
  region: string;
  account: string;
}): ParameterStore {
  const parameters = openTable<Parameter>(join(options.dataFolder, 'parameters.jsonl'));

  const put: ParameterStore['put'] = ({ name, value, type = 'String', overwrite = false }) => {
    const known = parameters.get(name);
    if (known && !overwrite) throw new AwsError('ParameterAlreadyExists', `Parameter "${name}" exists.`);
    const version = (known?.version ?? 0) + 1;
    parameters.set(name, { name, type, value, version, modifiedAt: options.clock.now().toISOString() });
    return version;
  };
  const shown = (parameter: Parameter): Json => ({
    Name: parameter.name,
    Type: parameter.type,
    Value: parameter.value,
    Version: parameter.version,
    LastModifiedDate: Date.parse(parameter.modifiedAt) / 1000,
    ARN: `arn:aws:ssm:${options.region}:${options.account}:parameter${parameter.name.startsWith('/') ? '' : '/'}${parameter.name}`,
    DataType: 'text',
  });
  const find = (name: string): Parameter | undefined =>
    parameters.get(name.replace(/^arn:aws:ssm:[^:]*:[^:]*:parameter/, ''));

  const operations = {
    PutParameter(input: Json) {
      const value = text(input, 'Value');
      const largest = input.Tier === 'Advanced' ? largestAdvanced : largestStandard;
      if (Buffer.byteLength(value) > largest) {
        throw new AwsError('ValidationException', `"Value" must not exceed ${largest} bytes in this tier.`);
      }
      const [name, overwrite] = [text(input, 'Name'), input.Overwrite === true];
      return {
        Version: put({ name, value, type: String(input.Type ?? 'String'), overwrite }),
        Tier: input.Tier ?? 'Standard',
      };
    },
    GetParameter(input: Json) {
      const parameter = find(text(input, 'Name'));
      if (!parameter) throw new AwsError('ParameterNotFound', `Parameter "${input.Name}" does not exist.`);
      return { Parameter: shown(parameter) };
    },
    GetParameters(input: Json) {
      const names = input.Names as string[];
      const found = names.map(find).filter((parameter) => parameter !== undefined);
      return { Parameters: found.map(shown), InvalidParameters: names.filter((name) => !find(name)) };
    },
    GetParametersByPath: (input: Json) => byPath([...parameters.values()], input, shown),
  };
  return {
    handler: jsonService(operations),
    put,
    get: (name) => parameters.get(name)?.value,
    close: () => parameters.close(),
  };
}

/** At most 10 a page, as in AWS: who forgets NextToken notices here. */
function byPath(all: Parameter[], input: Json, shown: (parameter: Parameter) => Json): Json {
  const path = text(input, 'Path');
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const below = all
    .filter(({ name }) => name.startsWith(prefix))
    .filter(({ name }) => input.Recursive === true || !name.slice(prefix.length).includes('/'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const [from, size] = [Number(input.NextToken ?? 0), Math.min(Number(input.MaxResults ?? 10), 10)];
  const next = from + size < below.length ? { NextToken: String(from + size) } : {};
  return { Parameters: below.slice(from, from + size).map(shown), ...next };
}
