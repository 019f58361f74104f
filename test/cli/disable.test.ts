// `apodera certificate disable` against the network's own disabling, behind a server of its routes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { encryptedPem } from '../../cli/keys/key-file.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { Refusal } from '../../core/errors.ts';
import { disableCertificate } from '../../functions/disable-certificate/disable-certificate.ts';
import { readBody } from '../../local/endpoints/wire.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import type { Issued } from '../support/certificates.ts';
import { pemOf } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { fintech } from '../support/enrolment.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-disable-'));
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
let stand: ReturnType<typeof disableStand>;
let server: Server;
let api: string;
let one: Issued;
let other: Issued;

beforeEach(async () => {
  stand = disableStand();
  stand.clock.set(new Date());
  const [since, until] = [-1, 400].map((days) => new Date(Date.now() + days * 86_400_000));
  const leaf = (label: string) => stand.leaf(label, { notBefore: since!, notAfter: until! });
  [one, other] = [await stand.active(leaf('cli one')), await stand.active(leaf('cli other'))];
  server = createServer(async (request, response) => {
    const body = await readBody(request);
    const signature = request.headers['shinkansen-jws-signature'] as string | undefined;
    const path = /^\/v1\/certificates\/([\w-]{43})\/disable$/.exec(request.url!)?.[1];
    const caller = { participant: fintech.finId, keyId: 'K1' };
    const received = { body, signature, caller, ...(path && { thumbprint: path }) };
    const [status, answer] = await disableCertificate(stand.ports, received).then(
      (done) => [200, done] as const,
      (error) => {
        if (!(error instanceof Refusal)) throw error;
        return [400, { code: error.code, detail: error.message }] as const;
      },
    );
    response.writeHead(status).end(JSON.stringify(answer));
  });
  api = await listen(server);
});
afterEach(() => closeServer(server));

afterAll(() => rmSync(folder, { recursive: true }));

const signer = async (leaf: Issued) => [
  ...['--certificate', file('signer.pem', leaf.pem), '--password-env', 'PASSWORD'],
  ...['--key', file('signer.key', await encryptedPem(leaf.key, 'correct horse battery'))],
];
const disable = (...words: string[]) =>
  apodera(['certificate', 'disable', ...words, '--cause', 'other', '--reason', 'ya no se usa'], {
    env: {
      PASSWORD: 'correct horse battery',
      APODERA_API: api,
      APODERA_PARTICIPANT: fintech.finId,
      APODERA_API_KEY: 'k',
    },
  });
const states = async () => [await stand.statusOf(one), await stand.statusOf(other)];

test.each(['itself', 'another', 'nobody'])('M4 by thumbprint, signed by %s', async (by) => {
  const words = by === 'nobody' ? [] : await signer(by === 'itself' ? one : other);
  const { exitCode, out } = await disable(one.thumbprint, ...words);
  expect([exitCode, out.trim()]).toEqual([exitCodes.DONE, `disabled  ${one.thumbprint}`]);
  expect(await states()).toEqual(['disabled', 'active']);
  const { origin } = stand.evidence().at(-1)!.facts;
  expect(origin).toBe(by === 'nobody' ? 'apiKey' : 'signature');
});

test('M4 by issuer and serial number, as PSCs print them', async () => {
  const serial = Buffer.from(parseCertificate(one.der).serialNumber)
    .toString('hex')
    .toUpperCase()
    .replaceAll(/(..)(?=.)/g, '$1:');
  const issuer = file('issuer.pem', pemOf(stand.root.der));
  const { exitCode } = await disable('--serial-number', serial, '--issuer', issuer);
  expect([exitCode, await states()]).toEqual([exitCodes.DONE, ['disabled', 'active']]);
});

test('M4 all, signed: nothing stays active, and it says what that means', async () => {
  const { exitCode, out } = await disable('--all', ...(await signer(other)));
  expect([exitCode, await states()]).toEqual([exitCodes.DONE, ['disabled', 'disabled']]);
  expect(out).toContain('nothing you send is accepted until another is active');
});

test('M4 all, with the API key alone: suspended instead, and people have to confirm', async () => {
  const { exitCode, out } = await disable('--all');
  expect([exitCode, await states()]).toEqual([exitCodes.PENDING, ['active', 'active']]);
  expect(out).toMatch(/suspended .*\n.*no certificate was disabled/);
});

test('what was disabled before is said to be', async () => {
  await disable(one.thumbprint);
  const { exitCode, out } = await disable(one.thumbprint);
  expect([exitCode, out]).toEqual([exitCodes.DONE, expect.stringContaining('disabled before')]);
});

test('names exactly one thing, and the certificate that a key signs for', async () => {
  for (const words of [[], ['--all', one.thumbprint], ['not-a-thumbprint'], [one.thumbprint, '--key', 'x']]) {
    const { exitCode } = await disable(...words);
    expect(exitCode).toBe(exitCodes.USAGE);
  }
  expect(await states()).toEqual(['active', 'active']);
});

test('a certificate that nobody has here is refused by the node, in one sentence', async () => {
  const { exitCode, err } = await disable('A'.repeat(43));
  expect([exitCode, err]).toEqual([
    exitCodes.REFUSED,
    'apodera: DISABLE_TARGET_UNKNOWN: You have no certificate of that name here that is pending, active or disabled.\n',
  ]);
});
