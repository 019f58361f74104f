// The container's entry point: AWS's clients, the signals, and the exit code. What a task does is in task.ts; which
// variables it reads, in settings.ts. Run: node proxy/main.ts

import { execFileSync } from 'node:child_process';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { dynamoDbTable } from '../adapters/dynamodb/dynamodb.ts';
import { leastTruststore } from '../adapters/dynamodb/truststore.ts';
import { sealer } from '../adapters/kms/seal.ts';
import { kmsPublicKeys } from '../adapters/kms/signer.ts';
import { truststoreShelf } from '../adapters/s3/truststore.ts';
import { edgeKeys, secretReader } from '../adapters/secrets-manager/secrets.ts';
import { readLogin, refusedLogins } from './given/login.ts';
import { customerCaParameter, readNames, readParameter, refusedLoginParameter } from './given/names.ts';
import { TruststoreReader } from './given/truststore.ts';
import { configureClient } from './hsm/cloudhsm-client.ts';
import { edgeLog } from './log.ts';
import { nodeRefused } from './refused.ts';
import { type EdgeSettings, readSettings } from './settings.ts';
import { startTask, type TaskParts } from './task.ts';

const now = (): Date => new Date();
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const say = edgeLog(write, now);

/** The SDK waits for ever by itself: one answer that got lost would end all news, and nobody would be told. */
const patience = {
  requestHandler: {
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
    socketTimeout: 5_000,
  },
};

function partsOf(settings: EdgeSettings): TaskParts {
  const ssm = new SSMClient(patience);
  const [secrets, kms] = [new SecretsManagerClient(patience), new KMSClient(patience)];
  const { parameters, hsm, truststoreKeyId } = settings;
  const table = dynamoDbTable({ client: new DynamoDBClient(patience), name: settings.tableName });
  const publicKey = kmsPublicKeys(kms);
  const seals = sealer({
    acceptedKeyIds: settings.sealKeyIds,
    publicKey,
    log: { say: (code) => say('EDGE_MAP_STALE', { reason: code }) },
  });
  const { PATH, SOFTHSM2_CONF } = process.env;
  return {
    settings,
    login: () => readLogin(secrets, settings.loginSecretId, hsm.kind),
    refusedLogins: refusedLogins(ssm, refusedLoginParameter(parameters)),
    async prepareHsm() {
      if (hsm.kind !== 'cloudhsm') return;
      await configureClient(settings.hsmAddresses, await readParameter(ssm, customerCaParameter(parameters)));
    },
    names: (known) => readNames(ssm, parameters, known),
    trust: new TruststoreReader({
      shelf: truststoreShelf(new S3Client(patience), settings.trustBucket),
      least: () => leastTruststore(table),
      keys: async () => new Map([[truststoreKeyId, await publicKey(truststoreKeyId)]]),
      stage: settings.stage,
      now,
    }),
    macKeys: edgeKeys(secretReader(secrets), settings.macSecretId),
    refused: nodeRefused(table, seals),
    environment: { PATH: `${PATH}:/usr/sbin`, ...(SOFTHSM2_CONF && { SOFTHSM2_CONF }) },
    now,
    write,
    gaveUp: () => end(1, 'HAProxy does not stay'),
    service: parameters,
  };
}

/**
 * The PIN is in this process's memory and in HAProxy's, which inherits the limit. 1 and not 0: with 0, a handler behind
 * a pipe would still be given the memory (core(5)); 0 where no more is allowed.
 */
function leaveNoCore(): void {
  const limit = (bytes: number) =>
    execFileSync('prlimit', [`--core=${bytes}:${bytes}`, '--pid', `${process.pid}`], { stdio: 'pipe' });
  try {
    limit(1);
  } catch {
    limit(0);
  }
}

function end(code: number, reason: string): void {
  say('EDGE_ENDED', { exit: code, reason });
  process.exit(code);
}

async function main(): Promise<void> {
  leaveNoCore();
  const starting = startTask(partsOf(readSettings(process.env)));
  let draining = false;
  const drain = async (signal: string): Promise<void> => {
    if (draining) return;
    draining = true;
    const task = await starting.catch(() => undefined);
    await task?.drain();
    end(0, signal);
  };
  // Before it is ready: a signal in between would leave HAProxy without whoever ends it.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void drain(signal));
  await starting;
}

if (import.meta.main) await main().catch((error: Error) => end(1, error.message));
