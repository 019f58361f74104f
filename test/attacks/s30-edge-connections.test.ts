import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exchange, open } from '../support/edge-client.ts';
import { type Client, hosts, type Stand, startStand } from '../support/edge-stand.ts';

// What a connection may be besides HTTP/1.1 over a full handshake, and what it may carry from one name to another.
let stand: Stand;
let good: Client;
beforeAll(async () => {
  stand = await startStand();
  good = await stand.client();
});
afterAll(() => stand?.stop());

const get = (host: string) => `GET /v1/x HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

test('S30 HTTP/2 is neither offered nor spoken by who does not ask', async () => {
  const before = stand.seen.length;
  const offered = await open(stand, { ...good, ALPNProtocols: ['h2', 'http/1.1'] });
  expect(offered.alpnProtocol).toBe('http/1.1');
  offered.destroy();
  const socket = await open(stand, good);
  const session = connectHttp2(`https://${hosts.optional}`, { createConnection: () => socket });
  session.on('error', () => {});
  // A Host in place of an authority makes the target a path; without a length the body would pass every cap.
  const stream = session.request({ ':method': 'POST', ':path': '/v1/x', host: hosts.optional });
  const status = await new Promise((resolve) => {
    stream.on('response', ({ ':status': told }) => resolve(told)).on('error', () => resolve(undefined));
    stream.on('close', () => resolve(undefined));
    stream.end(Buffer.alloc(3_000_000));
  });
  session.destroy();
  expect([status, stand.seen.length - before]).toEqual([undefined, 0]);
});

test.each(['4294967297', '4294967300', '18446744073709551617', '9223372036854775807', '00000000004194305'])(
  'S30 a length of %s is too large, whatever number it overflows to',
  async (length) => {
    const before = stand.seen.length;
    const socket = await open(stand, good);
    const head = `POST /v1/node/messages HTTP/1.1\r\nHost: ${hosts.optional}\r\nContent-Length: ${length}\r\n\r\nabcd`;
    expect(await exchange(socket, head)).toMatch(/^HTTP\/1\.1 4(13|00)/);
    socket.destroy();
    expect(stand.seen).toHaveLength(before);
  },
);

async function sessionOf(name: string, version: 'TLSv1.2' | 'TLSv1.3', client: object): Promise<Buffer> {
  const socket = await open(stand, { ...client, name, maxVersion: version });
  let session: Buffer | undefined = version === 'TLSv1.2' ? socket.getSession() : undefined;
  socket.on('session', (given) => {
    session = given;
  });
  await exchange(socket, get(name));
  socket.destroy();
  return session!;
}

const versions = ['TLSv1.2', 'TLSv1.3'] as const;
test.each(versions)(
  'S30 over %s a session without a certificate opens no name that requires one',
  async (maxVersion) => {
    for (const name of [hosts.none, hosts.optional]) {
      const before = stand.seen.length;
      const session = await sessionOf(name, maxVersion, {});
      const told = await refusedOrTold({ name: hosts.required, session, maxVersion }, hosts.required);
      expect(told).not.toMatch(/^HTTP\/1\.1 200/);
      expect(stand.seen).toHaveLength(before + 1);
    }
  },
);

test.each(versions)(
  'S30 over %s a session with a certificate gives no identity under a name that asks for none',
  async (maxVersion) => {
    const session = await sessionOf(hosts.optional, maxVersion, good);
    await refusedOrTold({ name: hosts.none, session, maxVersion }, hosts.none);
    const last = stand.seen.at(-1)!;
    expect([undefined, 'none', good.issued.thumbprint]).toContain(last.identity?.client);
  },
);

/** The beginning of an HTTP answer, or what the handshake failed with. */
async function refusedOrTold(tls: object, host: string): Promise<string> {
  try {
    const socket = await open(stand, tls);
    const told = await exchange(socket, get(host));
    socket.destroy();
    return told;
  } catch (error) {
    return (error as Error).message;
  }
}

test('S30 no ticket allows data before the handshake has ended', async () => {
  const to = ['-connect', `127.0.0.1:${stand.port}`, '-servername', hosts.optional, '-tls1_3', '-ign_eof'];
  const client = promisify(execFile)('openssl', ['s_client', ...to]);
  client.child.stdin?.end(get(hosts.optional).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  const { stdout } = await client;
  const allowed = [...stdout.matchAll(/Max Early Data: (\d+)/g)].map(([, bytes]) => Number(bytes));
  expect([allowed.length > 0, Math.max(...allowed)]).toEqual([true, 0]);
});

test('S30 nobody renegotiates', async () => {
  const socket = connectTls({
    host: '127.0.0.1',
    port: stand.port,
    servername: hosts.optional,
    ca: stand.ca,
    maxVersion: 'TLSv1.2',
  }) as TLSSocket;
  await once(socket, 'secureConnect');
  const error = await new Promise<Error | null>((resolve) => {
    socket.on('error', resolve);
    socket.renegotiate({ rejectUnauthorized: false }, resolve);
  });
  socket.destroy();
  expect(error).not.toBeNull();
});

test('S30 D: whoever writes names into Parameter Store changes no truststore with one that is called so', async () => {
  const { runFolder, names } = stand.config;
  const [name] = names;
  const held = () => ['trust.pem', 'lists.pem'].map((file) => readFileSync(join(runFolder, file), 'utf8'));
  const before = held();
  await stand.edge.setNames([...names, { ...name!, host: 'trust' }, { ...name!, host: 'lists' }]);
  expect(held()).toEqual(before);
  const socket = await open(stand, good);
  expect(await exchange(socket, get(hosts.optional))).toContain(good.issued.thumbprint);
  socket.destroy();
  await stand.edge.setNames(names);
});
