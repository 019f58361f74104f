import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { type EdgeKey, verifyEdge } from '../../../core/edge-identity.ts';
import { type FrontOptions, startFront } from '../../../local/lambda/front.ts';
import { gatewayResponsesOf, gatewayResponsesOfOpenApi } from '../../../local/lambda/gateway-responses.ts';
import { localEdge } from '../../../local/lambda/local-edge.ts';
import {
  readGatewayDocument,
  routesOfGatewayDocument,
  routesOfTemplate,
} from '../../../local/lambda/routes.ts';
import { onCleanUp } from '../endpoints/support.ts';
import { built, laptop } from './support.ts';

let folder: string;
beforeAll(async () => {
  folder = await built();
});

const document = readGatewayDocument(new URL('../fixtures/gateway.json', import.meta.url).pathname);
const door = { apiId: 'local', stage: 'live', region: 'us-east-1', account: '000000000000' };

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
}

type Send = (
  method: string,
  path: string,
  headers?: Record<string, string | string[]>,
  body?: Buffer | string,
) => Promise<Answer>;

/** node:http, because fetch tidies paths and headers. */
function sendTo(port: number): Send {
  return (method, path, headers = {}, body = '') =>
    new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', method, path, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const whole = Buffer.concat(chunks);
        const text = whole.toString();
        const json = text.startsWith('{') ? JSON.parse(text) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, json });
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

async function pages(more: Partial<FrontOptions> = {}): Promise<Send> {
  return sendTo((await pagesFront(more)).port);
}

async function pagesFront(more: Partial<FrontOptions> = {}) {
  const { host, stack, clock } = await laptop(folder);
  const front = await startFront({
    host,
    clock,
    door,
    routes: routesOfTemplate(stack, 'PagesApi'),
    gatewayResponses: gatewayResponsesOf(stack, 'PagesApi'),
    mostHeaderBytes: 10_240,
    ...more,
  });
  onCleanUp(() => front.stop());
  return front;
}

const key: EdgeKey = { id: '2026-03', secret: randomBytes(32) };

async function api() {
  const { host, clock } = await laptop(folder);
  const front = await startFront({
    host,
    clock,
    door,
    routes: routesOfGatewayDocument(document),
    gatewayResponses: gatewayResponsesOfOpenApi(document),
    edge: localEdge({ key: () => key, privateHost: 'api.internal', clock }),
    mostHeaderBytes: 8_000,
  });
  onCleanUp(() => front.stop());
  return { send: sendTo(front.port), clock, host };
}

