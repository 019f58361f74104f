import { randomBytes } from 'node:crypto';
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { authorizerDoor } from '../../adapters/http/authorizer.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { grantApiKey, makeApiKey } from '../../core/api-key.ts';
import { signEdge } from '../../core/edge-identity.ts';
import { authorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { readContract, routesOf } from '../../openapi/contract.ts';
import { accessStand } from '../support/access-stand.ts';
import { apiEvent } from '../support/api-event.ts';
import { type ProofCase, type ProofStand, proofCases, requestOf } from '../support/proof-table.ts';
import { signingParty } from '../support/signer.ts';

// The table "who may do what" of the threat model, generated from openapi.yaml. The API key's column is played here
// on every route, through the real authorizer; the signature's column on the routes that need no workflow. A running
// node plays all of it (test/e2e).
const routes = routesOf(readContract());
const cases = proofCases(routes);
const edgeKey = { id: 'k', secret: randomBytes(32) };
const clock = memoryClock();
let stand: ProofStand;
let authorize: ReturnType<typeof authorizerDoor>;
let access: ReturnType<typeof accessStand>;

beforeAll(async () => {
  const [own, foreign, unlisted] = await Promise.all([signingParty(), signingParty(), signingParty()]);
  const log = memoryLog();
  const table = memoryTable();
  const keys = apiKeys(table, memorySealer(log));
  const issue = async (participant: string, keyId: string) => {
    const key = makeApiKey('dev', randomBytes(32));
    const grant = grantApiKey({ key, keyId, participant }, clock.now());
    await table.transact((await keys.issue(grant, await keys.heldBy(participant), [])).writes);
    return key;
  };
  const endedApiKey = await issue('FINTECH_CL', 'ENDED');
  await table.transact(keys.end('ENDED', await keys.heldBy('FINTECH_CL'), clock.now())!.writes);
  const ids = { thumbprint: 'T'.repeat(43), enrolment_id: 'E1', fin_id: 'BANCO_CL', id: 't-1' };
  stand = {
    own: { finId: 'FINTECH_CL', apiKey: await issue('FINTECH_CL', 'K1'), endedApiKey, identity: own, ids },
    foreign: {
      finId: 'OTHER_CL',
      apiKey: await issue('OTHER_CL', 'K2'),
      endedApiKey,
      identity: foreign,
      ids,
    },
    receiver: 'SHINKANSEN',
    unlisted,
    unknownApiKey: makeApiKey('dev', randomBytes(32)),
    now: () => clock.now(),
  };
  const ports = {
    edgeKeys: async () => [edgeKey],
    findKey: keys.find,
    asksForCertificate: async () => false,
    requireTransport: async () => {},
  };
  const door = { log, clock: { tune: async () => {} } };
  authorize = authorizerDoor(door, async (request) => ({
    ...(await authorizeRequest(request, ports, clock.now())),
  }));
  access = accessStand(own);
});

/** What the gateway would ask the authorizer, edge headers included. */
async function askAuthorizer(proofCase: ProofCase) {
  const request = await requestOf(stand, proofCase);
  const apiKey = request.headers['Shinkansen-Api-Key'];
  const interactionId = '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01';
  const line = { method: request.method, host: 'h', target: request.path, interactionId, apiKey };
  const headers = {
    host: 'h',
    ...request.headers,
    ...signEdge({ ...line, client: 'none' }, edgeKey, clock.now()),
  };
  const result = await authorize({
    methodArn: 'arn:aws:execute-api:x',
    httpMethod: request.method,
    resource: proofCase.route.path,
    path: request.path,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    multiValueQueryStringParameters: {},
  } as unknown as APIGatewayRequestAuthorizerEvent);
  const [statement] = result.policyDocument.Statement as { Effect: string }[];
  return { effect: statement!.Effect, participant: result.context?.participant };
}

describe('the API key, on every route', () => {
  const wrongKey = cases.filter(({ factors }) => ['missing', 'unknown', 'ended'].includes(factors.apiKey));

  test('three lesser keys for each route that asks for one', () => {
    const asking = routes.filter((route) => route['x-apodera-proof'].least !== 'none');
    expect(wrongKey).toHaveLength(asking.length * 3);
  });

  test.each(wrongKey.map((one) => [one.name, one] as const))('%s is denied', async (_, one) => {
    expect(one.expected).toEqual([403]);
    expect((await askAuthorizer(one)).effect).toBe('Deny');
  });

  test("somebody else's key passes as somebody else, never as the sender that the message names", async () => {
    for (const one of cases.filter(({ factors }) => factors.apiKey === 'foreign')) {
      expect(await askAuthorizer(one)).toEqual({ effect: 'Allow', participant: 'OTHER_CL' });
    }
  });

  test('the own key passes everywhere, so that the denials above show something', async () => {
    for (const one of cases.filter(({ factors }) => factors.apiKey === 'own')) {
      expect(await askAuthorizer(one)).toEqual({ effect: 'Allow', participant: 'FINTECH_CL' });
    }
  });
});

describe('the signature, where an act asks for one', () => {
  const lesser = cases.filter(({ factors }) => factors.signature !== 'own' || factors.possession !== 'own');

  test('every route that asks for a signature is tried without, with a wrong, an unlisted and a foreign one', () => {
    for (const route of routes) {
      const tried = lesser.filter((one) => one.route.operationId === route.operationId);
      const { least } = route['x-apodera-proof'];
      if (least === 'signature' || least === 'nodeSignature')
        expect(tried, route.operationId).toHaveLength(4);
      if (least === 'possession') expect(tried.length, route.operationId).toBeGreaterThanOrEqual(5);
    }
  });

  test('a refusal is 400 on the published wire and 403 elsewhere', () => {
    for (const { route, expected } of lesser) {
      expect(expected).toEqual([route.path === '/v1/messages/payouts' ? 400 : 403]);
    }
  });

  const acts = { renewApiKey: 'renew', registerWebhook: 'registerAct' } as const;
  const playable = lesser.filter(({ route }) => route.operationId in acts);
  test.each(playable.map((one) => [one.name, one] as const))('%s is refused', async (_, one) => {
    expect(await play(one)).toBe(403);
  });

  test('with all factors they pass, so that the refusals above show something', async () => {
    for (const operationId of Object.keys(acts)) {
      const { route } = cases.find((one) => one.route.operationId === operationId)!;
      const factors = { apiKey: 'own', signature: 'own', possession: 'own', subject: 'own' } as const;
      expect(await play({ name: '', route, factors, expected: [] })).toBe(200);
    }
  });

  async function play(one: ProofCase): Promise<number> {
    const { path, headers, body, method } = await requestOf({ ...stand, now: () => access.clock.now() }, one);
    const act = access[acts[one.route.operationId as keyof typeof acts]];
    const handler = apiDoor({ log: memoryLog(), clock: { tune: async () => {} } }, async (request) => {
      await act({ body: request.body, signature: request.header(SIGNATURE_HEADER) });
      return { status: 200 };
    });
    const event = apiEvent({ method, path, headers, body: body!, caller: { participant: 'FINTECH_CL' } });
    return (await handler(event)).statusCode;
  }
});

test('every route with an id in its path is tried with the id of somebody else', () => {
  const tried = cases.filter(({ factors }) => factors.subject === 'foreign').map(({ route }) => route.path);
  expect(tried).toEqual(routes.filter(({ path }) => path.includes('{')).map(({ path }) => path));
});
