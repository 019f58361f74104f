import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { environmentNames } from '../../adapters/config.ts';
import { writeCursor } from '../../adapters/dynamodb/table.ts';
import { kmsClient } from '../../adapters/kms/kms.ts';
import { sealer as kmsSealer } from '../../adapters/kms/seal.ts';
import { kmsPublicKeys, kmsSigner } from '../../adapters/kms/signer.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { type Parameter, type Route, readContract, routesOf } from '../../openapi/contract.ts';
import { endpointsOn, freshFolder } from '../local/endpoints/support.ts';
import { apiEvent } from '../support/api-event.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { debtor, network, payoutMessage, payoutWorld } from '../support/payouts.ts';

// Whatever stands in a path, a query or a header of ours: an answer that the caller can act on, never a fault. Each
// operation of openapi.yaml is asked through the handler that is deployed, over a real table with something in it.

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

const cursorAt = (list: string, key: object) => ({
  gsi1pk: `${list}#${debtor}`,
  gsi1sk: '019e83b2-e580-7c9b-85ef-2df0cca0fd35',
  pk: 'TX#a#b',
  sk: 'PAYOUT',
  ...key,
});
const cursors = ['PAYOUTS', 'CERTIFICATES'].flatMap((list) =>
  [
    {},
    { pk: '' },
    { gsi1sk: '' },
    { pk: 'x'.repeat(1100) },
    { sk: '\ud800' },
    { sk: 'STATUS', more: 'x' },
  ].map((key) => writeCursor(cursorAt(list, key))),
);

const hostile: readonly (readonly [string, readonly string[]])[] = [
  ['huge', ['x'.repeat(8192)]],
  ['just short enough', ['x'.repeat(2000)]],
  ['huge in bytes', ['支'.repeat(1500)]],
  ['empty', ['']],
  ['NUL', ['a\0b']],
  ['a lone surrogate', ['\ud800']],
  ['invalid percent-encoding', ['%E0%A4%A']],
  ['octets that are no UTF-8', ['%ff%fe']],
  ['twice', ['a', 'b']],
  ['another script', ['支払い платёж دفعة']],
  ['digits of another script', ['１０']],
  ['turned around', ['\u202eabc']],
  ['our own separator', ['a#b|c']],
  ['a path', ['../../etc']],
  ['two lines', ['a\r\nb: c']],
  ['a number', ['-1']],
  ['a large number', ['1e309']],
  ['true', ['true']],
  ...['0000-01-01', '0001-12-31', '1969-12-31', '9999-12-31', '2026-02-30', '2018-11-04'].map(
    (day) => [day, [day]] as const,
  ),
  ...cursors.map((cursor, n) => [`cursor ${n}`, [cursor]] as const),
  ['half a cursor', [cursors[0]!.slice(0, 20)]],
];

const header = {
  sender: { fin_id: debtor, fin_id_schema: 'SHINKANSEN' },
  receiver: { fin_id: network.finId, fin_id_schema: 'SHINKANSEN' },
  message_id: '0b1f8a52-5f3e-4d0c-9f38-0f2f0f8f8a11',
};

/** The first example, from this participant and of now. */
function bodyOf(route: Route): Uint8Array | undefined {
  const [example] = Object.values(route.requestBody?.content['application/json']?.examples ?? {});
  if (!example) return undefined;
  const message = structuredClone(example.value) as { document: Record<string, unknown> };
  message.document.header = { ...header, creation_date: new Date().toISOString() };
  return Buffer.from(JSON.stringify(message));
}

function eventOf(route: Route, parameter: Parameter, values: readonly string[]): APIGatewayProxyEvent {
  const [value = ''] = values;
  const good = (name: string) => (name === 'thumbprint' ? 'T'.repeat(43) : 'x1');
  const names = route.parameters!.filter((one) => one.in === 'path').map(({ name }) => name);
  const body = bodyOf(route);
  return apiEvent({
    method: route.method,
    resource: route.path,
    path: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      name === parameter.name ? value : good(name),
    ),
    pathParameters: Object.fromEntries(
      names.map((name) => [name, name === parameter.name ? value : good(name)]),
    ),
    ...(parameter.in === 'query' && { query: { [parameter.name]: [...values] } }),
    ...(parameter.in === 'header' && { headers: { [parameter.name]: [...values] } }),
    ...(body && { body }),
    caller: { participant: debtor },
  });
}

async function aNode() {
  const table = await engine.table();
  const endpoints = await endpointsOn(freshFolder());
  const { arn } = endpoints.kms.seedKey({ alias: 'alias/seal', spec: 'ECC_NIST_P256' });
  for (const name of ['evidence', 'trust']) endpoints.s3.seedBucket({ name, objectLock: true });
  const queueUrl = `${endpoints.url}/000000000000/queue`;
  const queue = { name: 'queue', visibilityTimeoutSeconds: 30, retentionSeconds: 3600, delaySeconds: 0 };
  endpoints.sqs.queues.seed(queue);
  const own = Object.values(environmentNames).map((name): [string, string] => {
    if (name.endsWith('_QUEUE_URL')) return [name, queueUrl];
    return [name, name.endsWith('_KEY_ID') ? arn : ''];
  });
  const environment = {
    ...Object.fromEntries(own),
    AWS_ENDPOINT_URL: endpoints.url,
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TABLE_NAME: table.name,
    NODE_ROLE: 'network',
    NODE_STAGE: 'dev',
    NODE_NAME: 'Red',
    NODE_FIN_ID: network.finId,
    NODE_FIN_ID_SCHEMA: network.finIdSchema,
    NETWORK_FIN_ID: network.finId,
    EVIDENCE_BUCKET: 'evidence',
    TRUST_BUCKET: 'trust',
    PAGES_ORIGIN: 'https://pages.example',
    API_ORIGIN: 'https://api.example',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const kms = kmsClient();
  const sealer = kmsSealer({
    signer: kmsSigner(kms, arn, 'ECDSA_SHA_256'),
    acceptedKeyIds: [arn],
    publicKey: kmsPublicKeys(kms),
    log: memoryLog(),
  });
  const world = await payoutWorld({ table, sealer: sealer as never });
  await world.send(payoutMessage({ payouts: [{ id: 'x1' }, { id: 't-2' }, { id: 't-3' }] }));
}

const handlerOf = async (route: Route) => {
  const folder = route['x-apodera-function'].replace(/Function$/, '').replace(/\B[A-Z]/g, (big) => `-${big}`);
  const file = `../../functions/${folder.toLowerCase()}/handler.ts`;
  const module = (await import(file)) as {
    handler: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;
  };
  return module.handler;
};

test('no path, query or header makes a fault of any operation', async () => {
  await aNode();
  const seen = new Map<string, Set<number>>();
  const faults: string[] = [];
  for (const route of routesOf(readContract())) {
    const handler = await handlerOf(route);
    const undeclared = { name: 'undeclared', in: 'query', schema: {} } as const;
    for (const parameter of [...route.parameters!, undeclared]) {
      for (const [what, values] of hostile) {
        const { statusCode, body } = await handler(eventOf(route, parameter, values));
        const { operationId } = route;
        seen.set(operationId, (seen.get(operationId) ?? new Set()).add(statusCode));
        if (statusCode >= 500) faults.push(`${operationId} ${parameter.name} ${what}: ${statusCode} ${body}`);
      }
    }
  }
  expect(faults).toEqual([]);
  // Who asks well is heard, so that what is refused above shows something.
  for (const asked of ['listCertificates', 'listPayouts', 'listWebhooks', 'showPayout', 'showStatus'])
    expect(seen.get(asked), asked).toContain(200);
});
