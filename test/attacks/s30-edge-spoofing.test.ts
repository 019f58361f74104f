import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, exchange, open } from '../support/edge-client.ts';
import { type Client, hosts, type Stand, startStand } from '../support/edge-stand.ts';

// A client, with or without a certificate of its own, says things that only the edge may say.
let stand: Stand;
let good: Client;
beforeAll(async () => {
  stand = await startStand();
  good = await stand.client();
});
afterAll(() => stand?.stop());

const forged = 'Q'.repeat(43);
const spoken = [
  'x-edge-client',
  'X-Edge-Client',
  'X-EDGE-CLIENT',
  'x_edge_client',
  'X-Edge_Client',
  'x-edge-mac',
  'x_edge_mac',
  'x-edge-time',
  'x-edge-key',
  'x-edge-target',
  'x-edge-anything',
  'client-cert',
  'Client_Cert',
  'client-cert-chain',
  'x-ssl-client-cert',
  'X_SSL_Client_Verify',
  'x-client-cert',
  'x-client-dn',
  'x-forwarded-client-cert',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'X_Forwarded_For',
  'forwarded',
  'x-real-ip',
  'x-apigw-api-id',
  'x_apigw_api_id',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-amzn-trace-id',
  'x-amzn-apigateway-api-id',
  'x-amz-security-token',
  'shinkansen_api_key',
  'upgrade',
  'te',
  'transfer_encoding',
  'content_length',
];
/** What the edge itself says, once each. */
const own = [
  'x-edge-client',
  'x-edge-target',
  'x-edge-time',
  'x-edge-key',
  'x-edge-mac',
  'x-fapi-interaction-id',
];

test.each(spoken)('S30 "%s" of a client reaches the API absent or as ours', async (name) => {
  for (const client of [{}, good]) {
    for (const value of [forged, [forged, forged]]) {
      const answer = await ask(stand, { ...client, headers: { [name]: value } });
      const { headers, identity } = stand.seen.at(-1)!;
      expect(answer.status).toBe(200);
      expect(identity?.client).toBe('key' in client ? good.issued.thumbprint : 'none');
      expect(headers.filter(([, text]) => text.includes(forged))).toEqual([]);
      for (const one of own) {
        expect(headers.filter(([given]) => given.toLowerCase().replaceAll('_', '-') === one)).toHaveLength(1);
      }
    }
  }
});

test('S30 a signature for AWS does not go on, another authorization does', async () => {
  const sent = async (authorization: string) => {
    await ask(stand, { headers: { authorization } });
    return stand.seen.at(-1)!.headers.some(([name]) => name === 'authorization');
  };
  expect(await sent('AWS4-HMAC-SHA256 Credential=x')).toBe(false);
  expect(await sent('aws4-HMAC-SHA256 Credential=x')).toBe(false);
  expect(await sent('Bearer x')).toBe(true);
});

test('S30 no header of ours can be named by Connection', async () => {
  const socket = await open(stand, good);
  const said = await exchange(
    socket,
    `GET /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\nConnection: x-edge-client, x-edge-mac\r\n\r\n`,
  );
  socket.destroy();
  expect(said).toContain('200 OK');
  expect(stand.seen.at(-1)!.headers.filter(([, value]) => /x-edge/.test(value))).toEqual([]);
});

