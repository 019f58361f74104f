// Clients as participants have them: curl, OpenSSL, Node and Python's requests, each asked for the same thing and
// answering in one form. What a client says of a refused handshake is put into lower case, without underscores.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ask } from './edge-client.ts';
import { hosts, type Stand } from './edge-stand.ts';

const run = promisify(execFile);

export interface Wanted {
  readonly key?: string;
  /** Leaf first. */
  readonly cert?: string;
  /** SNI; `api.edge.test`. */
  readonly name?: string;
  /** Where it is not the SNI. */
  readonly host?: string;
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  readonly body?: Uint8Array;
}

export interface Heard {
  /** Absent: no answer over HTTP came. */
  readonly status?: number;
  /** Of the API's answer. */
  readonly client?: string;
  /** What the client says of a handshake or connection that failed. */
  readonly trouble?: string;
}

export type RealClient = (stand: Stand, wanted: Wanted) => Promise<Heard>;

interface Files {
  readonly folder: string;
  readonly put: (name: string, content: string | Uint8Array) => string;
}

async function withFiles<T>(act: (files: Files) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'apodera-client-'));
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  try {
    return await act({ folder, put });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const trouble = (text: string): Heard => ({ trouble: text.toLowerCase().replaceAll('_', ' ') });

function heard(status: number, body: string): Heard {
  const { client } = JSON.parse(body || '{}') as { client?: string };
  return { status, ...(client !== undefined && { client }) };
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}
const ended = (running: Promise<Ended>): Promise<Ended> => running.catch((error: Ended) => error);

const curl: RealClient = (stand, { name = hosts.optional, host, key, cert, maxVersion, ciphers, body }) =>
  withFiles(async ({ put }) => {
    const to = `${name}:${stand.port}`;
    const { stdout, stderr } = await ended(
      run('curl', [
        ...['-sS', '--cacert', put('ca', stand.ca), '--resolve', `${to}:127.0.0.1`, '-w', '\n%{http_code}'],
        ...(cert ? ['--cert', put('cert', cert), '--key', put('key', key!)] : []),
        ...(host ? ['-H', `Host: ${host}`] : []),
        ...(maxVersion ? ['--tls-max', maxVersion.slice(4).padEnd(3, '.0')] : []),
        ...(ciphers ? ['--ciphers', ciphers, '--tls-max', '1.2'] : []),
        ...(body ? ['--data-binary', `@${put('body', body)}`] : []),
        `https://${to}/v1/x`,
      ]),
    );
    const [text, status] = [stdout.slice(0, stdout.lastIndexOf('\n')), Number(stdout.split('\n').at(-1))];
    return status ? heard(status, text) : trouble(stderr);
  });

const openssl: RealClient = (stand, { name = hosts.optional, host, key, cert, maxVersion, ciphers, body }) =>
  withFiles(async ({ put }) => {
    const versions = { TLSv1: '-tls1', 'TLSv1.1': '-tls1_1', 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };
    const asking = run('openssl', [
      ...['s_client', '-quiet', '-ign_eof', '-connect', `127.0.0.1:${stand.port}`, '-servername', name],
      ...['-CAfile', put('ca', stand.ca), '-verify_return_error'],
      ...(cert
        ? ['-cert', put('cert', cert), '-cert_chain', put('chain', cert), '-key', put('key', key!)]
        : []),
      ...(maxVersion ? [versions[maxVersion]] : []),
      ...(maxVersion === 'TLSv1' || maxVersion === 'TLSv1.1' ? ['-cipher', 'ALL:@SECLEVEL=0'] : []),
      ...(ciphers ? ['-tls1_2', '-cipher', ciphers] : []),
    ]);
    const length = body ? `Content-Length: ${body.length}\r\n` : '';
    const head = `${body ? 'POST' : 'GET'} /v1/x HTTP/1.1\r\nHost: ${host ?? name}\r\nConnection: close\r\n${length}\r\n`;
    asking.child.stdin!.on('error', () => {});
    asking.child.stdin!.end(Buffer.concat([Buffer.from(head), body ?? new Uint8Array()]));
    const { stdout, stderr } = await ended(asking);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1]);
    // Answers of the API come in chunks, ours whole: the JSON is the line that begins with a brace.
    return status ? heard(status, /^\{.*\}$/m.exec(stdout)?.[0] ?? '{}') : trouble(stderr);
  });

