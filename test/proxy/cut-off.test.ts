import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanCrl } from '../../core/certificate/revocation/crl-scan.ts';
import { WantedSerials } from '../../core/certificate/revocation/wanted-serials.ts';
import { startPsc } from '../../local/psc/psc.ts';
import { Canaries } from '../../proxy/canary.ts';
import { files, type ServedName } from '../../proxy/config.ts';
import { proveLists, shakeHands } from '../../proxy/handshake.ts';
import { requireHeld } from '../../proxy/haproxy/held-trust.ts';
import { RuntimeSocket } from '../../proxy/haproxy/runtime-socket.ts';
import { checkTrust, pem, type TrustBundle } from '../../proxy/trust.ts';
import { ask, exchange, open } from '../support/edge-client.ts';
import { type Client, holder, hosts, type Stand, startStand } from '../support/edge-stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand?.stop());

const get = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\n\r\n`;

/** A session that can be resumed: TLS 1.3 tickets come after the first exchange. */
async function sessionOf(client: Client, version: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const socket = await open(stand, { ...client, maxVersion: version });
  let session: Buffer | undefined = version === 'TLSv1.2' ? socket.getSession() : undefined;
  socket.on('session', (given) => {
    session = given;
  });
  await exchange(socket, get);
  socket.destroy();
  return session!;
}

async function resumed(client: Client, session: Buffer, version: 'TLSv1.2' | 'TLSv1.3'): Promise<TLSSocket> {
  const socket = await open(stand, { ...client, session, maxVersion: version });
  expect(socket.isSessionReused()).toBe(true);
  return socket;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a refused certificate over %s', (version) => {
  it('is cut off on new, resumed and kept-alive connections from the next request on, and its sockets are closed', async () => {
    const client = await stand.client();
    const other = await stand.client();
    const session = await sessionOf(client, version);
    const kept = await open(stand, { ...client, maxVersion: version });
    const bystander = await open(stand, { ...other, maxVersion: version });
    expect(await exchange(kept, get)).toContain(client.issued.thumbprint);
    const alreadyResumed = await resumed(client, session, version);
    expect(await exchange(alreadyResumed, get)).toContain(client.issued.thumbprint);

    await stand.edge.refuse([client.issued.thumbprint]);
    expect(await exchange(kept, get)).toMatch(/^HTTP\/1\.1 403 /);
    const sockets = [
      alreadyResumed,
      await open(stand, { ...client, maxVersion: version }),
      await resumed(client, session, version),
    ];
    for (const socket of sockets) {
      const closed = once(socket, 'close');
      expect(await exchange(socket, get)).toMatch(/^HTTP\/1\.1 403 [\s\S]*EDGE_CERTIFICATE_REFUSED/);
      await closed;
    }
    expect(await exchange(bystander, get)).toContain(other.issued.thumbprint);
    bystander.destroy();
    await stand.edge.refuse([]);
    expect((await ask(stand, client)).status).toBe(200);
  });
});

it('a certificate that expires is refused on the connection that it opened while it was good', async () => {
  const day = 86_400_000;
  // Long enough for a slow machine to make its key and to be served once.
  const client = await stand.client({ notBefore: new Date(Date.now() - day + 15_000), days: 1 });
  const socket = await open(stand, client);
  expect(await exchange(socket, get)).toContain('200 OK');
  await expect.poll(() => exchange(socket, get), { interval: 200 }).toMatch(/^HTTP\/1\.1 403|^$/);
  socket.destroy();
});

it('tells which client certificates it has seen, so that they can be asked about', async () => {
  const client = await stand.client();
  await ask(stand, client);
  expect(await stand.edge.seenClients()).toContain(client.issued.thumbprint);
});

describe('lists', () => {
  it('turn a revoked client away once the pair is changed, without a new process', async () => {
    const [revoked, other] = [await stand.client(), await stand.client()];
    const { pid } = stand.edge;
    expect((await ask(stand, revoked)).status).toBe(200);
    stand.psc.revoke(revoked.issued.serialNumber, 'keyCompromise');
    await stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
    await expect(ask(stand, revoked)).rejects.toThrow(/certificate revoked/);
    expect((await ask(stand, other)).status).toBe(200);
    expect(stand.edge.pid).toBe(pid);
  });

  it.each([
    ['are late', 'stale', 0],
    ['a node took whose clock is ahead of TLS', 'future', 86_460_000],
  ] as const)('that %s lock nobody out, and a revoked client stays out', async (_, fault, ahead) => {
    const [revoked, other] = [await stand.client(), await stand.client()];
    stand.psc.revoke(revoked.issued.serialNumber);
    const { authorities } = stand.trust();
    const lists = (['root', 'intermediate'] as const).map(
      (issuer) => stand.psc.crl('CL', issuer, new Set([fault])).der,
    );
    const off = checkTrust({ authorities, lists }, new Date(Date.now() + ahead));
    expect(off.freshUntil.getTime() < Date.now()).toBe(fault === 'stale');
    await stand.edge.setTrust(off);
    expect((await ask(stand, other)).json.client).toBe(other.issued.thumbprint);
    await expect(ask(stand, revoked)).rejects.toThrow(/certificate revoked/);
    await stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
  });

  it('are in force once HAProxy says that it holds this very pair, and no other', async () => {
    const { runFolder } = stand.config;
    const runtime = new RuntimeSocket(join(runFolder, files.socket));
    const at = { authorities: join(runFolder, files.trust), lists: join(runFolder, files.lists) };
    await stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
    const [authoritiesPem, listsPem] = [at.authorities, at.lists].map((file) => readFileSync(file, 'utf8'));
    const listsPublished = pemBlocks(listsPem!).map(thisUpdateOf);
    const pair = { authoritiesPem: authoritiesPem!, listsPublished };
    await expect(requireHeld(runtime, at, pair)).resolves.toBeUndefined();
    const fewer = { ...pair, authoritiesPem: pemBlocks(authoritiesPem!)[0]! };
    await expect(requireHeld(runtime, at, fewer)).rejects.toThrow('HAProxy holds other authorities');
    const [first, ...others] = listsPublished;
    const late = { ...pair, listsPublished: [new Date(first!.getTime() - 1_000), ...others] };
    await expect(requireHeld(runtime, at, late)).rejects.toThrow('HAProxy holds other lists');
  });

  it('are in force once whom they name is turned away: not where HAProxy holds them and lets everybody in', async () => {
    const file = join(stand.config.runFolder, files.haproxy);
    const good = readFileSync(file, 'utf8');
    const next = () => stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
    writeFileSync(
      file,
      good.replace('crt-ignore-err 11,12 ca-ignore-err 11,12', 'crt-ignore-err all ca-ignore-err all'),
    );
    await stand.edge.replace();
    await expect(next()).rejects.toThrow('whom the list names is not turned away as revoked: it is let in');
    writeFileSync(file, good);
    await stand.edge.replace();
    await expect(next()).resolves.toBeUndefined();
  });

  it('name canaries that no other edge knows, and whose key is in no file', async () => {
    const { canaries } = new Canaries().into(checkTrust(stand.trust(), new Date()), new Date());
    await expect(proveLists(stand.config, hosts.optional, canaries!)).rejects.toThrow(/unknown ca/i);
    for (const name of readdirSync(stand.config.runFolder).filter((each) => !each.endsWith('.sock')))
      expect(readFileSync(join(stand.config.runFolder, name), 'latin1')).not.toContain('PRIVATE KEY');
  });

  it('are refused before anything changes when one authority has none', () => {
    const { authorities, lists } = stand.trust();
    const lacking = { authorities, lists: lists.slice(0, 1) };
    expect(() => checkTrust(lacking, new Date())).toThrow(/list/i);
    expect(() => checkTrust({ authorities, lists: [] }, new Date())).toThrow(/list/i);
  });
});

const pemBlocks = (text: string) => text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n/g)!;
function thisUpdateOf(block: string): Date {
  const der = Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64');
  return scanCrl(der, new WantedSerials([])).head.thisUpdate;
}

/** Clients that connect anew for each request until it is done; what failed, and how many were asked. */
async function underLoad(
  client: Client,
  act: () => Promise<void>,
): Promise<{ failures: string[]; asked: number }> {
  const failures: string[] = [];
  let asked = 0;
  let goes = true;
  const load = [1, 2].map(async () => {
    while (goes) {
      const answer = await ask(stand, client).catch((error: Error) => ({ status: error.message }));
      asked++;
      if (answer.status !== 200) failures.push(String(answer.status));
    }
  });
  try {
    await act();
  } finally {
    goes = false;
    await Promise.all(load);
  }
  return { failures, asked };
}

/** Asks on one connection for as long as the edge lets it stand, then on a new one, as clients that keep theirs do. */
async function keptUnderLoad(client: Client, goes: () => boolean): Promise<string[]> {
  const failures: string[] = [];
  let socket = await open(stand, client);
  while (goes()) {
    const answer = await exchange(socket, get);
    if (!answer.startsWith('HTTP/1.1 200 '))
      failures.push(answer.split('\r\n', 1)[0] || 'cut off unanswered');
    if (/^connection: close/im.test(answer) || !answer) {
      socket.destroy();
      socket = await open(stand, client);
    }
  }
  socket.destroy();
  return failures;
}

it('twenty changes each of certificate, authorities and lists under load fail no handshake and drop no connection', async () => {
  const [client, refused] = [await stand.client(), await stand.client()];
  const folder = mkdtempSync(join(tmpdir(), 'apodera-other-psc-'));
  const other = await startPsc({ dataFolder: folder, countries: ['BR'] });
  const { root, intermediate } = other.authority('BR');
  const more: TrustBundle = {
    authorities: [root.der, intermediate.der],
    lists: [other.crl('BR', 'root').der, other.crl('BR', 'intermediate').der],
  };
  const spare = await Promise.all(Array.from({ length: 20 }, () => stand.client()));
  await stand.edge.refuse([refused.issued.thumbprint]);
  const { pid } = stand.edge;
  let goes = true;
  const kept = keptUnderLoad(client, () => goes);
  const { failures, asked } = await underLoad(client, async () => {
    for (const { issued } of spare) {
      stand.psc.revoke(issued.serialNumber);
      await stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
      const { authorities, lists } = stand.trust();
      const both = { authorities: [...authorities, ...more.authorities], lists: [...lists, ...more.lists] };
      await stand.edge.setTrust(checkTrust(both, new Date()));
      await stand.edge.setTrust(checkTrust(stand.trust(), new Date()));
      await stand.edge.setCertificate(await reissued());
    }
  });
  goes = false;
  expect([...failures, ...(await kept)]).toEqual([]);
  expect(asked).toBeGreaterThan(100);
  expect(stand.edge.pid).not.toBe(pid);
  // What was decided before the changes holds after them.
  expect((await ask(stand, refused)).status).toBe(403);
  for (const one of spare.slice(-2)) await expect(ask(stand, one)).rejects.toThrow(/certificate revoked/);
  await stand.edge.refuse([]);
  await other.stop();
  rmSync(folder, { recursive: true });
});

it('a chain that HAProxy cannot read changes nothing: what was served goes on, ready, and survives a successor', async () => {
  const client = await stand.client();
  const [name] = stand.config.names;
  const broken = `${name!.chainPem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
  const names = [...stand.config.names, { ...name!, host: 'new.edge.test', chainPem: broken }];
  await expect(stand.edge.setNames(names)).rejects.toThrow(/HAProxy refuses/);
  await expect(shakeHands(stand.config, stand.edge.servedHosts)).resolves.toBeUndefined();
  await stand.edge.replace();
  expect((await ask(stand, client)).json.client).toBe(client.issued.thumbprint);
});

/** A new certificate of the same key. */
async function reissued(): Promise<ServedName> {
  const [name] = stand.config.names;
  const { publicKey } = new X509Certificate(name!.chainPem);
  const wanted = { use: 'transport', purposes: ['serverAuth'], hosts: Object.values(hosts) } as const;
  const issued = await stand.psc.issue({ holder, publicKey, ...wanted });
  const chain = issued.chain.slice(0, 2).map((der) => pem('CERTIFICATE', der));
  return { ...name!, chainPem: chain.join('') };
}
