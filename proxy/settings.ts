// What does the container's environment say? Names of secrets, parameters and buckets, addresses and limits: never a
// secret itself. Everything that is missing or wrong is named at once, and stops the start.

import { BlockList, isIPv4 } from 'node:net';
import type { Stage } from '../core/certificate/anchors.ts';
import { defaultLimits, type EdgeConfig } from './config.ts';

export interface EdgeSettings {
  readonly stage: Stage;
  /** Beginning of the edge's parameters: `/apodera/network/edge`. */
  readonly parameters: string;
  readonly loginSecretId: string;
  readonly macSecretId: string;
  readonly trustBucket: string;
  readonly truststoreKeyId: string;
  readonly tableName: string;
  /** The one in force first. */
  readonly sealKeyIds: readonly string[];
  /** Addresses of the HSMs; CloudHSM's client finds the others of the cluster by them. */
  readonly hsmAddresses: readonly string[];
  /** In how many zones they stand; with one alone, an outage of that zone ends all handshakes (B-022). */
  readonly hsmZones: number;
  readonly hsm: { readonly module: string; readonly token: string | undefined } & Pick<
    EdgeConfig['hsm'],
    'kind' | 'providerFolder'
  >;
  readonly config: Omit<EdgeConfig, 'names' | 'hsm'>;
  /** Between two looks at names, truststore and MAC key; 30 s, of which B-042's known time is made. */
  readonly followMilliseconds: number;
  /** Between "not ready" and the end of accepting; 100 s of Fargate's 120. */
  readonly drainMilliseconds: number;
}

export const leastZones = 2;

/** @param subnets CIDRs, one for each zone */
function zonesOf(addresses: readonly string[], subnets: readonly string[]): number {
  const holds = (subnet: string): boolean => {
    const [network = '', bits] = subnet.split('/');
    if (!isIPv4(network)) return false;
    const zone = new BlockList();
    zone.addSubnet(network, Number(bits));
    return addresses.some((address) => isIPv4(address) && zone.check(address));
  };
  return new Set(subnets.filter(holds)).size;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error naming every variable that is missing or wrong, never its value */
export function readSettings(environment: Environment): EdgeSettings {
  const problems: string[] = [];
  const text = (name: string, fallback?: string): string => {
    const value = environment[name] || fallback;
    if (value === undefined) problems.push(`"${name}" is not set`);
    return value ?? '';
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback?: T): T => {
    const value = text(name, fallback) as T;
    if (value && !allowed.includes(value)) problems.push(`"${name}": expected ${allowed.join(' or ')}`);
    return value;
  };
  const list = (name: string): string[] => (environment[name] ?? '').split(',').filter(Boolean);
  const kind = oneOf('HSM_KIND', ['cloudhsm', 'softhsm']);
  const [token, providerFolder, caFile] = ['HSM_TOKEN', 'PROVIDER_FOLDER', 'API_CA_FILE'].map(
    (name) => environment[name],
  );
  const whole = (name: string, fallback: string, most: number): number => {
    const value = Number(text(name, fallback));
    if (!Number.isInteger(value) || value < 1 || value > most) problems.push(`"${name}": 1 to ${most}`);
    return value;
  };
  const hsmAddresses = list('HSM_ADDRESSES');
  if (kind === 'cloudhsm' && hsmAddresses.length === 0) problems.push('"HSM_ADDRESSES" is not set');
  const stage = oneOf('NODE_STAGE', ['local', 'dev', 'prod']);
  const hsmZones = zonesOf(hsmAddresses, list('HSM_SUBNETS'));
  if (stage === 'prod' && hsmZones < leastZones)
    problems.push('"HSM_ADDRESSES": expected HSMs in two of the zones of "HSM_SUBNETS"');
  const settings: EdgeSettings = {
    stage,
    parameters: text('EDGE_PARAMETERS'),
    loginSecretId: text('HSM_LOGIN_SECRET_ID'),
    macSecretId: text('EDGE_MAC_SECRET_ID'),
    trustBucket: text('TRUST_BUCKET'),
    truststoreKeyId: text('TRUSTSTORE_KEY_ID'),
    tableName: text('TABLE_NAME'),
    sealKeyIds: [text('SEAL_KEY_ID'), ...list('PAST_SEAL_KEY_IDS')],
    hsmAddresses,
    hsmZones,
    hsm: { module: text('HSM_MODULE'), token, kind, ...(providerFolder && { providerFolder }) },
    config: {
      runFolder: text('RUN_FOLDER', '/run/apodera-edge'),
      listen: text('EDGE_LISTEN', ':8443'),
      healthListen: text('HEALTH_LISTEN', ':8444'),
      proxyProtocolFrom: list('PROXY_PROTOCOL_FROM'),
      api: { host: text('API_HOST'), address: text('API_ADDRESS'), ...(caFile && { caFile }) },
      limits: defaultLimits,
      // A signature of an HSM is a wait of milliseconds, in which its thread serves nobody (figures E1-slow, E1-kept).
      threads: whole('EDGE_THREADS', '8', 64),
    },
    followMilliseconds: whole('FOLLOW_SECONDS', '30', 300) * 1_000,
    drainMilliseconds: whole('DRAIN_SECONDS', '100', 110) * 1_000,
  };
  if (problems.length > 0) throw new Error(`configuration: ${problems.join('; ')}`);
  return settings;
}
