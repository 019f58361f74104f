// `apodera webhook` against the network's own registration, behind a server of its routes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { webhookAnswers } from '../../adapters/http/webhook.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import type { Refusal } from '../../core/errors.ts';
import { accessStand } from '../support/access-stand.ts';
import { fintech } from '../support/acts.ts';
import { pemOf } from '../support/certificates.ts';
import { serve, type TestServer } from '../support/http-server.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-webhook-'));
const file = (name: string) => join(folder, name);
let [party, next]: SigningParty[] = [];
beforeAll(async () => {
  [party, next] = await Promise.all([signingParty(), signingParty()]);
  writeFileSync(file('key.pem'), party.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file('certificate.pem'), pemOf(party.certificateDer));
});
afterAll(() => rmSync(folder, { recursive: true }));

let stand: ReturnType<typeof accessStand>;
let server: TestServer;
let listed: readonly { readonly party: SigningParty; readonly signs: boolean }[];
beforeEach(async () => {
  stand = accessStand(party!);
  stand.clock.set(new Date());
  server = await serve(async (request, response) => {
    const answer = request.method === 'POST' ? await registered() : read(request.url!);
    response.writeHead('code' in answer ? 400 : 200).end(JSON.stringify(answer));

    async function registered() {
      const signature = request.headers['shinkansen-jws-signature'] as string;
      return stand.registerAct({ body: server.asked.at(-1)!.body, signature }).then(
        (webhook) => webhookAnswers(webhook, stand.clock.now()).at(-1)!,
        ({ code, message }: Refusal) => ({ code, detail: message }),
      );
    }
  });
});

function read(path: string) {
  if (path === '/v1/webhooks') return { webhooks: [] };
  const certificates = listed.map(({ party: { certificateDer }, signs }) => ({
    certificate: Buffer.from(certificateDer).toString('base64'),
    signs,
  }));
  return { fin_id: 'SHINKANSEN', certificates };
}

const webhook = (...words: string[]) =>
  apodera(['webhook', ...words], {
    env: { APODERA_API: server.at(), APODERA_PARTICIPANT: fintech.finId, APODERA_API_KEY: 'k' },
  });
const register = (...words: string[]) =>
  webhook('register', ...words, '--certificate', file('certificate.pem'), '--key', file('key.pem'));

test('registers a URL for payouts unless another purpose is said', async () => {
  const ran = await register('https://fintech.example/hook');
  expect([ran.exitCode, ran.err]).toEqual([exitCodes.DONE, '']);
  expect(ran.out).toContain('https://fintech.example/hook');
  await register('https://fintech.example/events', '--purpose', 'events');
  const urls = async (purpose: 'payouts' | 'events') =>
    (await stand.hooks.find(fintech.finId, purpose))?.current.url;
  expect([await urls('payouts'), await urls('events')]).toEqual([
    'https://fintech.example/hook',
    'https://fintech.example/events',
  ]);
});

test('says what the URL answered where it proves nothing', async () => {
  stand.knobs.answer = () => ({ status: 404, body: '' });
  const { exitCode, err } = await register('https://fintech.example/hook');
  expect([exitCode, err]).toEqual([exitCodes.REFUSED, expect.stringContaining('404 without them')]);
});

test('says how to begin where nothing is registered', async () => {
  expect((await webhook('list')).out).toBe('none; "apodera webhook register" registers one\n');
});

test("writes the network's certificates as PEM, the one that signs now first", async () => {
  listed = [
    { party: next!, signs: false },
    { party: party!, signs: true },
  ];
  const both = [party!, next!].map(({ certificateDer }) => pemOf(certificateDer).trim());
  expect((await webhook('certificates')).out.trim()).toBe(both.join('\n'));
  await webhook('certificates', '--out', file('network.pem'));
  expect(['network.pem', 'network.pem.next'].map((name) => readFileSync(file(name), 'utf8').trim())).toEqual(
    both,
  );
  const again = await webhook('certificates', '--out', file('network.pem'));
  expect([again.exitCode, again.err]).toEqual([
    exitCodes.USAGE,
    expect.stringContaining('nothing is written over'),
  ]);
});