const node: RealClient = async (stand, { name, host, key, cert, maxVersion, ciphers, body }) => {
  const old = maxVersion === 'TLSv1' || maxVersion === 'TLSv1.1';
  try {
    const { status, json } = await ask(stand, {
      ...(name && { name }),
      ...(key && cert && { key, cert }),
      ...(host && { headers: { host } }),
      ...(maxVersion && { maxVersion, minVersion: old ? maxVersion : ('TLSv1.2' as const) }),
      ...(old && { ciphers: 'ALL:@SECLEVEL=0' }),
      ...(ciphers && { ciphers, maxVersion: 'TLSv1.2' as const }),
      ...(body && { body, method: 'POST' }),
    });
    return { status, ...(json.client !== undefined && { client: json.client }) };
  } catch (error) {
    return trouble(`${(error as { code?: string }).code} ${(error as Error).message}`);
  }
};

/** The address is the name's: requests has no option for it. */
const script = `
import json, socket, ssl, sys, requests
from requests.adapters import HTTPAdapter
w = json.load(open(sys.argv[1]))
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, *a, **k: real('127.0.0.1', w['port'], *a, **k)
context = ssl.create_default_context(cafile=w['ca'])
if w.get('cert'): context.load_cert_chain(w['cert'], w['key'])
if w.get('maxVersion'):
    version = getattr(ssl.TLSVersion, w['maxVersion'].replace('.', '_') if '.' in w['maxVersion'] else 'TLSv1')
    context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = version
    if version < ssl.TLSVersion.TLSv1_2: context.set_ciphers('ALL:@SECLEVEL=0')
if w.get('ciphers'):
    context.set_ciphers(w['ciphers'])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
class Adapter(HTTPAdapter):
    def init_poolmanager(self, *a, **k): return super().init_poolmanager(*a, ssl_context=context, **k)
session = requests.Session()
session.trust_env = False
session.mount('https://', Adapter())
headers = {'Host': w['host']} if w.get('host') else {}
body = open(w['body'], 'rb').read() if w.get('body') else None
try:
    answer = session.request('POST' if body else 'GET', 'https://%s:%d/v1/x' % (w['name'], w['port']), headers=headers, data=body)
    print(json.dumps({'status': answer.status_code, 'text': answer.text}))
except requests.exceptions.RequestException as problem:
    print(json.dumps({'trouble': str(problem)}))
`;

const requests: RealClient = (stand, { name = hosts.optional, key, cert, body, ...more }) =>
  withFiles(async ({ put }) => {
    const wanted = {
      ...{ ...more, name, port: stand.port, ca: put('ca', stand.ca) },
      ...(cert && { cert: put('cert', cert), key: put('key', key!) }),
      ...(body && { body: put('body', body) }),
    };
    const args = ['-c', script, put('wanted', JSON.stringify(wanted))];
    const { stdout, stderr } = await ended(run('/usr/bin/python3', ['-W', 'ignore', ...args]));
    if (!stdout) throw new Error(`python3 with requests (apt: python3-requests): ${stderr}`);
    const answer = JSON.parse(stdout) as { status?: number; text?: string; trouble?: string };
    return answer.status ? heard(answer.status, answer.text ?? '') : trouble(answer.trouble ?? '');
  });

export const realClients: readonly (readonly [string, RealClient])[] = [
  ['curl', curl],
  ['openssl s_client', openssl],
  ['Node', node],
  ['Python requests', requests],
];
