import { randomBytes } from 'node:crypto';
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { apiKeyKey, apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { type Authorizer, authorizerDoor } from '../../adapters/http/authorizer.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { type ApiKey, grantApiKey, makeApiKey } from '../../core/api-key.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { signEdge } from '../../core/edge-identity.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import { authorizeRequest, checkTransport } from '../../functions/authorize-request/authorize-request.ts';

const edgeKey = { id: 'k', secret: randomBytes(32) };
const transport = 'T'.repeat(43) as Thumbprint;
const arn = 'arn:aws:execute-api:us-east-1:1:api/live/GET/v1/certificates';

let clock: ReturnType<typeof memoryClock>;
let log: ReturnType<typeof memoryLog>;
let table: ReturnType<typeof memoryTable>;
let authorizer: Authorizer;
let key: ApiKey;
let mTLS: Set<string>;
let unreachable: boolean;

beforeEach(async () => {
  clock = memoryClock();
  log = memoryLog();
  table = memoryTable();
  mTLS = new Set();
  unreachable = false;
  const keys = apiKeys(table, memorySealer(log));
  key = makeApiKey('dev', randomBytes(32));
  const grant = grantApiKey({ key, keyId: 'K1', participant: 'FINTECH_CL' }, clock.now());
  const { writes } = await keys.issue(grant, await keys.heldBy('FINTECH_CL'), ['proof']);
  await table.transact(writes);
  authorizer = authorizerDoor({ log, clock: { tune: async () => {} } }, async (request) => ({
    ...(await authorizeRequest(
      request,
      {
        edgeKeys: async () => [edgeKey],
        findKey: (digest) => {
          if (unreachable) throw new Error(`cannot read ${key}`);
          return keys.find(digest);
        },
        asksForCertificate: async (participant) => mTLS.has(participant),
        requireTransport: async (thumbprint, participant) => {
          if (thumbprint !== transport || participant !== 'FINTECH_CL')
            throw new Refusal('EDGE_CERTIFICATE_REQUIRED');
        },
      },
      clock.now(),
    )),
  }));
});

function event(over: { apiKey?: string; client?: Thumbprint; method?: string; resource?: string } = {}) {
  const { apiKey = key, client = 'none', method = 'GET', resource = '/v1/certificates' } = over;
  const target = resource.replace('{thumbprint}', transport).replace('{enrolment_id}', 'E1');
  const interactionId = '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01';
  const signed = signEdge({ method, host: 'h', target, interactionId, client, apiKey }, edgeKey, clock.now());
  const headers = { ...signed, Host: 'h', 'Shinkansen-Api-Key': apiKey };
  return {
    type: 'REQUEST',
    methodArn: arn,
    httpMethod: method,
    resource,
    path: target,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    multiValueQueryStringParameters: {},
  } as unknown as APIGatewayRequestAuthorizerEvent;
}

const effect = async (request: APIGatewayRequestAuthorizerEvent) => {
  const { policyDocument, context } = await authorizer(request);
  const [statement] = policyDocument.Statement as { Effect: string; Resource: string }[];
  expect(statement!.Resource).toBe(arn);
  if (statement!.Effect === 'Deny') expect(context).toBeUndefined();
  return statement!.Effect;
};

describe('the authorizer', () => {
  test('allows a key that counts, for this call alone, and tells who calls', async () => {
    const result = await authorizer(event());
    expect(result.principalId).toBe('FINTECH_CL');
    expect(result.context).toEqual({
      participant: 'FINTECH_CL',
      keyId: 'K1',
      interactionId: '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01',
      edgeClient: 'none',
    });
    expect(await effect(event())).toBe('Allow');
  });

  test('denies a missing, misspelt, unknown and expired key', async () => {
    expect(await effect(event({ apiKey: 'x' }))).toBe('Deny');
    expect(await effect(event({ apiKey: makeApiKey('dev', randomBytes(32)) }))).toBe('Deny');
    const { 'Shinkansen-Api-Key': _, ...headers } = event().multiValueHeaders!;
    expect(await effect({ ...event(), multiValueHeaders: headers })).toBe('Deny');
    clock.advance(90 * 86_400);
    expect(await effect(event())).toBe('Deny');
  });

  test('denies a key from the second it is ended', async () => {
    const keys = apiKeys(table, memorySealer(log));
    const { writes } = keys.end('K1', await keys.heldBy('FINTECH_CL'), clock.now())!;
    await table.transact(writes);
    expect(await effect(event())).toBe('Deny');
  });

  test('denies what the edge did not sign, or signed a minute ago', async () => {
    const { 'x-edge-mac': _, ...headers } = event().multiValueHeaders!;
    expect(await effect({ ...event(), multiValueHeaders: headers })).toBe('Deny');
    const old = event();
    clock.advance(61);
    expect(await effect(old)).toBe('Deny');
  });

  test('S22 denies a key whose item somebody edited, and alarms', async () => {
    const { digest } = grantApiKey({ key, keyId: '', participant: '' }, clock.now());
    await table.write({ update: apiKeyKey(digest), change: { set: { participant: 'VICTIM' } } });
    expect(await effect(event())).toBe('Deny');
    expect(log.lines.map((line) => line.code)).toContain('SEAL_BROKEN');
  });

  test('asks a participant whose setting is mTLS for its enrolled certificate', async () => {
    mTLS.add('FINTECH_CL');
    expect(await effect(event())).toBe('Deny');
    expect(await effect(event({ client: 'X'.repeat(43) as Thumbprint }))).toBe('Deny');
    expect(await effect(event({ client: transport }))).toBe('Allow');
  });

  test('never asks for it to disable, withdraw or enrol', async () => {
    mTLS.add('FINTECH_CL');
    for (const resource of [
      '/v1/certificates',
      '/v1/certificates/disable',
      '/v1/certificates/{thumbprint}/disable',
      '/v1/enrolments/{enrolment_id}/withdraw',
    ]) {
      expect(await effect(event({ method: 'POST', resource }))).toBe('Allow');
    }
    expect(await effect(event({ method: 'POST', resource: '/v1/messages/payouts' }))).toBe('Deny');
    expect(await effect(event({ method: 'POST', resource: '/v1/api-keys/renew' }))).toBe('Deny');
  });

  test('answers Deny and never throws, whatever breaks, and logs neither key nor header', async () => {
    unreachable = true;
    expect(await effect(event())).toBe('Deny');
    const broken = { methodArn: arn } as unknown as APIGatewayRequestAuthorizerEvent;
    expect(await effect(broken)).toBe('Deny');
    expect(log.lines.length).toBe(2);
    expect(JSON.stringify(log.lines)).not.toContain(key.slice(0, 12));
  });
});

describe('a transport certificate', () => {
  const now = new Date('2026-03-02T12:00:00Z');
  const status = {
    participant: 'FINTECH_CL',
    use: 'transport',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: now,
  } as CertificateStatus;

  test('counts while it is active, valid and its own participant calls, to the second', () => {
    expect(() => checkTransport(status, 'FINTECH_CL', now)).not.toThrow();
    const wrong: [Partial<CertificateStatus>, string, Date][] = [
      [{}, 'OTHER', now],
      [{}, 'FINTECH_CL', new Date(now.getTime() + 1)],
      [{ use: 'signing' }, 'FINTECH_CL', now],
      [{ networkStatus: 'disabled' }, 'FINTECH_CL', now],
      [{ networkStatus: 'pending' }, 'FINTECH_CL', now],
      [{ validity: 'revoked' }, 'FINTECH_CL', now],
      [{ powerUntil: new Date(now.getTime() - 1) }, 'FINTECH_CL', now],
    ];
    for (const [over, caller, at] of wrong) {
      expect(() => checkTransport({ ...status, ...over }, caller, at)).toThrow('enrolled transport');
    }
    expect(() => checkTransport(undefined, 'FINTECH_CL', now)).toThrow('enrolled transport');
  });
});
