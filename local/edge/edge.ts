// The mTLS edge on this laptop: the product's own control plane with SoftHSM and HAProxy, in front of a node's api door,
// with certificates of the test PSC. Requests are signed by the network's clock; TLS goes by the machine's: while the
// network's is ahead, its PSC's new lists would not be valid yet, and the edge keeps those it has.

import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { sealer } from '../../adapters/kms/seal.ts';
import { kmsPublicKeys } from '../../adapters/kms/signer.ts';
import { defaultLimits, type EdgeConfig } from '../../proxy/config.ts';
import { Control } from '../../proxy/control.ts';
import { Edge } from '../../proxy/edge.ts';
import { shakeHands } from '../../proxy/handshake.ts';
import { nodeRefused, type RefusedSource } from '../../proxy/refused.ts';
import { type CheckedTrust, checkTrust, pem, type TrustBundle } from '../../proxy/trust.ts';
import type { VirtualClock } from '../clock.ts';
import { freePort } from '../free-port.ts';
import type { Laptop, Node } from '../laptop.ts';
import type { TestPsc } from '../psc/test-psc.ts';
import { nodeIdentities } from '../seed/cast.ts';
import { softToken } from './token.ts';

export interface LocalEdgeParts {
  readonly laptop: Laptop;
  readonly node: Node;
  readonly psc: TestPsc;
  readonly clock: VirtualClock;
  /** Token, server certificate, rendered files, and what the edge says: edge.log. */
  readonly folder: string;
  /** 0: free ones. */
  readonly port: number;
}

export interface RunningEdge {
  /** https://localhost:8443 */
  readonly origin: string;
  /** PEM of the CA under which its server certificate stands. */
  readonly caFile: string;
  readonly healthPort: number;
  readonly edge: Edge;
  /** One round of the control plane now, instead of within a second. */
  readonly round: () => Promise<boolean>;
  /** After the network's clock was moved: requests are signed by it from now on. */
  readonly follow: () => Promise<void>;
  stop(): Promise<void>;
}

const host = 'localhost';
const keyLabel = 'edge';

/** @throws Error when something that it needs is missing or a port is taken */
export async function startLocalEdge(parts: LocalEdgeParts): Promise<RunningEdge> {
  const { folder, node, psc } = parts;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = join(folder, 'edge.log');
  // HAProxy may have a last word when the folder is gone already.
  const say = (line: string): void => void (existsSync(folder) && appendFileSync(log, `${line}\n`));
  const [port, healthPort] = [parts.port || (await freePort()), await freePort()];
  await requireFree(port);
  const { token, hsm, key } = await openKey(folder);
  const issued = await psc.issue({
    holder: nodeIdentities.network.holder,
    publicKey: key.public,
    use: 'transport',
    purposes: ['serverAuth'],
    hosts: [host],
  });
  const api = await node.openPrivateApi();
  const config: EdgeConfig = {
    runFolder: resolve(folder, 'run'),
    listen: `127.0.0.1:${port}`,
    healthListen: `127.0.0.1:${healthPort}`,
    proxyProtocolFrom: [],
    names: [
      {
        host,
        key: { label: keyLabel },
        chainPem: issued.chain.slice(0, 2).map(certificatePem).join(''),
        clientCertificate: 'optional',
      },
    ],
    api: { host: api.host, address: `127.0.0.1:${api.port}` },
    hsm: { module: token.module, token: token.label, kind: 'softhsm' },
    limits: defaultLimits,
    threads: 1,
    shiftedTime: true,
  };
  const trust = () => checkTrust(trustOf(psc), parts.clock.now());
  const edge = await Edge.start({
    config,
    hsm,
    pin: token.pin,
    macKey: api.keys()[0]!,
    trust: trust(),
    refused: [],
    process: {
      say,
      // Ctrl-C reaches HAProxy as well, and before us.
      died: (code, signal) =>
        signal === 'SIGINT' || code === 130 || console.error(`The edge ended (${code ?? signal}).`),
    },
    environment: { PATH: `${process.env.PATH}:/usr/sbin`, SOFTHSM2_CONF: token.configuration },
  });
  try {
    return await driven(parts, { edge, config, trust, say, healthPort });
  } catch (error) {
    await edge.stop();
    throw error;
  }
}

