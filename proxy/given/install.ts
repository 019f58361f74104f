// How does an issued chain come into service? Each certificate into a parameter of its own, under a name that was never
// used, and then one new version of the list of names: what reads in between still finds the old list whole.

import {
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { certificateParameter, namesParameter } from './names.ts';

export interface InstalledChain {
  readonly host: string;
  readonly keyLabel: string;
  /** Beginning of the certificates' names: `api-2026` gives `api-2026-1`, `api-2026-2`. */
  readonly name: string;
  /** Leaf first. */
  readonly chainPem: string;
}

type Listed = { host: string; clientCertificate: string } & Record<string, unknown>;

/** A standard parameter holds so many bytes; certificates of ICP-Brasil come near. */
const standardBytes = 4_096;

/** @returns the version of the names. @throws Error, ParameterAlreadyExists when the name was used before */
export async function installChain(
  client: SSMClient,
  prefix: string,
  { host, keyLabel, name, chainPem }: InstalledChain,
): Promise<number> {
  const certificates = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const chain: string[] = [];
  for (const [at, Value] of certificates.entries()) {
    chain.push(`${name}-${at + 1}`);
    const Tier = Value.length > standardBytes ? 'Advanced' : 'Standard';
    const Name = certificateParameter(prefix, chain.at(-1)!);
    await client.send(new PutParameterCommand({ Name, Value, Tier, Type: 'String' }));
  }
  const before = await listed(client, prefix);
  const known = before.find((each) => each.host === host);
  const next = { clientCertificate: 'optional', ...known, host, keyLabel, chain };
  const others = before.filter((each) => each.host !== host);
  const { Version = 0 } = await client.send(
    new PutParameterCommand({
      Name: namesParameter(prefix),
      Value: JSON.stringify([...others, next]),
      Type: 'String',
      Overwrite: true,
    }),
  );
  return Version;
}

async function listed(client: SSMClient, prefix: string): Promise<readonly Listed[]> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: namesParameter(prefix) }));
    return JSON.parse(Parameter?.Value ?? '[]') as readonly Listed[];
  } catch (error) {
    if (error instanceof ParameterNotFound) return [];
    throw error;
  }
}
