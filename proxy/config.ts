// What does an edge have to know? Which names it serves with which key of the HSM, where the API is, and its limits.
// Secrets are not in here: they are files of the run folder, written by the control plane.

import type { KeyName } from './hsm/key.ts';

export interface ServedName {
  /** Host name, lower case; SNI and Host have to be it. */
  readonly host: string;
  readonly key: KeyName;
  /** Leaf first. */
  readonly chainPem: string;
  readonly clientCertificate: 'none' | 'optional' | 'required';
}

export interface EdgeLimits {
  /** Header bytes on the private leg, ours included; API Gateway takes 8,000. */
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** From a connection's first byte, or the end of its last exchange, to the end of this one. */
  readonly requestSeconds: number;
  /** Of POST /v1/node/messages, which carries another message inside. */
  readonly nodeBodyBytes: number;
  readonly connections: number;
  /** At once, per source address: a tenth of all, so that one source's slow bodies do not hold every place. */
  readonly openConnections: number;
  /** Per source address in 10 s. */
  readonly newConnections: number;
  readonly requests: number;
  /** Refusals of API keys per source address in a minute, before only known keys pass (S28). */
  readonly refusedKeys: number;
}

export interface EdgeConfig {
  /** Of this process alone, mode 0700: rendered files, maps, the runtime socket. */
  readonly runFolder: string;
  /** `127.0.0.1:8443`, `:8443`. */
  readonly listen: string;
  readonly healthListen: string;
  /** CIDRs of the NLB's interfaces, which alone may connect, by PROXY protocol; empty: plain TCP from anybody. */
  readonly proxyProtocolFrom: readonly string[];
  readonly names: readonly ServedName[];
  readonly api: {
    /** The private custom domain: Host and SNI of the private leg. */
    readonly host: string;
    /** `host:port`. */
    readonly address: string;
    /** CAs of the private domain's certificate; absent on a laptop, where the leg is plain HTTP on 127.0.0.1. */
    readonly caFile?: string;
  };
  readonly hsm: {
    readonly module: string;
    readonly token: string;
    readonly kind: 'softhsm' | 'cloudhsm';
    /** Folder of OpenSSL's provider modules, where it is not OpenSSL's own. */
    readonly providerFolder?: string;
  };
  readonly limits: EdgeLimits;
  readonly threads: number;
  /** A laptop's network has a clock of its own: requests are signed by it, as Edge.setTimeOffset says. */
  readonly shiftedTime?: boolean;
}

const megabyte = 1_048_576;

export const defaultLimits: EdgeLimits = {
  headerBytes: 7_500,
  bodyBytes: 2 * megabyte,
  requestSeconds: 60,
  nodeBodyBytes: 4 * megabyte,
  connections: 4_000,
  openConnections: 400,
  newConnections: 200,
  requests: 1_000,
  refusedKeys: 30,
};

/** @throws Error in one sentence when the names cannot be served together */
export function checkConfig(config: EdgeConfig): EdgeConfig {
  const { names } = config;
  const hosts = new Set(names.map(({ host }) => host));
  if (names.length === 0 || hosts.size !== names.length) throw new Error('"names": expected different hosts');
  for (const text of [...hosts, config.api.host]) {
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text)) throw new Error(`"host": found "${text}"`);
  }
  // Disabling, withdrawing and enrolling need no certificate, so that some name has to answer without one.
  if (names.every(({ clientCertificate }) => clientCertificate === 'required')) {
    throw new Error('"names": one of them must answer without a client certificate');
  }
  return config;
}

/** Where the files of one run lie; HAProxy knows its maps and certificates by these names. */
export const files = {
  haproxy: 'haproxy.cfg',
  openssl: 'openssl.cnf',
  pin: 'pin',
  crtList: 'crt-list',
  trust: 'trust.pem',
  lists: 'lists.pem',
  refused: 'refused.map',
  macKey: 'mac.map',
  ready: 'ready.map',
  timeOffset: 'time-offset.map',
  socket: 'haproxy.sock',
  /** Behind a load balancer: from the door to the edge. */
  edgeSocket: 'edge.sock',
  /** Beside the others: a host may be called `trust`. */
  certificate: (host: string) => `served-${host}.pem`,
} as const;