/** Made at the first start. */
async function openKey(folder: string) {
  const token = await softToken(folder);
  // Only now: pkcs11js is optional, and without it everything else runs.
  const { Hsm } = await import('../../proxy/hsm/hsm.ts');
  const { findKey, generateKey } = await import('../../proxy/hsm/key.ts');
  process.env.SOFTHSM2_CONF = token.configuration;
  const hsm = Hsm.open({ module: token.module, token: token.label, pin: token.pin });
  const made = join(folder, 'key-made');
  const key = existsSync(made) ? findKey(hsm, { label: keyLabel }) : generateKey(hsm, keyLabel, 'P-256');
  writeFileSync(made, '');
  return { token, hsm, key };
}

interface Started {
  readonly edge: Edge;
  readonly config: EdgeConfig;
  readonly trust: () => CheckedTrust;
  readonly say: (line: string) => void;
  readonly healthPort: number;
}

async function driven(parts: LocalEdgeParts, started: Started): Promise<RunningEdge> {
  const { edge, config, trust, say, healthPort } = started;
  const caFile = join(parts.folder, 'ca.pem');
  writeFileSync(caFile, parts.psc.authorities.map(({ root }) => certificatePem(root.der)).join(''));
  const source = refusedOf(parts);
  let { listsPem } = trust();
  let offset = 0;
  const ahead = () => (parts.clock.now().getTime() - Date.now()) / 1000;
  const follow = async (): Promise<void> => {
    if (Math.abs(ahead() - offset) < 5) return;
    offset = ahead();
    await edge.setTimeOffset(offset);
  };
  const control = new Control({
    edge,
    refused: {
      async refusedAmong(seen, now) {
        await follow();
        const next = trust();
        if (next.listsPem !== listsPem && ahead() < 60) {
          await edge.setTrust(next);
          ({ listsPem } = next);
        }
        return source.refusedAmong(seen, now);
      },
    },
    shakeHands: () => shakeHands(config, edge.servedHosts),
    now: () => new Date(),
    say: (code, fields) => say(JSON.stringify({ code, ...fields })),
    everyMilliseconds: 500,
  });
  await control.round();
  void control.run();
  return {
    origin: `https://${config.listen.replace('127.0.0.1', host)}`,
    caFile,
    healthPort,
    edge,
    round: () => control.round(),
    follow,
    async stop() {
      control.end();
      await edge.stop();
    },
  };
}

/** The node's own sealed statuses, by the clock of its people. */
function refusedOf({ laptop, node, clock }: LocalEdgeParts): RefusedSource {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const at = (endpoint: string) => ({ endpoint, credentials, region: laptop.endpoints.region });
  const kms = new KMSClient(at(laptop.endpoints.url));
  const client = new DynamoDBClient(at(laptop.dynamodbUrl));
  const table = dynamoDbTable({ client, name: node.stack.resource('NodeTable') });
  const checks = sealer({
    acceptedKeyIds: [node.stack.resource('SealKey')],
    publicKey: kmsPublicKeys(kms),
    log: { say: (code) => console.error(`edge: ${code}`) },
  });
  const source = nodeRefused(table, checks);
  return { refusedAmong: (seen) => source.refusedAmong(seen, clock.now()) };
}

function trustOf(psc: TestPsc): TrustBundle {
  return {
    authorities: psc.authorities.flatMap(({ root, intermediate }) => [root.der, intermediate.der]),
    lists: psc.authorities.flatMap(({ country }) => [
      psc.crl(country, 'root').der,
      psc.crl(country, 'intermediate').der,
    ]),
  };
}

const certificatePem = (der: Uint8Array): string => pem('CERTIFICATE', der);

async function requireFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((free, taken) => {
    server.once('error', () => taken(new Error(`Port ${port} (edge) is taken`)));
    server.listen(port, '127.0.0.1', () => server.close(() => free()));
  });
}
