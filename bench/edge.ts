// E1: what a full TLS 1.3 handshake and a kept-alive request cost the edge, beside HAProxy with the same configuration
// and its key in a file, and beside nginx with a key in a file, all in one run. Counted is the servers' own CPU time,
// threads included: on a machine that others use, rates of the clock would say nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../local/free-port.ts';
import { files } from '../proxy/config.ts';
import { pem } from '../proxy/trust.ts';
import { exchange, open } from '../test/support/edge-client.ts';
import { holder, hosts, type Stand, startStand } from '../test/support/edge-stand.ts';
import { edgeLoadFigures } from './edge-load.ts';
import { type Figure, median } from './figure.ts';

interface Server {
  readonly pid: number;
  readonly port: number;
}
type Servers = Readonly<Record<'hsm' | 'file' | 'fileAgain' | 'nginx', Server>>;
type KeyKind = 'RSA-2048' | 'P-256';

const rounds = 10;
const handshakesPerRound = 40;
const requestsPerRound = 200;
const get = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.none}\r\n\r\n`;

export async function edgeFigures(): Promise<readonly Figure[]> {
  const rsa = await withServers('RSA-2048', (stand, servers) => handshakes(stand, servers, 'RSA-2048', 0.75));
  const ec = await withServers('P-256', async (stand, servers) => [
    ...(await handshakes(stand, servers, 'P-256', 0.85)),
    ...(await requests(stand, servers)),
  ]);
  return [...rsa, ...ec, ...(await edgeLoadFigures(unlimited))];
}

async function handshakes(stand: Stand, servers: Servers, kind: KeyKind, aim: number): Promise<Figure[]> {
  const cost = await rounded(servers, async ({ port }) => {
    for (let at = 0; at < handshakesPerRound; at++) {
      const socket = await open({ ...stand, port }, { name: hosts.none });
      socket.destroy();
    }
  });
  const what = `full TLS 1.3 handshakes, ${kind}, key in SoftHSM`;
  return [times(what, cost, 'file', 'HAProxy with a file key', aim)];
}

async function requests(stand: Stand, servers: Servers): Promise<Figure[]> {
  const sockets = new Map<number, Awaited<ReturnType<typeof open>>>();
  for (const { port } of Object.values(servers))
    sockets.set(port, await open({ ...stand, port }, { name: hosts.none }));
  const cost = await rounded(servers, async ({ port }) => {
    const socket = sockets.get(port)!;
    for (let at = 0; at < requestsPerRound; at++) {
      const answer = await exchange(socket, get);
      if (!/^HTTP\/1\.1 (200|599)/.test(answer))
        throw new Error(`expected an answer, found ${answer.slice(0, 80)}`);
    }
  });
  for (const socket of sockets.values()) socket.destroy();
  return [
    times('kept-alive requests', cost, 'file', 'HAProxy with a file key', 0.95),
    times('kept-alive requests, MAC and all rules included', cost, 'nginx', 'nginx that only passes on', 1),
  ];
}

type Costs = Readonly<Record<keyof Servers, readonly number[]>>;

function times(what: string, cost: Costs, peer: 'file' | 'nginx', reference: string, aim: number): Figure {
  const ratio = (a: readonly number[], b: readonly number[]) => median(a.map((one, at) => one / b[at]!));
  const value = ratio(cost[peer], cost.hsm);
  const control = ratio(cost.fileAgain, cost.file);
  return { id: 'E1', what, value, unit: 'times', reference, aim, holds: value >= aim, control };
}

/** Nanoseconds of each server for the same work, in turns, each round in another order. */
async function rounded(servers: Servers, work: (server: Server) => Promise<void>): Promise<Costs> {
  const names = Object.keys(servers) as (keyof Servers)[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    keyof Servers,
    number[]
  >;
  for (const name of names) await work(servers[name]);
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) {
      const before = nanosecondsOf(servers[name].pid);
      await work(servers[name]);
      costs[name].push(nanosecondsOf(servers[name].pid) - before);
    }
  }
  return costs;
}

/** On a CPU so far, all threads: proc(5), schedstat. */
function nanosecondsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, one) => sum + one, 0);
}

async function withServers<T>(
  kind: KeyKind,
  act: (stand: Stand, servers: Servers) => Promise<T>,
): Promise<T> {
  const stand = await startStand({ keyKind: kind, limits: unlimited });
  const folder = mkdtempSync(join(tmpdir(), 'apodera-bench-edge-'));
  const children: ChildProcess[] = [];
  try {
    const key = await fileKey(stand, kind);
    const launch = async (child: ChildProcess, port: number): Promise<Server> => {
      children.push(child);
      await accepting(port);
      return { pid: child.pid!, port };
    };
    const haproxy = (name: string) => withFileKey(stand, join(folder, name), key, launch);
    return await act(stand, {
      hsm: { pid: stand.edge.pid!, port: stand.port },
      file: await haproxy('a'),
      fileAgain: await haproxy('b'),
      nginx: await nginx(stand, join(folder, 'nginx'), key, launch),
    });
  } finally {
    for (const child of children.filter(({ exitCode }) => exitCode === null)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await stand.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const unlimited = {
  openConnections: 4_000,
  newConnections: 1_000_000,
  requests: 10_000_000,
  refusedKeys: 1_000_000,
};

interface FileKey {
  readonly chain: string;
  readonly key: string;
}

async function fileKey({ psc }: Stand, kind: KeyKind): Promise<FileKey> {
  const pair =
    kind === 'P-256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const issued = await psc.issue({
    holder,
    publicKey: pair.publicKey,
    use: 'transport',
    purposes: ['serverAuth'],
    hosts: Object.values(hosts),
  });
  const chain = issued.chain.slice(0, 2).map((der) => pem('CERTIFICATE', der));
  return { chain: chain.join(''), key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

type Launch = (child: ChildProcess, port: number) => Promise<Server>;

/** The edge's own files, but for the key. */
async function withFileKey(stand: Stand, folder: string, key: FileKey, launch: Launch): Promise<Server> {
  const { runFolder, names } = stand.config;
  const [port, healthPort] = [await freePort(), await freePort()];
  cpSync(runFolder, folder, { recursive: true, filter: (file) => !file.endsWith(files.socket) });
  for (const file of [files.haproxy, files.crtList]) {
    const text = readFileSync(join(folder, file), 'utf8')
      .replaceAll(runFolder, folder)
      .replaceAll(`:${stand.port} `, `:${port} `)
      .replaceAll(`:${stand.healthPort}\n`, `:${healthPort}\n`);
    writeFileSync(join(folder, file), text);
  }
  for (const { host } of names) {
    writeFileSync(join(folder, files.certificate(host)), key.chain);
    writeFileSync(join(folder, `${files.certificate(host)}.key`), key.key);
  }
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  return launch(spawn('haproxy', ['-db', '-f', join(folder, files.haproxy)], { env, stdio: 'ignore' }), port);
}

/** One process, so that its CPU time can be told; a connection of its own to the API, as the edge has. */
async function nginx(stand: Stand, folder: string, key: FileKey, launch: Launch): Promise<Server> {
  const port = await freePort();
  mkdirSync(folder);
  writeFileSync(join(folder, 'chain.pem'), key.chain);
  writeFileSync(join(folder, 'key.pem'), key.key);
  const configuration = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  upstream api { server ${stand.config.api.address}; keepalive 8; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/chain.pem; ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;
    location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  return launch(
    spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env, stdio: 'ignore' }),
    port,
  );
}

async function accepting(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connectTcp(port, '127.0.0.1');
    const opened = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (opened) return;
    await delay(50);
  }
  throw new Error(
    `nothing listens on port ${port}: haproxy and nginx have to be installed (apt-get install nginx)`,
  );
}
