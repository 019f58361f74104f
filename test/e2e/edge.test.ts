import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningEdge } from '../../local/edge/edge.ts';
import { startWhole, type Whole } from '../../local/start.ts';
import { pem } from '../../proxy/trust.ts';
import { exchange, open } from '../support/edge-client.ts';
import { requireEdgeMachine } from '../support/edge-machine.ts';
import { Network } from '../support/whole.ts';

let whole: Whole;
let edge: RunningEdge;
let dataFolder: string;
beforeAll(async () => {
  requireEdgeMachine();
  dataFolder = mkdtempSync(join(tmpdir(), 'apodera-edge-e2e-'));
  whole = await startWhole({ dataFolder, buildFolder: join(dataFolder, 'dist'), ports: 'free', edge: true });
  if ('missing' in whole.edge) throw new Error(whole.edge.missing);
  edge = whole.edge;
}, 300_000);
afterAll(async () => {
  await whole?.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function get(path: string, more: { key?: string; cert?: string; apiKey?: string } = {}) {
  const { apiKey, ...tls } = more;
  const outgoing = request(`${edge.origin}${path}`, {
    ca: readFileSync(edge.caFile),
    agent: false,
    headers: apiKey ? { 'shinkansen-api-key': apiKey } : {},
    ...tls,
  });
  outgoing.end();
  const [incoming] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of incoming) text += chunk;
  return { status: incoming.statusCode as number, text };
}

async function transport() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { holder } = whole.seed.participants[0]!;
  const issued = await whole.psc.issue({ holder, publicKey: pair.publicKey, use: 'transport' });
  const cert = issued.chain
    .slice(0, 2)
    .map((der) => pem('CERTIFICATE', der))
    .join('');
  return { cert, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, issued };
}

it('lets a participant in through the edge, with a client certificate and without', async () => {
  const apiKey = whole.seed.participants[0]!.apiKeys.network;
  const { cert, key } = await transport();
  expect(await get('/v1/certificates', { apiKey })).toMatchObject({ status: 200 });
  expect(await get('/v1/certificates', { apiKey, cert, key })).toMatchObject({ status: 200 });
});

it('does not let the authorizer be passed without an API key', async () => {
  expect((await get('/v1/certificates')).status).toBe(403);
});

it('takes a list of the PSC over within a round', async () => {
  const { cert, key, issued } = await transport();
  expect((await get('/v1/status', { cert, key })).status).toBeLessThan(500);
  whole.psc.revoke(issued.serialNumber, 'keyCompromise');
  await edge.round();
  await expect(get('/v1/status', { cert, key })).rejects.toThrow(/certificate revoked/);
});

it('cuts a certificate off within seconds of its disabling, on the connection that it opened before', async () => {
  const network = new Network(whole, dataFolder);
  const participant = whole.seed.participants[0]!;
  const submitted = await network.submit(participant, undefined, 'transport');
  await network.decide('network', participant.officer, submitted.code);
  await network.until(() => network.state('network', submitted), 'active');
  const { issued, privateKey } = submitted.holding;
  const cert = issued.chain
    .slice(0, 2)
    .map((der) => pem('CERTIFICATE', der))
    .join('');
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const port = Number(new URL(edge.origin).port);
  const stand = { port, ca: readFileSync(edge.caFile) } as never;
  const socket = await open(stand, { name: 'localhost', cert, key });
  const apiKey = participant.apiKeys.network;
  const ask = `GET /v1/status HTTP/1.1\r\nHost: localhost\r\nShinkansen-Api-Key: ${apiKey}\r\n\r\n`;
  expect(await exchange(socket, ask)).toMatch(/^HTTP\/1\.1 200 /);

  const parameters = { thumbprint: submitted.holding.thumbprint, cause: 'incident', reason: 'copiada' };
  const body = network.envelope(participant, 'certificate.disable', parameters);
  const path = `/v1/certificates/${submitted.holding.thumbprint}/disable`;
  const disabled = await network.post(participant, path, body);
  expect(disabled.status).toBe(200);
  const began = performance.now();
  let said = '';
  while (!said.includes('EDGE_CERTIFICATE_REFUSED') && performance.now() - began < 5_000)
    said = await exchange(socket, ask);
  const milliseconds = performance.now() - began;
  expect(said).toMatch(/^HTTP\/1\.1 403 [\s\S]*EDGE_CERTIFICATE_REFUSED/);
  console.log(`cut off ${Math.round(milliseconds)} ms after the answer`);
  // The aim is 1 s; two cores that others use as well may need a little more.
  expect(milliseconds).toBeLessThan(2_000);
});

it("goes on when the network's clock is days ahead", async () => {
  await whole.clock.advance({ seconds: 3 * 86_400 });
  await edge.follow();
  const apiKey = whole.seed.participants[0]!.apiKeys.network;
  expect(await get('/v1/certificates', { apiKey })).toMatchObject({ status: 200 });
});

it('S28 while junk floods the edge, the pages door answers within 2 s', async () => {
  const { pagesOrigin } = whole.laptop.nodes[0]!;
  const port = Number(new URL(edge.origin).port);
  let goes = true;
  let thrown = 0;
  const flood = Array.from({ length: 16 }, async (_, at) => {
    while (goes) {
      // Half of it is no TLS at all, the other half guesses API keys.
      await (at % 2 === 0
        ? junk(port)
        : get('/v1/certificates', { apiKey: `guess-${thrown}` }).catch(() => {}));
      thrown++;
    }
  });
  await expect.poll(() => thrown, { timeout: 20_000 }).toBeGreaterThan(200);
  const times: number[] = [];
  for (let at = 0; at < 10; at++) {
    const began = performance.now();
    expect((await fetch(`${pagesOrigin}/sign-in`)).status).toBe(200);
    times.push(performance.now() - began);
  }
  goes = false;
  await Promise.all(flood);
  expect(Math.max(...times)).toBeLessThan(2_000);
});

async function junk(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(randomBytes(512));
  await once(socket, 'close').catch(() => {});
}

it('is ready', async () => {
  expect((await fetch(`http://127.0.0.1:${edge.healthPort}/`)).status).toBe(200);
});
