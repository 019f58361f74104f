import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outboxPut, outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { writeSession } from '../../cli/admin/session.ts';
import { dispatch } from '../../cli/dispatch.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import { admitPersonParameters, parseActParameters } from '../../core/people/act-parameters.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { onboarding, psc } from '../support/administration.ts';
import { Authenticator } from '../support/authenticator.ts';
import { someHolder } from '../support/certificates.ts';
import { press } from '../support/passkey-browser.ts';
import { aPasskey } from '../support/passkeys.ts';
import { aDoor } from '../support/people-door.ts';
import { password } from '../support/people-world.ts';
import { apodera, terminalFor } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-admin-'));
const env = { APODERA_CONFIG: folder };
const door = aDoor();
let server: Server;
let node: string;
let operators: { id: string; email: string }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    eventOf(request)
      .then((event) => door.answer(event))
      .then(({ status, body, contentType, location }) => {
        const headers = {
          'Content-Type': contentType ?? 'text/html',
          ...(location && { Location: location }),
        };
        response.writeHead(status, headers).end(body);
      })
      .catch(() => response.writeHead(500).end());
  });
  node = await listen(server);
  operators = await door.operators();
});
afterAll(async () => {
  await closeServer(server);
  rmSync(folder, { recursive: true });
});

async function eventOf(request: IncomingMessage): Promise<APIGatewayProxyEvent> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    httpMethod: request.method,
    path: url.pathname,
    queryStringParameters: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: Buffer.concat(chunks).toString('base64'),
    isBase64Encoded: true,
  } as unknown as APIGatewayProxyEvent;
}

/** What the person does in the browser once the command line has printed its address. */
async function signIn({ id, email }: { id: string; email: string }): Promise<number> {
  const { terminal, printed } = terminalFor({ env });
  const opened = Promise.withResolvers<URL>();
  const err = (text: string) => {
    printed.err += text;
    const url = /(http:\/\/127\.0\.0\.1:\d+\/sign-in\?\S+)/.exec(text)?.[1];
    if (url) opened.resolve(new URL(url));
  };
  const done = dispatch(['admin', 'sign-in', '--node', node], { ...terminal, err });
  const url = await opened.promise;
  const target = `${url.pathname}${url.search}`;
  const { location } = await door.visit(target, { form: { email, password, totp: door.totp(id) } });
  await fetch(location!);
  return done;
}

const admin = (words: string[], typed: string[] = []) => apodera(['admin', ...words], { env, typed });

test('whoever is not signed in is told how to', async () => {
  const { exitCode, err } = await admin(['acts']);
  expect(exitCode).toBe(exitCodes.USAGE);
  expect(err).toContain('apodera admin sign-in');
});

test('signing in goes by the browser of this machine, and the session’s file is its owner’s alone', async () => {
  expect(await signIn(operators[0]!)).toBe(exitCodes.DONE);
  expect(statSync(join(folder, 'session.json')).mode & 0o077).toBe(0);
  expect((await admin(['acts'])).out).toContain('no act waits for a signature');
});

test('an act is proposed, signed by two, and gives its codes and key once', async () => {
  const file = join(folder, 'onboarding.json');
  writeFileSync(file, JSON.stringify(onboarding));
  const proposed = await admin(['onboard', '--file', file, '--reason', 'contract signed', '--json']);
  const { act_id: id } = JSON.parse(proposed.out) as { act_id: string };
  const first = await admin(['confirm', id, '--here'], [password, door.totp(operators[0]!.id)]);
  expect(first.out).toContain('another operator’s signature is needed');
  await signIn(operators[1]!);
  expect((await admin(['acts'])).out).toContain('1/2 signed');
  const second = await admin(['confirm', id, '--here'], [password, door.totp(operators[1]!.id)]);
  expect(second.out).toMatch(/invitation code of Ana Apoderada +[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}/);
  expect(second.out).toMatch(/API key of Fintech Aurora +apo_local_/);
  expect((await admin(['participants'])).out).toContain('AURORA');
  expect((await admin(['people', '--participant', 'AURORA'])).out).toContain('Olga Oficial');
  expect((await admin(['api-keys', '--participant', 'AURORA'])).out).toContain('until');
});

test('the help of each verb that reads a file shows one that the node reads', async () => {
  for (const [verb, kind] of [
    ['onboard', 'participant.onboard'],
    ['change', 'participant.change'],
    ['invite', 'person.invite'],
    ['pin-peer', 'peer.pin'],
  ] as const) {
    const { out } = await admin([verb, '--help']);
    const shown = JSON.parse(/^\{\n.*?^\}$/ms.exec(out)![0].replaceAll('CC...', 'C'.repeat(120)));
    expect(parseActParameters(kind, shown)).toBe(shown);
    const people = shown.people ?? (kind === 'person.invite' ? [shown] : []);
    for (const one of people) admitPersonParameters(one);
  }
});

test('what was given up is listed, and sent again by one operator’s signature', async () => {
  expect((await admin(['outbox'])).out).toContain('nothing was given up');
  const { table, clock } = door.world;
  const entry = {
    id: 'event.e1',
    queue: 'deliver',
    kind: 'event.disable',
    refs: {},
    receiver: 'AURORA',
  } as const;
  await table.transact([outboxPut(newOutboxEntry({ ...entry, now: clock.now() }))]);
  const store = outboxStore(table);
  await store.giveUp((await store.take('event.e1', clock.now()))!, clock.now());
  expect((await admin(['outbox'])).out).toMatch(/event\.e1 +event\.disable {2}since .* to AURORA/);
  const proposed = await admin(['outbox', '--revive', 'event.e1', '--reason', 'receiver is back', '--json']);
  const { act_id: id } = JSON.parse(proposed.out) as { act_id: string };
  const signed = await admin(['confirm', id, '--here'], [password, door.totp(operators[1]!.id)]);
  expect(signed.out).toContain('signed and applied');
  expect((await admin(['outbox'])).out).toContain('nothing was given up');
  expect((await admin(['outbox', '--revive', 'x'])).exitCode).toBe(exitCodes.USAGE);
});

