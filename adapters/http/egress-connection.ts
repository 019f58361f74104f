// How is one HTTP exchange opened to an address that egress.ts has checked: directly, or through the operator's
// proxy (absolute form for http, CONNECT for https: RFC 9110 §9.3.6, RFC 9112 §3.2.2)?

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

/** PEM. */
export interface TlsIdentity {
  readonly key?: string;
  readonly cert?: string;
  /** Instead of the public roots. */
  readonly ca?: string | readonly string[];
}

export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly tls: TlsIdentity | undefined;
  /** Aborts until the answer's head is there. */
  readonly signal: AbortSignal;
}

export async function openRequest(
  url: URL,
  lookup: LookupFunction,
  exchange: Exchange,
  proxy: string | undefined,
): Promise<IncomingMessage> {
  const { tls, headers, method } = exchange;
  const direct: RequestOptions = { method, headers: { ...headers }, lookup, agent: false };
  if (!proxy) {
    return send(url, url.protocol === 'https:' ? { ...direct, ...tlsOptions(tls) } : direct, exchange);
  }
  if (url.protocol === 'http:') {
    const throughProxy = { method, headers: { ...headers, host: url.host }, path: url.href, agent: false };
    return send(new URL(proxy), throughProxy, exchange);
  }
  const socket = await tunnel(new URL(proxy), `${url.hostname}:${url.port || 443}`, exchange.signal);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const servername = isIP(hostname) ? {} : { servername: hostname };
  const createConnection = () => tlsConnect({ socket, ...servername, ...tlsOptions(tls) });
  // Without `agent`, which would ignore createConnection and connect by itself.
  return send(url, { method, headers: { ...headers }, createConnection }, exchange);
}

function tlsOptions(tls: TlsIdentity | undefined): { key?: string; cert?: string; ca?: string[] } {
  const { key, cert, ca } = tls ?? {};
  return {
    ...(key !== undefined && { key }),
    ...(cert !== undefined && { cert }),
    ...(ca !== undefined && { ca: typeof ca === 'string' ? [ca] : [...ca] }),
  };
}

function send(url: URL, options: RequestOptions, { body, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = open(url, options);
    const expire = () => request.destroy(signal.reason);
    signal.addEventListener('abort', expire, { once: true });
    request.on('error', reject);
    request.on('response', (response) => {
      signal.removeEventListener('abort', expire);
      resolve(response);
    });
    request.end(body);
  });
}

function tunnel(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = { host: authority };
    const request = httpRequest(proxy, { method: 'CONNECT', path: authority, headers, agent: false, signal });
    request.on('error', reject);
    request.on('connect', (response, socket) => {
      if (response.statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new Error(`the proxy answered ${response.statusCode} to CONNECT`));
    });
    request.end();
  });
}
