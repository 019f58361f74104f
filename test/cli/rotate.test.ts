// A participant's rotation by its one command, against the network's own admission, with a PSC behind a shell command.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enrolmentAnswer } from '../../adapters/http/enrolment.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { encryptedPem, readKeyFile, spkiOf } from '../../cli/keys/key-file.ts';
import { withToken } from '../../cli/keys/pkcs11.ts';
import { readChain } from '../../core/certificate/chain-file.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { readBody } from '../../local/endpoints/wire.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { type Issued, someHolder } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { fintech } from '../support/enrolment.ts';
import { openSoftHsm, softHsmModule, tokenLabel, tokenPin } from '../support/soft-hsm.ts';
import { apodera } from '../support/terminal.ts';

const passwords = { OLD: 'correct horse battery', NEW: 'staple battery horse' };
let folder: string;
let stand: ReturnType<typeof disableStand>;
let old: Issued;
let server: Server;
let api: string;
/** Requests that end without an answer, though their work is done. */
let loses: number;
let polls: number;
let posts: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'apodera-rotate-'));
  stand = disableStand();
  stand.clock.set(new Date());
  [loses, polls, posts] = [0, 0, 0];
  const until = new Date(Date.now() + 400 * 86_400_000);
  const since = new Date(Date.now() - 86_400_000);
  old = await stand.active(stand.leaf('rotate old', { notBefore: since, notAfter: until }));
  server = createServer(async (request, response) => {
    const body = await readBody(request);
    const answer = await answerTo(request.url!, body, String(request.headers['shinkansen-jws-signature']));
    if (request.url === '/v1/certificates' && loses-- > 0) return void response.destroy();
    response.writeHead(answer.status).end(answer.text);
  });
  api = await listen(server);
  writeFileSync(join(folder, 'old.key'), await encryptedPem(old.key, passwords.OLD));
  writeFileSync(join(folder, 'old.pem'), old.pem);
});
afterEach(async () => {
  await closeServer(server);
  rmSync(folder, { recursive: true });
});

