import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { outboxPut } from '../../adapters/dynamodb/outbox.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import { clientOf, endpointsOn, freshFolder, onCleanUp } from '../local/endpoints/support.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { evidenceNode } from '../support/evidence.ts';
import { apodera } from '../support/terminal.ts';

// The three handlers as they are deployed, wired from the environment alone, over the local endpoints.

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function aNode() {
  const table = await engine.table();
  const endpoints = await endpointsOn(freshFolder());
  endpoints.s3.seedBucket({ name: 'evidence', objectLock: true });
  const { arn } = endpoints.kms.seedKey({ alias: 'alias/evidence', spec: 'ECC_NIST_P256' });
  const queue = (name: string) => {
    endpoints.sqs.queues.seed({
      name,
      visibilityTimeoutSeconds: 30,
      retentionSeconds: 3600,
      delaySeconds: 0,
    });
    return `${endpoints.url}/000000000000/${name}`;
  };
  const environment = {
    AWS_ENDPOINT_URL: endpoints.url,
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TABLE_NAME: table.name,
    NODE_FIN_ID: 'NODE',
    EVIDENCE_BUCKET: 'evidence',
    EVIDENCE_KEY_ID: arn,
    EVIDENCE_RETENTION_DAYS: '30',
    MAIL_QUEUE_URL: queue('mail'),
    DELIVER_QUEUE_URL: queue('deliver'),
    PAYMENT_QUEUE_URL: queue('payment'),
    EXECUTION_QUEUE_URL: queue('execution'),
    SEAL_KEY_ID: arn,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return { table, environment, endpoints };
}

test('records are chained, their heads signed by KMS into the locked bucket, and the audit agrees', async () => {
  const { table, environment } = await aNode();
  const node = evidenceNode(new Map(), table);
  await table.transact([evidencePut(node.record({ at: new Date() }))]);
  const chain = await import('../../functions/chain-evidence/handler.ts');
  expect(await chain.handler()).toEqual({ chained: 1 });
  const sign = await import('../../functions/sign-evidence-heads/handler.ts');
  expect(await sign.handler()).toEqual({ number: 1, broken: 0 });
  expect(await sign.handler()).toEqual({ number: 2, broken: 0 });
  const { exitCode, out } = await apodera(['evidence', 'audit'], { env: environment, now: new Date() });
  expect(out).toContain('Read 2 signed heads, 1 records');
  expect(exitCode).toBe(0);
});

test('a forgotten entry of the outbox reaches its queue', async () => {
  const { table, environment, endpoints } = await aNode();
  const past = new Date(Date.now() - 120_000);
  const entry = newOutboxEntry({ id: 'ENTRY', queue: 'mail', kind: 'mail.test', refs: {}, now: past });
  await table.transact([outboxPut(entry)]);
  const { handler } = await import('../../functions/sweep-outbox/handler.ts');
  expect(await handler()).toEqual({ announced: 1 });
  const client = new SQSClient(clientOf(endpoints.url));
  onCleanUp(() => client.destroy());
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: environment.MAIL_QUEUE_URL }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['{"outbox":"ENTRY"}']);
});