test('what the node refuses comes back with its code and exit code 3', async () => {
  const { exitCode, err } = await admin(['act', 'NOSUCHACT']);
  expect(exitCode).toBe(exitCodes.REFUSED);
  expect(err).toContain('ACT_UNKNOWN');
});

test('the node’s next certificate: its key signs the request, two operators announce what came of it', async () => {
  const request = join(folder, 'node.csr');
  const asked = await admin(['node-csr', '--subject', 'CN=Banco del Puerto,C=CL', '--out', request]);
  expect([asked.exitCode, asked.out]).toEqual([exitCodes.DONE, expect.stringContaining('request written')]);
  const text = execFileSync('openssl', ['req', '-in', request, '-noout', '-verify', '-subject'], {
    stdio: 'pipe',
  });
  expect(text.toString()).toContain('Banco del Puerto');
  const leaf = psc.issue({ holder: someHolder, keyLabel: 'message-key' });
  const chain = join(folder, 'chain.pem');
  writeFileSync(chain, leaf.chainPem);
  const words = ['announce-certificate', '--chain', chain, '--reason', 'yearly rotation', '--json'];
  const { parameters } = JSON.parse((await admin(words)).out) as { parameters: Record<string, unknown> };
  expect(parameters).toEqual({
    certificate_thumbprint: leaf.thumbprint,
    certificate_chain: [Buffer.from(leaf.der).toString('base64')],
    signs_from: null,
  });
  expect((await admin(['node-certificates'])).out).toContain('none yet');
});

test('a wrong authenticator code signs nothing', async () => {
  const proposed = await admin([
    'issue-key',
    '--participant',
    'AURORA',
    '--reason',
    'a second key',
    '--json',
  ]);
  const { act_id: id } = JSON.parse(proposed.out) as { act_id: string };
  const { exitCode, err } = await admin(['confirm', id, '--here'], [password, '000000']);
  expect(exitCode).toBe(exitCodes.REFUSED);
  expect(err).toContain('FACTOR_WRONG');
  expect(JSON.parse((await admin(['act', id, '--json'])).out).signed_by).toEqual([]);
});

test('without more words the signature is given in the browser, by the passkey there, and the command sees it', async () => {
  const [one] = operators;
  const device = new Authenticator();
  const person = (await door.world.people.person(one!.id))!;
  const passkeys = [aPasskey(device, new Date('2026-01-01T00:00:00Z'))];
  const changed = { ...person, passkeys, version: person.version + 1 };
  await door.world.ledger.commit([{ noun: 'person', person: changed }], [], { evidence: [], outbox: [] });
  const session = await signedInByPasskey(one!.id, device);
  writeSession(terminalFor({ env }).terminal, { origin: node, session, expiresAt: '2099-01-01T00:00:00Z' });
  const file = ['issue-key', '--participant', 'AURORA', '--reason', 'one more key', '--json'];
  const { act_id: id, hash } = JSON.parse((await admin(file)).out) as { act_id: string; hash: string };
  // Typed here, password and app count no more.
  const typed = await admin(['confirm', id, '--here'], [password, door.totp(one!.id)]);
  expect([typed.exitCode, typed.err]).toEqual([
    exitCodes.REFUSED,
    expect.stringContaining('FACTOR_FALLBACK_CLOSED'),
  ]);
  const { terminal, printed } = terminalFor({ env });
  const asked = Promise.withResolvers<string>();
  const err = (text: string) => {
    printed.err += text;
    const path = /\/acts\/\w+/.exec(text)?.[0];
    if (path) asked.resolve(path);
  };
  const done = dispatch(['admin', 'confirm', id], { ...terminal, err });
  const path = await asked.promise;
  await press(door, path, { vote: 'confirm', act_hash: hash }, device, { session });
  expect(await done).toBe(exitCodes.DONE);
  expect(printed.err).toContain(hash);
  expect(printed.out).toContain('another operator’s signature is needed');
});

async function signedInByPasskey(user: string, device: Authenticator): Promise<string> {
  const answer = await press(door, '/sign-in', { step: 'passkey' }, device, { user });
  return /session-PUERTO=([^;]+)/.exec(answer.cookies?.join() ?? '')?.[1] ?? '';
}

test('after signing out the session counts no more, also where somebody kept it', async () => {
  expect((await admin(['sign-out'])).exitCode).toBe(exitCodes.DONE);
  expect((await admin(['acts'])).exitCode).toBe(exitCodes.USAGE);
});

test.each(['localhost:4101', 'pages.example', '//x'])('%s is no address to sign in at', async (address) => {
  const { exitCode, err } = await admin(['sign-in', '--node', address]);
  expect([exitCode, err]).toEqual([
    exitCodes.USAGE,
    expect.stringContaining('such as https://pages.example'),
  ]);
});

test('nobody waits for a sign-in at an address where nobody signs in', async () => {
  const { terminal, printed } = terminalFor({ env });
  const elsewhere = createServer((_, response) => response.writeHead(403).end('{}'));
  const address = await listen(elsewhere);
  expect(await dispatch(['admin', 'sign-in', '--node', address], terminal)).toBe(2);
  expect(printed.err).toContain(`nobody signs in at ${address}`);
  await closeServer(elsewhere);
});