const host = `Host: ${hosts.optional}\r\n`;
const second = `GET /v1/smuggled HTTP/1.1\r\n${host}\r\n`;
// Shapes that two servers could read differently. Each is refused, or arrives as exactly one request.
const shapes: readonly (readonly [string, string])[] = [
  [
    'CL and TE',
    `POST /v1/x HTTP/1.1\r\n${host}Content-Length: ${second.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
  ],
  [
    'TE and CL',
    `POST /v1/x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${second}0\r\n\r\n`,
  ],
  [
    'two lengths',
    `POST /v1/x HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: ${second.length}\r\n\r\n${second}`,
  ],
  ['a list of lengths', `POST /v1/x HTTP/1.1\r\n${host}Content-Length: 0, ${second.length}\r\n\r\n${second}`],
  ['a signed length', `POST /v1/x HTTP/1.1\r\n${host}Content-Length: +${second.length}\r\n\r\n${second}`],
  [
    'a blank before the colon',
    `POST /v1/x HTTP/1.1\r\n${host}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${second}`,
  ],
  [
    'an unknown coding',
    `POST /v1/x HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${second}`,
  ],
  [
    'a folded coding',
    `POST /v1/x HTTP/1.1\r\n${host}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${second}`,
  ],
  [
    'a folded header of ours',
    `GET /v1/x HTTP/1.1\r\n${host}X-Foo: a\r\n X-Edge-Client: ${forged}\r\nConnection: close\r\n\r\n`,
  ],
  [
    'a bare CR in a value',
    `GET /v1/x HTTP/1.1\r\n${host}X-Foo: a\rX-Edge-Client: ${forged}\r\nConnection: close\r\n\r\n`,
  ],
  ['a NUL in a name', `GET /v1/x HTTP/1.1\r\n${host}X-Edge\0-Client: ${forged}\r\nConnection: close\r\n\r\n`],
  ['two hosts', `GET /v1/x HTTP/1.1\r\n${host}Host: other.edge.test\r\nConnection: close\r\n\r\n`],
  ['no host', 'GET /v1/x HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['an absolute target', `GET https://${hosts.optional}/v1/x HTTP/1.1\r\n${host}Connection: close\r\n\r\n`],
  [
    'an absolute target of another host',
    `GET https://other.edge.test/v1/x HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
  ],
  ['CONNECT', `CONNECT ${hosts.optional}:443 HTTP/1.1\r\n${host}\r\n`],
  ['an asterisk', `OPTIONS * HTTP/1.1\r\n${host}Connection: close\r\n\r\n`],
  [
    'chunks with a trailer of ours',
    `POST /v1/x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTrailer: x-edge-client\r\n\r\n0\r\nx-edge-client: ${forged}\r\n\r\n`,
  ],
  ['HTTP/0.9', 'GET /v1/x\r\n\r\n'],
];

test.each(shapes)('S30 %s smuggles nothing', async (_, bytes) => {
  const before = stand.seen.length;
  const socket = await open(stand, good);
  await exchange(socket, bytes);
  socket.destroy();
  for (const { url, identity, headers, trailers } of stand.seen.slice(before)) {
    expect(url).not.toContain('smuggled');
    expect(identity?.client).toBe(good.issued.thumbprint);
    expect(headers.filter(([name]) => name.toLowerCase() === 'x-edge-client')).toHaveLength(1);
    expect(trailers).toEqual([]);
  }
});

test.each([
  'CL and TE',
  'two lengths',
  'a list of lengths',
  'two hosts',
  'an absolute target',
  'CONNECT',
  'an asterisk',
  'chunks with a trailer of ours',
])('S30 %s does not reach the API at all', async (name) => {
  const before = stand.seen.length;
  const socket = await open(stand, good);
  expect(await exchange(socket, shapes.find(([one]) => one === name)![1])).toMatch(/^HTTP\/1\.1 4/);
  socket.destroy();
  expect(stand.seen).toHaveLength(before);
});

test('S30 an HTTP/1.0 client is told apart all the same', async () => {
  const socket = await open(stand, good);
  const said = await exchange(socket, `GET /v1/x HTTP/1.0\r\n${host}X-Edge-Client: ${forged}\r\n\r\n`);
  socket.destroy();
  expect(said).toContain(good.issued.thumbprint);
});

test.each(['/v1/%2e%2e/x', '/v1/../x', '/v1/./x', '/v1//x', '/v1%2fx', '/v1/x%00', '/v1\\x', '/v1/x%5Cy'])(
  'S30 the target "%s" is refused',
  async (target) => {
    const socket = await open(stand, good);
    expect(await exchange(socket, `GET ${target} HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1\.1 400/);
    socket.destroy();
  },
);

test('S30 two clients never share a connection to the API', async () => {
  const other = await stand.client();
  const [first, second] = [await open(stand, good), await open(stand, other)];
  for (const socket of [first, second, first, second]) {
    expect(await exchange(socket, `GET /v1/x HTTP/1.1\r\n${host}\r\n`)).toContain('200 OK');
  }
  const ports = new Map<string, Set<number>>();
  for (const { identity, fromPort } of stand.seen.slice(-4)) {
    ports.set(identity!.client, (ports.get(identity!.client) ?? new Set()).add(fromPort));
  }
  first.destroy();
  second.destroy();
  const [a, b] = [...ports.values()];
  expect([...a!].filter((port) => b!.has(port))).toEqual([]);
});

test('S30 two API keys are refused, whichever of them is right', async () => {
  const answer = await ask(stand, { headers: { 'shinkansen-api-key': ['one', 'two'] } });
  expect(answer.status).toBe(400);
});
