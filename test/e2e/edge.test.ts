import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningEdge } from '../../local/edge/edge.ts';
import { startWhole, type Whole } from '../../local/start.ts';
import { pem } from '../../proxy/trust.ts';
import { requireEdgeMachine } from '../support/edge-machine.ts';

let whole: Whole;
let edge: RunningEdge;
let dataFolder: string;
beforeAll(async () => {
  requireEdgeMachine();
  dataFolder = mkdtempSync(join(tmpdir(), 'apodera-edge-e2e-'));
  whole = await startWhole({ dataFolder, buildFolder: join(dataFolder, 'dist'), ports: 'free', edge: true });
  if ('missing' in whole.edge) throw new Error(whole.edge.missing);
  edge = whole.edge;
});
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

it('is ready', async () => {
  expect((await fetch(`http://127.0.0.1:${edge.healthPort}/`)).status).toBe(200);
});
