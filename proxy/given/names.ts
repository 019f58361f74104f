// Which names does the edge serve, with which keys and chains? One parameter lists them and is one version for the
// whole; each certificate lies in a parameter of its own, for one of 4 kB holds no chain. A certificate's parameter is
// never written twice: a new one gets a new name, so that the list decides alone.

import { GetParameterCommand, GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { ServedName } from '../config.ts';

export interface GivenNames {
  readonly names: readonly ServedName[];
  /** Of the parameter; grows with each change. */
  readonly version: number;
}

interface ListedName {
  readonly host: string;
  readonly keyLabel: string;
  readonly clientCertificate: ServedName['clientCertificate'];
  /** Names below `<prefix>/certificates/`, leaf first. */
  readonly chain: readonly string[];
}

/** `<prefix>/names`: `[{"host":…,"keyLabel":…,"clientCertificate":"optional","chain":["leaf-2026","psc-7"]}]`. */
export const namesParameter = (prefix: string): string => `${prefix}/names`;
export const certificateParameter = (prefix: string, name: string): string =>
  `${prefix}/certificates/${name}`;
/** The CA under which the HSMs' own certificates stand; its key is the institution's. */
export const customerCaParameter = (prefix: string): string => `${prefix}/hsm-customer-ca`;
export const refusedLoginParameter = (prefix: string): string => `${prefix}/hsm-refused-login`;

const certificatesAlone =
  /^\s*(-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/;

/** GetParameters takes no more. */
const mostAtOnce = 10;

/** @param known version at hand: the same one is answered with undefined. @throws Error naming the parameter */
export async function readNames(
  client: SSMClient,
  prefix: string,
  known?: number,
): Promise<GivenNames | undefined> {
  const Name = namesParameter(prefix);
  const { Parameter } = await client.send(new GetParameterCommand({ Name }));
  const version = Parameter?.Version ?? 0;
  if (version === known) return undefined;
  const listed = readList(Name, Parameter?.Value ?? '');
  const certificates = await readCertificates(client, prefix, new Set(listed.flatMap(({ chain }) => chain)));
  const names = listed.map(({ host, keyLabel, clientCertificate, chain }): ServedName => {
    const chainPem = chain.map((each) => certificates.get(each)!).join('');
    return { host, key: { label: keyLabel }, clientCertificate, chainPem };
  });
  return { names, version };
}

export async function readParameter(client: SSMClient, Name: string): Promise<string> {
  const { Parameter } = await client.send(new GetParameterCommand({ Name }));
  if (!Parameter?.Value) throw new Error(`the parameter "${Name}" has no value`);
  return Parameter.Value;
}

async function readCertificates(
  client: SSMClient,
  prefix: string,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const all = [...names];
  for (let at = 0; at < all.length; at += mostAtOnce) {
    const some = all.slice(at, at + mostAtOnce);
    const Names = some.map((name) => certificateParameter(prefix, name));
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names }));
    for (const name of some) {
      const text = Parameters.find(({ Name }) => Name === certificateParameter(prefix, name))?.Value;
      // Nothing else: HAProxy would take a private key from beside a certificate, in place of the HSM's.
      if (!text || !certificatesAlone.test(text)) {
        throw new Error(
          `the parameter "${certificateParameter(prefix, name)}" holds something else than a certificate`,
        );
      }
      found.set(name, `${text.trim()}\n`);
    }
  }
  return found;
}

function readList(parameter: string, text: string): readonly ListedName[] {
  const wrong = (): never => {
    throw new Error(`the parameter "${parameter}" is not a list of served names`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong();
  }
  return Array.isArray(value) && value.every(isListedName) ? value : wrong();
}

function isListedName(value: unknown): value is ListedName {
  const { host, keyLabel, clientCertificate, chain } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof host === 'string' &&
    typeof keyLabel === 'string' &&
    ['none', 'optional', 'required'].includes(String(clientCertificate)) &&
    Array.isArray(chain) &&
    chain.length > 0 &&
    chain.every((each) => typeof each === 'string' && /^[\w.-]{1,100}$/.test(each))
  );
}
