import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SeededParticipant } from '../../local/seed/seed.ts';
import { startWhole } from '../../local/start.ts';
import { pem } from '../../proxy/trust.ts';
import { ask, exchange, open } from '../support/edge-client.ts';
import { requireEdgeMachine } from '../support/edge-machine.ts';
import { type Holding, Network, type Submitted } from '../support/whole.ts';

// Who was let in and may not be any more: the node decides, and every way through the running edge ends within seconds.
// New connections, sessions resumed over TLS 1.2 and 1.3, connections kept alive over both.
let net: Network;
let creditoJa: SeededParticipant;
let revoked: Submitted;
let suspended: Submitted;
let door: { readonly port: number; readonly ca: Buffer };
const host = 'localhost';
const versions = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof versions)[number];

beforeAll(async () => {
  requireEdgeMachine();
  const dataFolder = mkdtempSync(join(tmpdir(), 'apodera-cut-off-'));
  const whole = await startWhole({ dataFolder, buildFolder: '.cache/e2e', ports: 'free', edge: true });
  whole.laptop.endpoints.scheduler.setGranularity(3600);
  net = new Network(whole, dataFolder);
  if ('missing' in whole.edge) throw new Error(whole.edge.missing);
  const { origin, caFile } = whole.edge;
  door = { port: Number(new URL(origin).port), ca: readFileSync(caFile) };
  creditoJa = whole.seed.participants[1]!;
  // Before the network's clock is moved: TLS goes by the machine's.
  revoked = await net.enrolledForTransport(creditoJa);
  suspended = await net.enrolledForTransport(creditoJa);
});

afterAll(() => net?.stop());

/** For test/support/edge-client.ts. */
const stand = () => ({ port: door.port, ca: door.ca }) as never;

const presented = ({ issued, privateKey }: Holding) => ({
  name: host,
  cert: issued.chain
    .slice(0, 2)
    .map((der) => pem('CERTIFICATE', der))
    .join(''),
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
});

const requestOf = ({ apiKeys }: SeededParticipant) =>
  `GET /v1/certificates HTTP/1.1\r\nHost: ${host}\r\nShinkansen-Api-Key: ${apiKeys.network}\r\n\r\n`;

interface Ways {
  /** Asks by each way there is; what came of it, by the way's name. */
  ask(): Promise<Record<string, string>>;
  readonly keptAlive: () => Promise<string>;
}

