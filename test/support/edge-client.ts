// Asks an edge something over TLS: by Node's client for whole requests, by raw bytes for what no client would send.

import { once } from 'node:events';
import { request } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { hosts, type Stand } from './edge-stand.ts';

export interface Asked extends ConnectionOptions {
  readonly method?: string;
  readonly path?: string;
  readonly name?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly json: { client?: string; problem?: string; code?: string; errors?: unknown[] };
}

export async function ask(stand: Stand, asked: Asked = {}): Promise<Answer> {
  const { name = hosts.optional, headers, body, method = 'GET', path = '/v1/certificates', ...tls } = asked;
  const outgoing = request({
    host: '127.0.0.1',
    port: stand.port,
    servername: name,
    ca: stand.ca,
    agent: false,
    method,
    path,
    headers: { host: name, ...(body && { 'content-length': String(body.length) }), ...headers },
    ...tls,
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of incoming) text += chunk;
  const isJson = incoming.headers['content-type'] === 'application/json';
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    text,
    json: isJson ? JSON.parse(text) : {},
  };
}

export async function open(
  stand: Stand,
  tls: ConnectionOptions & { name?: string } = {},
): Promise<TLSSocket> {
  const { name = hosts.optional, ...more } = tls;
  const socket = connect({ host: '127.0.0.1', port: stand.port, servername: name, ca: stand.ca, ...more });
  await once(socket, 'secureConnect');
  return socket;
}

/** Writes and reads until the end of the first whole answer, or of the connection. */
export async function exchange(socket: TLSSocket, bytes: string | Uint8Array): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('data', onData).off('close', done).off('error', done);
      resolve(text);
    };
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (head >= 0 && text.length >= head + 4 + length) done();
      else if (head >= 0 && /transfer-encoding: chunked/i.test(text) && text.endsWith('0\r\n\r\n')) done();
    };
    socket.on('data', onData);
    socket.once('close', done);
    socket.once('error', done);
    socket.write(bytes);
  });
}

/** PROXY protocol v2 as a load balancer sends it for a client of that IPv4 address. */
export function proxyV2(source: string): Buffer {
  const octets = (address: string) => address.split('.').map(Number);
  const ports = Buffer.from([0xc3, 0x50, 0x01, 0xbb]);
  const addresses = Buffer.from([...octets(source), ...octets('10.42.0.1')]);
  return Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'), addresses, ports]);
}