describe('door of a REST API', () => {
  it('hands over the proxy event that API Gateway makes', async () => {
    const send = await pages();
    const { json: event } = await send(
      'PUT',
      '/items/a%20b?x=1&x=2&y=%C3%B1',
      { 'X-Mixed': ['one', 'two'], 'User-Agent': 'test' },
      'body',
    );
    expect(event).toMatchObject({
      resource: '/items/{id}',
      path: '/items/a b',
      httpMethod: 'PUT',
      headers: { 'X-Mixed': 'two', 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Proto': 'https' },
      multiValueHeaders: { 'X-Mixed': ['one', 'two'] },
      queryStringParameters: { x: '2', y: 'ñ' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['ñ'] },
      pathParameters: { id: 'a b' },
      stageVariables: null,
      requestContext: {
        httpMethod: 'PUT',
        resourcePath: '/items/{id}',
        stage: 'live',
        requestTime: '02/Mar/2026:09:00:00 +0000',
        identity: { sourceIp: '127.0.0.1', userAgent: 'test' },
      },
      body: Buffer.from('body').toString('base64'),
      isBase64Encoded: true,
    });
  });

  it('says null where there is no query, parameter or body', async () => {
    const send = await pages();
    const { json: event } = await send('GET', '/');
    expect(event).toMatchObject({
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      body: null,
      isBase64Encoded: false,
    });
  });

  it('prefers a parameter to the greedy rest', async () => {
    const send = await pages();
    const resourceOf = async (path: string) => (await send('GET', path)).json.resource;
    expect([await resourceOf('/items/1'), await resourceOf('/items/1/2'), await resourceOf('/x')]).toEqual([
      '/items/{id}',
      '/{proxy+}',
      '/{proxy+}',
    ]);
  });

  it('carries every byte both ways, and each of repeated headers', async () => {
    const send = await pages();
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x0d, 0x0a, 0x80, 0x00, 0xff]);
    const { body, headers } = await send('POST', '/bytes', {}, bytes);
    expect(body.equals(bytes)).toBe(true);
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('answers 502 with its own body for a malformed answer and for an error', async () => {
    const send = await pages();
    for (const path of ['/malformed', '/throw']) {
      const { status, json } = await send('GET', path);
      expect([status, json.errors]).toEqual([502, [{ error_code: 'Internal server error' }]]);
      expect(json.id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('answers 504 with Retry-After when the function takes too long', async () => {
    const { stack } = await laptop(folder);
    const routes = routesOfTemplate(stack, 'PagesApi').map((route) => ({ ...route, timeoutMs: 300 }));
    const send = await pages({ routes });
    const { status, headers, json } = await send('GET', '/hang');
    expect([status, headers['retry-after'], json]).toEqual([504, '5', { errors: [] }]);
  });

  it('answers 413 above 10 MB', async () => {
    const send = await pages();
    const { status, json } = await send('POST', '/x', {}, Buffer.alloc(10 * 1024 * 1024 + 1));
    expect([status, json]).toEqual([413, { message: 'Request Too Long' }]);
  });

  it('answers 400 to a request with two Host headers, as HTTP wants it', async () => {
    const { port } = await pagesFront();
    const heard = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          'GET /x HTTP/1.1\r\nHost: pages.test\r\nhost: elsewhere.test\r\nConnection: close\r\n\r\n',
        ),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(heard).toMatch(/^HTTP\/1\.1 400 .*{"message":"Bad Request"}/s);
  });

  it('answers 431 above its header limit', async () => {
    const send = await pages();
    expect((await send('GET', '/x', { 'x-long': 'x'.repeat(9_500) })).status).toBe(200);
    expect((await send('GET', '/x', { 'x-long': 'x'.repeat(10_240) })).status).toBe(431);
  });
});

describe('api door without the edge', () => {
  it('asks the authorizer each time and hands its context on as strings', async () => {
    const { send } = await api();
    await send('GET', '/v1/items/1');
    const { json: event } = await send('GET', '/v1/items/1');
    expect(event.requestContext).toMatchObject({
      authorizer: { principalId: 'p', participant: 'A', asked: '2' },
    });
  });

  it.each([
    ['deny', 403],
    ['both', 403],
    ['elsewhere', 403],
    ['unauthorized', 401],
    ['broken', 500],
    ['malformed', 500],
  ])('answers when the authorizer says %s', async (wish, status) => {
    const { send, host } = await api();
    const answer = await send('GET', '/v1/items/1', { 'x-wish': wish });
    expect(answer.status).toBe(status);
    expect(host.stats().AnswerFunction?.invocations).toBe(0);
  });

  it('answers an address that there is not as the template says, a page included', async () => {
    const send = await pages({ routes: [] });
    const { status, headers, body } = await send('GET', '/no/such/page');
    expect([status, headers['content-type'], body.toString()]).toEqual([
      404,
      'text/html; charset=utf-8',
      '<h1>Nothing here</h1>',
    ]);
  });

  it("answers a denial in the gateway document's words, with the caller's interaction id", async () => {
    const { send } = await api();
    const id = '11111111-2222-4333-8444-555555555555';
    const { json, headers } = await send('GET', '/v1/items/1', {
      'x-wish': 'deny',
      'x-fapi-interaction-id': id,
    });
    expect(json).toMatchObject({ errors: [{ error_code: 'ACCESS_DENIED' }] });
    expect(headers['x-fapi-interaction-id']).toBe(id);
  });

  it('asks no authorizer where the document names none', async () => {
    const { send, host } = await api();
    expect((await send('GET', '/v1/status')).status).toBe(200);
    expect(host.stats().AuthorizeFunction?.invocations).toBe(0);
  });

  it('answers 403 for an unknown route where the template says nothing of it', async () => {
    const { send } = await api();
    const { status, json } = await send('GET', '/v1/other');
    expect([status, json]).toEqual([403, { message: 'Missing Authentication Token' }]);
  });

  it('signs each request so that the authorizer can verify it', async () => {
    const { send, clock } = await api();
    const { json: event } = await send(
      'POST',
      '/v1/items?a=1&b=%C3%B1',
      { 'shinkansen-api-key': 'secret' },
      'x',
    );
    const identity = verifyEdge(
      {
        method: 'POST',
        path: String(event.path),
        query: event.multiValueQueryStringParameters as Record<string, string[]>,
        headers: event.multiValueHeaders as Record<string, string[]>,
      },
      [key],
      clock.now(),
    );
    expect(identity).toMatchObject({ client: 'none', apiKey: 'secret' });
  });

  it('strips identity headers in every spelling', async () => {
    const { send } = await api();
    const forged = {
      'X-Edge-Client': 'forged',
      x_edge_mac: 'forged',
      'Client-Cert': 'forged',
      'X-SSL-Client': 'forged',
      'X-Forwarded-For': 'forged',
      Forwarded: 'forged',
      'x-apigw-api-id': 'forged',
      'X-HTTP-Method-Override': 'forged',
      'x-amzn-vpc-id': 'forged',
      Authorization: 'AWS4-HMAC-SHA256 forged',
    };
    const { json: event } = await send('GET', '/v1/items/1', forged);
    expect(JSON.stringify(event.multiValueHeaders)).not.toContain('forged');
    expect(event.headers).toMatchObject({ 'x-edge-client': 'none', host: 'api.internal' });
  });

  it.each(['/v1/items/a%2Fb', '/v1/../v1/items/1', '/v1//items/1', '/v1/items/%00', '/v1/items/a%5cb'])(
    'refuses the ambiguous address %s',
    async (path) => {
      const { send, host } = await api();
      const { status, json } = await send('GET', path);
      expect([status, json.errors]).toMatchObject([400, [{ error_code: 'REQUEST_UNREADABLE' }]]);
      expect(host.stats().AuthorizeFunction?.invocations).toBe(0);
    },
  );

  it('answers 431 and 413 itself, with errors[]', async () => {
    const { send } = await api();
    const long = await send('GET', '/v1/items/1', { 'x-long': 'x'.repeat(7_500) });
    expect([long.status, long.json.errors]).toMatchObject([431, [{ error_code: 'HEADERS_TOO_LARGE' }]]);
    const large = await send('POST', '/v1/items', {}, Buffer.alloc(2 * 1_048_576 + 1));
    expect([large.status, large.json.errors]).toMatchObject([413, [{ error_code: 'REQUEST_TOO_LARGE' }]]);
  });
});
