import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { keylessPaths } from '../../proxy/render/haproxy-cfg.ts';
import { ask, exchange, open } from '../support/edge-client.ts';
import { hosts, type Stand, startStand } from '../support/edge-stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand({
    limits: { refusedKeys: 5, requests: 60, openConnections: 30, requestSeconds: 2 },
  });
});
afterAll(() => stand?.stop());

const withKey = (key: string) => ask(stand, { headers: { 'shinkansen-api-key': key } });

test('S28 guessed API keys are cut off at the edge, while a known one of the same source goes on', async () => {
  expect((await withKey('good')).status).toBe(200);
  stand.answerWith(403);
  for (let guess = 0; guess < 6; guess++) expect((await withKey(`guess ${guess}`)).status).toBe(403);
  stand.answerWith(200);
  const before = stand.seen.length;
  const cut = await withKey('one more');
  expect([cut.status, cut.json.code, cut.headers['retry-after']]).toEqual([429, 'TOO_MANY_REQUESTS', '10']);
  expect((await ask(stand)).status).toBe(429);
  expect(stand.seen).toHaveLength(before);
  expect((await withKey('good')).status).toBe(200);
});

test.each([
  ['/v1/status', '127.0.0.6'],
  ['/v1/status?x=1', '127.0.0.5'],
  // API Gateway decodes a path before it looks for it.
  ['/v1/%73tatus', '127.0.0.4'],
  ['/%76%31/statu%73', '127.0.0.3'],
])('S28 a guess is not known by an answer that asks for no key, of "%s"', async (keyless, localAddress) => {
  const guessing = (path: string) => {
    const headers = { 'shinkansen-api-key': `laundered ${keyless}` };
    return ask(stand, { path, headers, localAddress } as never);
  };
  expect((await guessing(keyless)).status).toBe(200);
  stand.answerWith(403);
  for (let guess = 0; guess < 6; guess++) expect((await guessing('/v1/certificates')).status).toBe(403);
  stand.answerWith(200);
  expect((await guessing('/v1/certificates')).status).toBe(429);
});

test('S28 what asks for no key in the contract is what the edge learns no key from', () => {
  const { paths } = parse(readFileSync(join(import.meta.dirname, '../../openapi.yaml'), 'utf8')) as {
    paths: Record<string, Record<string, { security?: unknown[] }>>;
  };
  const open = Object.entries(paths).filter(([, each]) =>
    Object.values(each).some(({ security }) => security?.length === 0),
  );
  expect(open.map(([path]) => path)).toEqual(keylessPaths);
});

test('S28 a source that asks too often is told to wait, also with a known key', async () => {
  const socket = await open(stand);
  const asked = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\nShinkansen-Api-Key: good\r\n\r\n`;
  const statuses = new Set<string | undefined>();
  for (let at = 0; at < 80; at++) statuses.add((await exchange(socket, asked)).split(' ')[1]);
  socket.destroy();
  expect([...statuses]).toEqual(['200', '429']);
});

test('S28 bodies that never end hold no more places than one source may have', async () => {
  const slow = `POST /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\nContent-Length: 1000\r\n\r\na`;
  const held = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const socket = await open(stand, { localAddress: '127.0.0.7' } as never);
      socket.on('error', () => {}).write(slow);
      return socket;
    }),
  );
  await expect(open(stand, { localAddress: '127.0.0.7' } as never)).rejects.toThrow(
    /ECONNRESET|EPIPE|disconnected/,
  );
  expect((await ask(stand, { localAddress: '127.0.0.8' } as never)).status).toBe(200);
  for (const socket of held) socket.destroy();
});

test('S28 a body that comes byte by byte is ended, and its place is free, while another of the same source goes on', async () => {
  const from = { localAddress: '127.0.0.10' } as never;
  const slow = await open(stand, from);
  slow.write(`POST /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\nContent-Length: 100000\r\n\r\na`);
  let closed = false;
  slow
    .on('error', () => {})
    .on('close', () => {
      closed = true;
    });
  const look = async () => {
    slow.write('a');
    expect((await ask(stand, from)).status).toBe(200);
    await stand.edge.endLongRequests();
    return closed;
  };
  await expect.poll(look, { interval: 300 }).toBe(true);
});

test('S28 junk from elsewhere never reaches the API, and a known client is answered meanwhile', async () => {
  const junk = (at: number) =>
    new Promise<void>((resolve) => {
      // Of another address: what it does counts against it alone.
      const socket = connect({ port: stand.port, host: '127.0.0.1', localAddress: '127.0.0.9' });
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.on('data', () => {});
      // No TLS, half of a handshake, and a connection that says nothing.
      if (at % 3 === 0) socket.write(randomBytes(512));
      if (at % 3 === 1) socket.write(Buffer.from('160301020001', 'hex'));
      setTimeout(() => socket.destroy(), 300);
    });
  const before = stand.seen.length;
  let goes = true;
  let thrown = 0;
  const flood = Array.from({ length: 20 }, async () => {
    while (goes) await junk(thrown++);
  });
  await expect.poll(() => thrown).toBeGreaterThan(100);
  for (let at = 0; at < 5; at++) {
    const answer = await ask(stand, {
      headers: { 'shinkansen-api-key': 'good' },
      localAddress: '127.0.0.8',
    } as never);
    expect(answer.status).toBe(200);
  }
  goes = false;
  await Promise.all(flood);
  expect(stand.seen.length - before).toBe(5);
});
