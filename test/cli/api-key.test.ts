// `apodera api-key renew` against the network's own renewal, behind a server of its route.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { digestOfApiKey } from '../../core/api-key.ts';
import type { Refusal } from '../../core/errors.ts';
import { accessStand } from '../support/access-stand.ts';
import { fintech } from '../support/acts.ts';
import { pemOf } from '../support/certificates.ts';
import { serve, type TestServer } from '../support/http-server.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-api-key-'));
const file = (name: string) => join(folder, name);
let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
  writeFileSync(file('key.pem'), party.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file('certificate.pem'), pemOf(party.certificateDer));
});
afterAll(() => rmSync(folder, { recursive: true }));

let stand: ReturnType<typeof accessStand>;
let server: TestServer;
beforeEach(async () => {
  stand = accessStand(party);
  stand.clock.set(new Date());
  server = await serve(async (request, response) => {
    const signature = request.headers['shinkansen-jws-signature'] as string;
    const [status, answer] = await stand.renew({ body: server.asked.at(-1)!.body, signature }).then(
      ({ key, grant }) => [201, { api_key: key, key_id: grant.keyId, expires_at: grant.expiresAt }] as const,
      ({ code, message }: Refusal) => [409, { code, detail: message }] as const,
    );
    response.writeHead(status).end(JSON.stringify(answer));
  });
});

const renew = (out: string, ...words: string[]) =>
  apodera(
    [
      ...['api-key', 'renew', '--out', file(out), '--certificate', file('certificate.pem')],
      ...['--key', file('key.pem'), ...words],
    ],
    { env: { APODERA_API: server.at(), APODERA_PARTICIPANT: fintech.finId, APODERA_API_KEY: 'k' } },
  );

test('the key lies in a file of its owner, and is printed nowhere', async () => {
  for (const [out, ...words] of [['said'], ['json', '--json']] as const) {
    stand = accessStand(party);
    stand.clock.set(new Date());
    const ran = await renew(out, ...words);
    expect([ran.exitCode, ran.err]).toEqual([exitCodes.DONE, '']);
    const key = readFileSync(file(out), 'utf8').trim();
    expect(await stand.keys.find(digestOfApiKey(key as never)!)).toMatchObject({
      participant: fintech.finId,
    });
    expect(ran.out).not.toContain(key);
    expect(statSync(file(out)).mode & 0o777).toBe(0o600);
  }
});

test('writes over nothing, and asks for no key that it could not put down', async () => {
  writeFileSync(file('there'), 'mine');
  const { exitCode, err } = await renew('there');
  expect([exitCode, err]).toEqual([exitCodes.USAGE, expect.stringContaining('nothing is written over')]);
  const nowhere = await renew('no-folder/key');
  expect([nowhere.exitCode, nowhere.err]).toEqual([exitCodes.USAGE, expect.stringContaining('is not there')]);
  expect([readFileSync(file('there'), 'utf8'), server.asked.length]).toEqual(['mine', 0]);
});

test('leaves no empty file where the node says no', async () => {
  await renew('first');
  await renew('second');
  const { exitCode, err } = await renew('third');
  expect([exitCode, err]).toEqual([exitCodes.REFUSED, expect.stringContaining('API_KEYS_BOTH_VALID')]);
  expect(existsSync(file('third'))).toBe(false);
});
