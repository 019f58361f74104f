import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, exchange, open } from '../support/edge-client.ts';
import { type Client, hosts, type Stand, startStand, strangerClient } from '../support/edge-stand.ts';

const run = promisify(execFile);
let stand: Stand;
let good: Client;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'apodera-edge-client-'));
  stand = await startStand();
  good = await stand.client();
});
afterAll(async () => {
  await stand?.stop();
  rmSync(folder, { recursive: true });
});

const refusal = (asking: Promise<unknown>): Promise<string> =>
  asking.then(
    (answer) => `answered ${JSON.stringify(answer)}`,
    (error: Error & { code?: string }) => `${error.code} ${error.message}`,
  );

describe('identity', () => {
  it('tells the API the thumbprint of the verified certificate, under a MAC that holds', async () => {
    const answer = await ask(stand, { ...good, path: '/v1/certificates?limit=5' });
    expect(answer.json).toMatchObject({ client: good.issued.thumbprint });
    expect(stand.seen.at(-1)).toMatchObject({ url: '/v1/certificates?limit=5', problem: undefined });
  });

  it('tells the API that nobody is known without a certificate', async () => {
    expect((await ask(stand)).json.client).toBe('none');
  });

  it('covers the API key, and keeps an interaction id that is a UUID', async () => {
    const id = '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01';
    const headers = { 'Shinkansen-Api-Key': 'a key', 'X-FAPI-Interaction-Id': id };
    await ask(stand, { headers });
    expect(stand.seen.at(-1)?.identity).toMatchObject({ apiKey: 'a key', interactionId: id });
  });

  it('makes an interaction id of its own where the given one is none', async () => {
    await ask(stand, { headers: { 'x-fapi-interaction-id': 'mine' } });
    expect(stand.seen.at(-1)?.identity?.interactionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('signs with a new key from the moment it is told', async () => {
    await stand.edge.setMacKey({ id: 'other', secret: randomBytes(32) });
    expect((await ask(stand)).json.problem).toBe('EDGE_IDENTITY_WRONG');
    await stand.edge.setMacKey(stand.macKey);
    expect((await ask(stand)).status).toBe(200);
  });
});

describe('client certificates', () => {
  it('asks for none under a name that wants none', async () => {
    expect((await ask(stand, { ...good, name: hosts.none })).json.client).toBe('none');
  });

  it('lets nobody in without one under a name that requires it', async () => {
    expect(await refusal(ask(stand, { name: hosts.required }))).toMatch(/certificate required/);
    expect((await ask(stand, { ...good, name: hosts.required })).status).toBe(200);
  });

  it('refuses the certificate of an unknown issuer', async () => {
    expect(await refusal(ask(stand, strangerClient()))).toMatch(/unknown ca|self.signed|bad certificate/i);
  });

  it('refuses an expired certificate', async () => {
    const expired = await stand.client({ notBefore: new Date(Date.now() - 10 * 86_400_000), days: 5 });
    expect(await refusal(ask(stand, expired))).toMatch(/certificate expired/);
  });

  it('refuses a certificate for servers', async () => {
    const wrong = await stand.client({ purposes: ['serverAuth'] });
    expect(await refusal(ask(stand, wrong))).toMatch(/unsupported certificate/);
  });

  it('refuses a leaf that comes without its intermediate only when it cannot find it', async () => {
    const leaf = good.cert.slice(0, good.cert.indexOf('-----BEGIN', 1));
    expect((await ask(stand, { key: good.key, cert: leaf })).json.client).toBe(good.issued.thumbprint);
  });
});

describe('TLS', () => {
  it.each(['tls1', 'tls1_1'])('refuses %s', async (version) => {
    const said = await openssl(`-${version}`, '-cipher', 'ALL:@SECLEVEL=0');
    expect(said).toMatch(/alert protocol version|unsupported protocol/);
  });

  it('refuses ciphers that do not authenticate', async () => {
    const said = await openssl('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256');
    expect(said).toMatch(/handshake failure/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const socket = await open(stand, { ...good, minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  it('refuses a name that it does not serve', async () => {
    expect(await refusal(open(stand, { name: 'other.edge.test' }))).toMatch(/unrecognized name|handshake/i);
  });

  it.each([
    ['another served name', hosts.optional],
    ['a name with another ending', `${hosts.none}.`],
    ['followed by no port', `${hosts.none}:other`],
    ['who asks of another host', `${hosts.none}:8443@${hosts.optional}`],
  ])('answers 421 where the Host is %s', async (_, host) => {
    const answer = await ask(stand, { name: hosts.none, headers: { host } });
    expect([answer.status, answer.json.code]).toEqual([421, 'MISDIRECTED_REQUEST']);
  });

  it('takes the Host with its port and in another case', async () => {
    expect((await ask(stand, { headers: { host: 'API.edge.test:8443' } })).status).toBe(200);
  });

  async function openssl(...more: string[]): Promise<string> {
    const to = ['-connect', `127.0.0.1:${stand.port}`, '-servername', hosts.optional];
    const client = run('openssl', ['s_client', ...to, ...more]);
    client.child.stdin?.end();
    return client.then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
  }
});

describe('bodies', () => {
  it.each([1, 100, 8_000, 10_000, 12_000, 16_384, 20_000, 32_768, 40_000, 100_000, 2_097_152])(
    'pass byte for byte with %i bytes, in one write, with the largest certificate and without',
    async (size) => {
      const body = randomBytes(size);
      for (const client of [await largest(), {}]) {
        const answer = await ask(stand, { ...client, method: 'POST', body });
        expect(answer.status).toBe(200);
        expect(stand.seen.at(-1)?.body.equals(body)).toBe(true);
      }
    },
  );

  it.each([12_000, 16_000, 24_000, 60_000])(
    'pass with headers and %i bytes in one write of the socket',
    async (size) => {
      const body = randomBytes(size);
      const socket = await open(stand, await largest());
      const head = `POST /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\nContent-Length: ${size}\r\nX-Long: ${'h'.repeat(2000)}\r\n\r\n`;
      expect(await exchange(socket, Buffer.concat([Buffer.from(head), body]))).toContain('200 OK');
      socket.destroy();
      expect(stand.seen.at(-1)?.body.equals(body)).toBe(true);
    },
  );

  it.each([2, 5_000, 2_097_152])(
    'pass in many writes, the last byte alone, with %i bytes, with a certificate and without',
    async (size) => {
      const body = randomBytes(size);
      const step = Math.ceil(size / 50);
      for (const client of [good, {}]) {
        const socket = await open(stand, client);
        socket.write(`POST /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\nContent-Length: ${size}\r\n\r\n`);
        for (let at = 0; at < size - 1; at += step)
          await new Promise((resolve) =>
            socket.write(body.subarray(at, Math.min(at + step, size - 1)), resolve),
          );
        expect(await exchange(socket, body.subarray(size - 1))).toContain('200 OK');
        socket.destroy();
        expect(stand.seen.at(-1)?.body.equals(body)).toBe(true);
      }
    },
  );

  it('pass byte for byte up to the larger cap of messages between nodes', async () => {
    const body = randomBytes(4_194_304);
    const answer = await ask(stand, { ...good, method: 'POST', path: '/v1/node/messages', body });
    expect([answer.status, stand.seen.at(-1)?.body.equals(body)]).toEqual([200, true]);
  });

  it('pass from curl', async () => {
    const [cert, key, ca, data] = ['c.pem', 'k.pem', 'ca.pem', 'data'].map((file) => join(folder, file)) as [
      string,
      string,
      string,
      string,
    ];
    const body = randomBytes(100_000);
    writeFileSync(cert, good.cert);
    writeFileSync(key, good.key);
    writeFileSync(ca, stand.ca);
    writeFileSync(data, body);
    const to = `${hosts.optional}:${stand.port}`;
    const args = [
      '-sS',
      '--cacert',
      ca,
      '--cert',
      cert,
      '--key',
      key,
      '--resolve',
      `${to}:127.0.0.1`,
      '--data-binary',
      `@${data}`,
    ];
    const { stdout } = await run('curl', [...args, `https://${to}/v1/x`]);
    expect(JSON.parse(stdout)).toMatchObject({ client: good.issued.thumbprint, bytes: 100_000 });
    expect(stand.seen.at(-1)?.body.equals(body)).toBe(true);
  });

  it('are refused above the cap, which is larger for messages between nodes', async () => {
    const over = (path: string, size: number) =>
      ask(stand, { ...good, method: 'POST', path, body: Buffer.alloc(size) });
    expect(await refusal(over('/v1/x', 2_097_153))).toMatch(/REQUEST_TOO_LARGE|EPIPE|ECONNRESET/);
    expect((await over('/v1/node/messages', 2_097_153)).status).toBe(200);
    const socket = await open(stand, good);
    const head = `POST /v1/node/messages HTTP/1.1\r\nHost: ${hosts.optional}\r\nContent-Length: 4194305\r\n\r\n`;
    expect(await exchange(socket, head)).toMatch(/ 413 [\s\S]*REQUEST_TOO_LARGE/);
    socket.destroy();
  });

  let largestClient: Promise<Client> | undefined;
  function largest(): Promise<Client> {
    largestClient ??= stand.client({ bits: 4096 });
    return largestClient;
  }
});

describe('own answers', () => {
  it('are problems with errors[] and the interaction id', async () => {
    const id = '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01';
    const answer = await ask(stand, { path: '/v1/..%2fx', headers: { 'x-fapi-interaction-id': id } });
    expect(answer.status).toBe(400);
    expect(answer.headers['x-fapi-interaction-id']).toBe(id);
    expect(answer.json).toMatchObject({
      code: 'REQUEST_UNREADABLE',
      instance: `urn:uuid:${id}`,
      errors: [{ error_code: 'REQUEST_UNREADABLE' }],
    });
  });

  it('refuse more headers than the API takes', async () => {
    const answer = await ask(stand, { ...good, headers: { 'x-long': 'a'.repeat(7_400) } });
    expect([answer.status, answer.json.code]).toEqual([431, 'HEADERS_TOO_LARGE']);
    expect((await ask(stand, { ...good, headers: { 'x-long': 'a'.repeat(6_400) } })).status).toBe(200);
  });

  it.each([101, 2_000])('refuse %i headers, however short each is', async (count) => {
    const socket = await open(stand, good);
    const before = stand.seen.length;
    const others = Array.from({ length: count - 1 }, (_, at) => `${at % 10}:\r\n`).join('');
    const head = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\n${others}\r\n`;
    expect(await exchange(socket, head)).toMatch(/^HTTP\/1\.1 431 [\s\S]*HEADERS_TOO_LARGE/);
    socket.destroy();
    expect(stand.seen).toHaveLength(before);
  });

  // HAProxy says this one before any of our rules or files is asked.
  it('close after what is not HTTP', async () => {
    const socket = await open(stand, good);
    expect(await exchange(socket, 'no http\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    socket.destroy();
  });

  it('are none for who says nothing: the connection ends in silence', async () => {
    const socket = await open(stand, good);
    expect(await exchange(socket, '')).toBe('');
  });

  it('say that the node is busy, and when to try again, where the API does not answer', async () => {
    stand.answerWith('hang up');
    const answer = await ask(stand, good);
    stand.answerWith(200);
    expect([answer.status, answer.json.code, answer.headers['retry-after']]).toEqual([502, 'BUSY', '5']);
  });
});

it('never logs a header of the edge, an API key or a query', async () => {
  await ask(stand, { ...good, path: '/v1/secret?code=abc', headers: { 'shinkansen-api-key': 'hidden' } });
  const { problem, identity } = stand.seen.at(-1)!;
  expect(problem).toBeUndefined();
  const ofIt = (): string[] => stand.lines.filter((line) => line.includes('secret'));
  await expect.poll(ofIt).toHaveLength(1);
  const logged = ofIt();
  expect(JSON.parse(logged[0]!)).toMatchObject({ code: 'EDGE_REQUEST', path: '/v1/secret', status: 200 });
  expect(logged[0]).not.toMatch(/hidden|abc|x-edge/);
  expect(logged[0]).not.toContain(identity!.client);
});