async function answerTo(url: string, body: Buffer, signature: string) {
  if (url === '/psc') return { status: 200, text: await certified(body.toString()) };
  if (url.startsWith('/v1/enrolments/')) return { status: 200, text: JSON.stringify(await decided(url)) };
  posts++;
  const ports = { ...stand.ports, ...stand.enrolling, countUnsigned: async () => true };
  const caller = { participant: fintech.finId, keyId: 'K1' };
  try {
    const { enrolment, warnings } = await admitEnrolment(ports, { body, signature, caller });
    return { status: 202, text: JSON.stringify(enrolmentAnswer(enrolment, [], warnings)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: 400, text: JSON.stringify({ code: error.code, detail: error.message }) };
  }
}

/** People confirm while it is waited for. */
async function decided(url: string) {
  const id = url.split('/').at(-1)!;
  const enrolment = (await stand.enrolments.find(id))!;
  if (++polls === 2) await stand.activate(enrolment);
  return enrolmentAnswer((await stand.enrolments.find(id))!, []);
}

async function certified(request: string): Promise<string> {
  await import('reflect-metadata');
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509');
  const spki = new Uint8Array(new Pkcs10CertificateRequest(request).publicKey.rawData);
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(Date.now() + 400 * 86_400_000);
  return stand.root.issue({ holder: someHolder, spki, notBefore, notAfter }).chainPem;
}

const at = (name: string) => join(folder, name);
const inFiles = () => ['--key', at('old.key'), '--new-password-env', 'NEW'];
const rotate = (...more: string[]) => rotateBy(inFiles(), ...more);
function rotateBy(keys: string[], ...more: string[]) {
  const ask = `const t=require('node:fs').readFileSync(0);fetch('${api}/psc',{method:'POST',body:t}).then(r=>r.text()).then(t=>process.stdout.write(t))`;
  const psc = more.includes('--no-psc') ? [] : ['--psc', `"${process.execPath}" -e "${ask}"`];
  return apodera(
    [
      ...['certificate', 'rotate', ...keys, '--certificate', at('old.pem')],
      ...['--folder', at('rotation'), '--password-env', 'OLD', '--reason', 'rotación'],
      ...psc,
      ...more.filter((word) => word !== '--no-psc'),
      '--json',
    ],
    {
      env: {
        ...passwords,
        PIN: tokenPin,
        APODERA_API: api,
        APODERA_PARTICIPANT: fintech.finId,
        APODERA_API_KEY: 'k',
      },
    },
  );
}

async function expectSwitched(): Promise<void> {
  const [leaf] = readChain(readFileSync(at('old.pem')));
  const fresh = thumbprintOf(leaf!);
  expect(fresh).not.toBe(old.thumbprint);
  const key = await readKeyFile(at('old.key'), async () => passwords.NEW);
  const [status, before] = [await stand.ports.statuses.status(fresh), await stand.statusOf(old)];
  expect([status?.networkStatus, before]).toEqual(['active', 'active']);
  expect((await stand.enrolments.find(status!.enrolmentId))?.replaces).toBe(old.thumbprint);
  expect(
    spkiOf(key).equals(spkiOf(await readKeyFile(at('rotation/key.pem'), async () => passwords.NEW))),
  ).toBe(true);
  expect(readFileSync(at(`old.pem.${old.thumbprint.slice(0, 8)}`), 'utf8')).toBe(old.pem);
}

test('A-044 one command makes the key, asks the PSC, enrols, waits and changes the files', async () => {
  const { exitCode, out, err } = await rotate('--replaces', old.thumbprint);
  // Once: people are to be given one code, and read one block.
  expect([exitCode, err.match(/confirmation code {2}/g)]).toEqual([exitCodes.DONE, ['confirmation code  ']]);
  expect(JSON.parse(out)).toMatchObject({ replaces: old.thumbprint, switched: true });
  await expectSwitched();
  expect((await rotate()).exitCode).toBe(exitCodes.USAGE);
});

test('without a command for the PSC it stops at the request, and goes on with the chain', async () => {
  const first = await rotate('--no-psc');
  expect(first.exitCode).toBe(exitCodes.PENDING);
  const { request } = JSON.parse(first.out) as { request: string };
  writeFileSync(at('answer.pem'), await certified(readFileSync(request, 'utf8')));
  expect((await rotate('--no-psc', '--chain', at('answer.pem'))).exitCode).toBe(exitCodes.DONE);
  await expectSwitched();
});

test('whose answer was lost sends the same bytes again, and enrols once', async () => {
  loses = 1;
  expect((await rotate()).exitCode).toBe(exitCodes.UNAVAILABLE);
  expect(posts).toBe(1);
  expect((await rotate()).exitCode).toBe(exitCodes.DONE);
  const { items } = await stand.enrolments.list(fintech.finId, { limit: 10 });
  expect(items.filter(({ replaces }) => replaces)).toHaveLength(1);
  await expectSwitched();
});

test('leaves the files alone where it is told to', async () => {
  expect((await rotate('--keep-files')).exitCode).toBe(exitCodes.DONE);
  expect(readFileSync(at('old.pem'), 'utf8')).toBe(old.pem);
  expect(existsSync(at('rotation/done'))).toBe(false);
});

test('refuses to rotate another certificate than the reminder names', async () => {
  const { exitCode, out } = await rotate('--replaces', 'x'.repeat(43));
  expect([exitCode, out]).toEqual([exitCodes.USAGE, expect.stringContaining(old.thumbprint)]);
});

test('names what the PSC’s command printed where that is no chain, and asks it again', async () => {
  const { exitCode, out } = await rotate('--no-psc', '--psc', 'echo hi');
  expect([exitCode, out]).toEqual([exitCodes.USAGE, expect.stringContaining('what \\"--psc\\" printed')]);
  expect((await rotate()).exitCode).toBe(exitCodes.DONE);
});

if (softHsmModule) {
  const module = softHsmModule;
  const choice = { module, token: tokenLabel, pin: tokenPin };
  const token = ['--module', module, '--token', tokenLabel, '--pin-env', 'PIN'];
  let close: () => void;
  beforeEach(() => {
    close = openSoftHsm(folder);
  });
  afterEach(() => close());

  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const activeKey = async () => {
    const [leaf] = readChain(readFileSync(at('old.pem')));
    const status = await stand.ports.statuses.status(thumbprintOf(leaf!));
    return [status?.networkStatus, hex(parseCertificate(leaf!).spki)];
  };

  test('from a file into a token, and within the token: no key is in a file, and the certificate changes', async () => {
    const first = await rotateBy(['--key', at('old.key'), ...token, '--new-label', 'one']);
    expect(first.exitCode).toBe(exitCodes.DONE);
    const one = await withToken(choice, (it) => it.key('one').spki);
    expect(await activeKey()).toEqual(['active', hex(one)]);
    expect(existsSync(at('rotation/key.pem'))).toBe(false);
    rmSync(at('rotation'), { recursive: true });
    polls = 0;
    const second = await rotateBy([...token, '--label', 'one', '--new-label', 'two']);
    expect(second.exitCode).toBe(exitCodes.DONE);
    const two = await withToken(choice, (it) => it.key('two').spki);
    expect(await activeKey()).toEqual(['active', hex(two)]);
  });

  test('goes on with the key that it made in the token, and takes nobody else’s', async () => {
    const keys = ['--key', at('old.key'), ...token, '--new-label', 'mine'];
    const first = await rotateBy(keys, '--no-psc');
    expect(first.exitCode).toBe(exitCodes.PENDING);
    const { request } = JSON.parse(first.out) as { request: string };
    writeFileSync(at('answer.pem'), await certified(readFileSync(request, 'utf8')));
    expect((await rotateBy(keys, '--no-psc', '--chain', at('answer.pem'))).exitCode).toBe(exitCodes.DONE);
    rmSync(at('rotation'), { recursive: true });
    const other = await rotateBy(keys, '--no-psc');
    expect([other.exitCode, other.out]).toEqual([exitCodes.USAGE, expect.stringContaining('already')]);
  });
}
