// The container's own entry point as a process of its own, with the laptop's AWS endpoints, SoftHSM that can be told to
// fail, and an API that verifies the MAC.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { truststoreRecords } from '../../adapters/dynamodb/truststore.ts';
import { kmsSigner } from '../../adapters/kms/signer.ts';
import { truststoreShelf } from '../../adapters/s3/truststore.ts';
import type { EdgeKey } from '../../core/edge-identity.ts';
import { listName, signTruststore } from '../../core/truststore/manifest.ts';
import { startEndpoints } from '../../local/endpoints/endpoints.ts';
import { freePort } from '../../local/free-port.ts';
import { startPsc } from '../../local/psc/psc.ts';
import { Hsm } from '../../proxy/hsm/hsm.ts';
import { generateKey } from '../../proxy/hsm/key.ts';
import { pem } from '../../proxy/trust.ts';
import { startDynamoDb } from './dynamodb.ts';
import { holder, hosts, makeClient, privateHost } from './edge-stand.ts';
import { faultyHsm } from './faulty-hsm.ts';
import { openSoftHsm, tokenLabel, tokenPin } from './soft-hsm.ts';
import { startStubApi } from './stub-api.ts';

export const prefix = '/apodera/test/edge';

export interface RunningTask {
  readonly pid: number | undefined;
  readonly lines: Record<string, unknown>[];
  /** Codes said so far. */
  readonly codes: () => string[];
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export type EdgeTaskStand = Awaited<ReturnType<typeof edgeTaskStand>>;

export async function edgeTaskStand() {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-task-'));
  const closeSoft = openSoftHsm(folder);
  const faulty = faultyHsm(folder);
  const hsm = Hsm.open({ module: faulty.module, token: tokenLabel, pin: tokenPin });
  const keys = { first: generateKey(hsm, 'first', 'P-256'), second: generateKey(hsm, 'second', 'RSA-2048') };
  const psc = await startPsc({ dataFolder: join(folder, 'psc'), countries: ['CL'] });
  const clock = { now: () => new Date() };
  const endpoints = await startEndpoints({ dataFolder: folder, clock: clock as never });
  const dynamodb = await startDynamoDb();
  const table = await dynamodb.table();
  const given = { endpoint: endpoints.url, region: 'us-east-1', credentials };
  const secrets = new SecretsManagerClient(given);
  endpoints.s3.seedBucket({ name: 'trust', versioned: true });
  const seedKey = (name: string) =>
    endpoints.kms.seedKey({ alias: `alias/${name}`, spec: 'ECC_NIST_P256' }).keyId;
  const [truststoreKey, sealKey] = [seedKey('truststore'), seedKey('seal')];
  const macKeys: EdgeKey[] = [{ id: 'one', secret: randomBytes(32) }];
  const macText = (key: EdgeKey) =>
    JSON.stringify({ id: key.id, secret: Buffer.from(key.secret).toString('base64') });
  endpoints.secrets.seed('login', () => JSON.stringify({ user: 'edge', password: tokenPin }));
  endpoints.secrets.seed('mac', () => macText(macKeys[0]!));
  const api = await startStubApi(() => macKeys.at(-1)!);
  const [port, healthPort] = [await freePort(), await freePort()];
  const shelf = truststoreShelf(new S3Client({ ...given, forcePathStyle: true }), 'trust');
  const records = truststoreRecords(table);
  const signer = kmsSigner(new KMSClient(given), truststoreKey, 'ECDSA_SHA_256');

  async function serverChain(key: keyof typeof keys): Promise<readonly string[]> {
    const issued = await psc.issue({
      holder,
      publicKey: keys[key].public,
      use: 'transport',
      purposes: ['serverAuth'],
      hosts: [hosts.optional],
    });
    return issued.chain.slice(0, 2).map((der, at) => {
      const name = `${key}-${issued.serialNumber.toString().slice(0, 12)}-${at}`;
      endpoints.parameters.put({ name: `${prefix}/certificates/${name}`, value: pem('CERTIFICATE', der) });
      return name;
    });
  }

  const environment = {
    AWS_ENDPOINT_URL: endpoints.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_S3_FORCE_PATH_STYLE: 'true',
    NODE_STAGE: 'dev',
    EDGE_PARAMETERS: prefix,
    HSM_LOGIN_SECRET_ID: 'login',
    EDGE_MAC_SECRET_ID: 'mac',
    TRUST_BUCKET: 'trust',
    TRUSTSTORE_KEY_ID: truststoreKey,
    TABLE_NAME: table.name,
    SEAL_KEY_ID: sealKey,
    HSM_KIND: 'softhsm',
    HSM_MODULE: faulty.module,
    HSM_TOKEN: tokenLabel,
    API_HOST: privateHost,
    API_ADDRESS: api.address,
    RUN_FOLDER: join(folder, 'run'),
    EDGE_LISTEN: `127.0.0.1:${port}`,
    HEALTH_LISTEN: `127.0.0.1:${healthPort}`,
    FOLLOW_SECONDS: '1',
    DRAIN_SECONDS: '1',
    SOFTHSM2_CONF: process.env.SOFTHSM2_CONF,
    PATH: process.env.PATH,
  };
  const tasks = tasksIn(environment);

  return {
    faulty,
    psc,
    table,
    api,
    endpoints,
    shelf,
    serverChain,
    /** For test/support/edge-client.ts. */
    asked: { port, ca: pem('CERTIFICATE', psc.authority('CL').root.der) } as never,
    client: () => makeClient(psc, {}),
    ready: async () => (await fetch(`http://127.0.0.1:${healthPort}/`).catch(() => undefined))?.status,
    serve(key: keyof typeof keys, chain: readonly string[]): void {
      const names = [{ host: hosts.optional, keyLabel: key, clientCertificate: 'optional', chain }];
      endpoints.parameters.put({ name: `${prefix}/names`, value: JSON.stringify(names), overwrite: true });
    },
    /** The truststore as the node publishes it; answers the file. */
    async publish(version: number): Promise<Uint8Array> {
      const { root, intermediate } = psc.authority('CL');
      const lists = (['root', 'intermediate'] as const).map((issuer) => psc.crl('CL', issuer).der);
      for (const der of lists) await shelf.keep(listName(der), der);
      const authorities = [root.der, intermediate.der];
      const content = { authorities, lists: lists.map(listName), version, stage: 'dev' as const };
      const file = await signTruststore({ ...content, issuedAt: new Date() }, signer);
      await shelf.publish(file);
      await records.settle({ version, content: '', kept: new Map() });
      return file;
    },
    async newMacKey(id: string): Promise<void> {
      const key = { id, secret: randomBytes(32) };
      await secrets.send(new PutSecretValueCommand({ SecretId: 'mac', SecretString: macText(key) }));
      macKeys.push(key);
    },
    async newLogin(password: string): Promise<void> {
      const SecretString = JSON.stringify({ user: 'edge', password });
      await secrets.send(new PutSecretValueCommand({ SecretId: 'login', SecretString }));
    },
    run: tasks.run,
    async stop() {
      await tasks.stop();
      await api.stop();
      await psc.stop();
      await endpoints.stop();
      await dynamodb.stop();
      hsm.end();
      closeSoft();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Processes of proxy/main.ts, and their end. */
function tasksIn(environment: NodeJS.ProcessEnv) {
  const children: ChildProcess[] = [];
  return {
    run(more: Record<string, string> = {}): RunningTask {
      const child = spawn(process.execPath, ['proxy/main.ts'], {
        env: { ...environment, ...more },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const lines: Record<string, unknown>[] = [];
      let rest = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const parts = (rest + chunk.toString('utf8')).split('\n');
        rest = parts.pop()!;
        for (const line of parts) lines.push(JSON.parse(line));
      });
      const ended = once(child, 'close').then(([code]) => code as number | null);
      return {
        pid: child.pid,
        lines,
        codes: () => lines.flatMap(({ code }) => (typeof code === 'string' ? [code] : [])),
        ended,
        kill: (signal) => void child.kill(signal),
      };
    },
    async stop() {
      for (const child of children.filter((one) => one.exitCode === null && one.signalCode === null)) {
        child.kill('SIGTERM');
        await once(child, 'close');
      }
    },
  };
}