/** Opened while the certificate is good. */
async function waysOf({ participant, holding }: Submitted): Promise<Ways> {
  const tls = presented(holding);
  const bytes = requestOf(participant);
  const kept = new Map<Version, TLSSocket>();
  const sessions = new Map<Version, Buffer>();
  for (const maxVersion of versions) {
    const socket = await open(stand(), { ...tls, maxVersion });
    socket.on('session', (session) => sessions.set(maxVersion, session));
    expect(await exchange(socket, bytes)).toMatch(/^HTTP\/1\.1 200 /);
    kept.set(maxVersion, socket);
  }
  const by = async (maxVersion: Version, session?: Buffer): Promise<string> => {
    try {
      const socket = await open(stand(), { ...tls, maxVersion, ...(session && { session }) });
      if (session) expect(socket.isSessionReused()).toBe(true);
      const told = said(await exchange(socket, bytes));
      socket.destroy();
      return told;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const still = async (version: Version): Promise<string> => {
    const socket = kept.get(version)!;
    return socket.destroyed || socket.readableEnded ? 'closed' : said(await exchange(socket, bytes));
  };
  return {
    keptAlive: () => still('TLSv1.3'),
    async ask() {
      const heard: Record<string, string> = {};
      for (const version of versions) {
        heard[`kept alive over ${version}`] = await still(version);
        heard[`resumed over ${version}`] = await by(version, sessions.get(version));
        heard[`new over ${version}`] = await by(version);
      }
      return heard;
    },
  };
}

/** `200`; `403 EDGE_CERTIFICATE_REFUSED`; nothing: closed. */
function said(answer: string): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'closed';
  const code = /"code":"(\w+)"/.exec(answer)?.[1];
  return code && status !== '200' ? `${status} ${code}` : status;
}

/** Its word, or the end of the connection, which the edge brings about right after. */
const ended = /^403 EDGE_CERTIFICATE_REFUSED$|^closed$/;

/** What takes so long with a core to spare takes longer where others wait for one too. */
const onThisMachine = (milliseconds: number): number =>
  milliseconds * Math.max(1, loadavg()[0]! / availableParallelism());

/** Fails unless the edge says no within seconds of `decided` (of performance.now()), and then on every way. */
async function cutOff({ keptAlive, ask }: Ways, decided: number): Promise<void> {
  const limit = onThisMachine(5_000);
  // The node's own no is not the edge's yet: it comes to everybody while the network's time jumps.
  const isWaiting = (told: string) => told === '200' || told === '403 ACCESS_DENIED';
  let first = await keptAlive();
  while (isWaiting(first) && performance.now() - decided < limit) {
    // An address may ask a hundred times a second.
    await pause(20);
    first = await keptAlive();
  }
  const milliseconds = performance.now() - decided;
  // Asked for the first time since, and at once: no way may need another look.
  const heard = await ask();
  expect(first).toMatch(ended);
  for (const [way, told] of Object.entries(heard))
    expect([way, told]).toEqual([
      way,
      expect.stringMatching(/^403 EDGE_CERTIFICATE_REFUSED$|^closed$|certificate revoked/),
    ]);
  expect(milliseconds).toBeLessThan(limit);
}

test('a certificate that its participant disables by API is cut off on every way', async () => {
  const submitted = await net.enrolledForTransport(creditoJa);
  const [ways, bystander] = [await waysOf(submitted), await waysOf(suspended)];
  const { thumbprint } = submitted.holding;
  const parameters = { thumbprint, cause: 'incident', reason: 'la llave pudo ser copiada' };
  // By the edge itself, and with the very certificate.
  const answer = await ask(stand(), {
    ...presented(submitted.holding),
    method: 'POST',
    path: `/v1/certificates/${thumbprint}/disable`,
    headers: { 'shinkansen-api-key': creditoJa.apiKeys.network, 'idempotency-key': randomUUID() },
    body: net.envelope(creditoJa, 'certificate.disable', parameters),
  });
  const decided = performance.now();
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  await cutOff(ways, decided);
  expect(await bystander.keptAlive()).toBe('200');
});

test('a certificate that its PSC revokes is cut off on every way after the sweep', async () => {
  const ways = await waysOf(revoked);
  net.whole.psc.revoke(revoked.holding.issued.serialNumber, 'keyCompromise');
  const path = `/v1/certificates/${revoked.holding.thumbprint}`;
  let swept = false;
  const hours = net.whole.clock.advance({ seconds: 2 * 3600 }).then(() => {
    swept = true;
  });
  // Kept alive meanwhile: nothing but the node's decision ends it.
  let decided = Number.NaN;
  for (let asked = 0; Number.isNaN(decided); asked++) {
    const told = await ways.keptAlive();
    const { validity } = (await net.get('network', creditoJa, path)).body;
    if (validity === 'revoked') decided = performance.now();
    else if (swept && asked > 300) throw new Error(`not revoked: ${String(validity)}, ${told}`);
    await pause(50);
  }
  try {
    await cutOff(ways, decided);
  } finally {
    await hours;
    if ('follow' in net.whole.edge) await net.whole.edge.follow();
  }
});

test('a junk flood on the edge leaves the suspension page answering within 2 s, and what it decides counts at the edge', async () => {
  const pages = net.origin('network', 'pages');
  const url = `${pages}/suspension`;
  const persona = net.persona(creditoJa.apoderado, 'network');
  const { password } = persona.factors!;
  // Its functions run already, as in a node that people use: somebody has just mistyped.
  const mistyped = { email: persona.email, password: 'another', totp: '000000', cause: 'keysTaken' };
  await persona.visitor.submit(await persona.visitor.open(url), mistyped);
  const ways = await waysOf(suspended);
  const { begun, stop } = flood(40);
  let thrown = 0;
  try {
    await begun;
    const took: number[] = [];
    for (let at = 0; at < 5; at++) {
      const asked = performance.now();
      expect((await fetch(url)).status).toBe(200);
      took.push(performance.now() - asked);
    }
    // The middle one: where something else has the machine for a moment, one of them waits for that.
    expect(took.toSorted((a, b) => a - b)[2]).toBeLessThan(onThisMachine(2_000));
    const typed = { email: persona.email, password, totp: await persona.code(), cause: 'keysTaken' };
    const page = await persona.visitor.open(url);
    const pressed = performance.now();
    expect((await persona.visitor.submit(page, typed)).status).toBe(303);
    const decided = performance.now();
    expect(decided - pressed).toBeLessThan(onThisMachine(2_000));
    await cutOff(ways, decided);
  } finally {
    thrown = await stop();
  }
  expect(thrown).toBeGreaterThan(40);
});

/** Junk until told to stop, of an address of its own: no TLS, half of it, whole of it, guessed API keys. */
function flood(connections: number) {
  let [going, thrown] = [true, 0];
  const begun = Promise.withResolvers<void>();
  const raw = (bytes: Buffer | undefined) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port: door.port, host: '127.0.0.1', localAddress: '127.0.0.9' });
      socket.on('error', () => {}).on('close', () => resolve());
      socket.on('data', () => {});
      if (bytes) socket.write(bytes);
      setTimeout(() => socket.destroy(), 300);
    });
  const guess = () =>
    ask(stand(), {
      name: host,
      localAddress: '127.0.0.9',
      headers: { 'shinkansen-api-key': randomBytes(16).toString('hex') },
    } as never).then(
      () => {},
      () => {},
    );
  const kinds = [
    () => raw(randomBytes(512)),
    () => raw(Buffer.from('160301020001', 'hex')),
    () => raw(undefined),
    guess,
  ];
  const all = Array.from({ length: connections }, async (_, at) => {
    while (going) {
      await kinds[at % kinds.length]!();
      if (++thrown === connections) begun.resolve();
    }
  });
  return {
    begun: begun.promise,
    async stop() {
      going = false;
      await Promise.all(all);
      return thrown;
    },
  };
}
