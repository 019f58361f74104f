// A whole edge for tests: SoftHSM with a server key, the test PSC's certificates, HAProxy, and behind it an API that
// tells what it saw.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EdgeKey } from '../../core/edge-identity.ts';
import { freePort } from '../../local/free-port.ts';
import type { IssuedLeaf } from '../../local/psc/issue.ts';
import { startPsc } from '../../local/psc/psc.ts';
import type { TestPsc } from '../../local/psc/test-psc.ts';
import { defaultLimits, type EdgeConfig, type EdgeLimits } from '../../proxy/config.ts';
import { Edge } from '../../proxy/edge.ts';
import { Hsm } from '../../proxy/hsm/hsm.ts';
import { generateKey, type KeyKind } from '../../proxy/hsm/key.ts';
import { checkTrust, pem, type TrustBundle } from '../../proxy/trust.ts';
import { requireEdgeMachine } from './edge-machine.ts';
import { type FaultyHsm, faultyHsm } from './faulty-hsm.ts';
import { openSoftHsm, tokenLabel, tokenPin } from './soft-hsm.ts';
import { type Seen, startStubApi } from './stub-api.ts';

export interface Client {
  readonly issued: IssuedLeaf;
  readonly key: string;
  /** Leaf and intermediate. */
  readonly cert: string;
}

export interface Stand {
  readonly edge: Edge;
  readonly config: EdgeConfig;
  readonly psc: TestPsc;
  readonly hsm: Hsm;
  /** With `faulty`. */
  readonly faulty?: FaultyHsm;
  readonly port: number;
  readonly healthPort: number;
  /** CA of the server certificate. */
  readonly ca: string;
  readonly seen: Seen[];
  readonly lines: string[];
  readonly macKey: EdgeKey;
  answerWith(status: number | 'hang up'): void;
  trust(): TrustBundle;
  client(
    more?: Partial<{ days: number; notBefore: Date; bits: number; purposes: readonly ['serverAuth'] }>,
  ): Promise<Client>;
  stop(): Promise<void>;
}

export interface StandOptions {
  readonly limits?: Partial<EdgeLimits>;
  readonly proxyProtocolFrom?: readonly string[];
  readonly keyKind?: KeyKind;
  readonly crlLifetimeMs?: number;
  /** An HSM that fails when told so. */
  readonly faulty?: boolean;
  /** Of HAProxy; two by default. */
  readonly threads?: number;
}

export const hosts = {
  optional: 'api.edge.test',
  required: 'mtls.edge.test',
  none: 'open.edge.test',
} as const;
export const holder = { country: 'CL', name: 'Transporte Aurora', rut: '12345678-5' } as const;
export const privateHost = 'api.node.internal';

/** How often one address may come is no matter of most tests, and how often it does, the machine's. */
const unhurried = { newConnections: 1_000_000, requests: 1_000_000 };

export async function startStand(options: StandOptions = {}): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-edge-'));
  const softModule = requireEdgeMachine();
  const faulty = options.faulty ? faultyHsm(folder) : undefined;
  const module = faulty?.module ?? softModule;
  const closeHsm = openSoftHsm(folder);
  const hsm = Hsm.open({ module, token: tokenLabel, pin: tokenPin });
  const key = generateKey(hsm, 'server', options.keyKind ?? 'P-256');
  const psc = await startPsc({
    dataFolder: join(folder, 'psc'),
    countries: ['CL'],
    ...(options.crlLifetimeMs && { crlLifetimeMs: options.crlLifetimeMs }),
  });
  const server = await psc.issue({
    holder,
    publicKey: key.public,
    use: 'transport',
    purposes: ['serverAuth'],
    hosts: Object.values(hosts),
  });
  const macKey: EdgeKey = { id: 'test-1', secret: randomBytes(32) };
  const api = await startStubApi(() => macKey);
  const [port, healthPort] = [await freePort(), await freePort()];
  const chainPem = server.chain
    .slice(0, 2)
    .map((der) => pem('CERTIFICATE', der))
    .join('');
  const config: EdgeConfig = {
    runFolder: join(folder, 'run'),
    listen: `127.0.0.1:${port}`,
    healthListen: `127.0.0.1:${healthPort}`,
    proxyProtocolFrom: options.proxyProtocolFrom ?? [],
    names: (['optional', 'required', 'none'] as const).map((clientCertificate) => ({
      host: hosts[clientCertificate],
      key: { label: 'server' },
      chainPem,
      clientCertificate,
    })),
    api: { host: privateHost, address: api.address },
    hsm: { module, token: tokenLabel, kind: 'softhsm' },
    limits: { ...defaultLimits, ...unhurried, ...options.limits },
    threads: options.threads ?? 2,
  };
  const trust = (): TrustBundle => {
    const { root, intermediate } = psc.authority('CL');
    return {
      authorities: [root.der, intermediate.der],
      lists: [psc.crl('CL', 'root').der, psc.crl('CL', 'intermediate').der],
    };
  };
  const lines: string[] = [];
  const edge = await Edge.start({
    config,
    hsm,
    pin: tokenPin,
    macKey,
    trust: checkTrust(trust(), new Date()),
    refused: [],
    process: {
      say: (line) => lines.push(line),
      died: (code, signal) => lines.push(`died ${code ?? signal}`),
    },
    environment: { PATH: `${process.env.PATH}:/usr/sbin`, SOFTHSM2_CONF: process.env.SOFTHSM2_CONF },
  });
  return {
    edge,
    config,
    psc,
    hsm,
    ...(faulty && { faulty }),
    port,
    healthPort,
    ca: pem('CERTIFICATE', psc.authority('CL').root.der),
    seen: api.seen,
    lines,
    macKey,
    answerWith: api.answerWith,
    trust,
    client: (more = {}) => makeClient(psc, more),
    async stop() {
      await edge.stop();
      await psc.stop();
      await api.stop();
      hsm.end();
      closeHsm();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function makeClient(
  psc: TestPsc,
  { bits = 2048, ...more }: Parameters<Stand['client']>[0] & {},
): Promise<Client> {
  const pair = generateKeyPairSync('rsa', { modulusLength: bits });
  const issued = await psc.issue({ holder, publicKey: pair.publicKey, use: 'transport', ...more });
  const cert = issued.chain
    .slice(0, 2)
    .map((der) => pem('CERTIFICATE', der))
    .join('');
  return { issued, cert, key: pemOf(pair.privateKey) };
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

/** A certificate of nobody's: self-signed, of an issuer that the edge does not know. */
export function strangerClient(): Pick<Client, 'key' | 'cert'> {
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=stranger', '-keyout', '-'];
  const both = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const cert = new X509Certificate(both.slice(both.indexOf('-----BEGIN CERTIFICATE')));
  return { key: both.slice(0, both.indexOf('-----BEGIN CERTIFICATE')), cert: cert.toString() };
}
