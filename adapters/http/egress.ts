// The one way out to URLs that somebody else chose: lists, OCSP, webhooks, other nodes. It resolves the name, refuses
// addresses off the public network, pins what it resolved, bounds time, size and redirects. What the bytes mean
// is for others.

import { lookup as dnsLookup } from 'node:dns/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Refusal, Transient } from '../../core/errors.ts';
import { egressPolicy } from '../../core/policy.ts';
import { openRequest, type TlsIdentity } from './egress-connection.ts';
import { isPublicAddress } from './public-address.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface EgressSettings {
  /** The local run only: its test PSC, webhooks and peer nodes live on loopback. */
  readonly allowPrivate: boolean;
  /** `http://host:port` of the operator's own proxy, which then resolves the names that our DNS does not know. */
  readonly proxy?: string;
  readonly resolve?: (hostname: string) => Promise<readonly Address[]>;
}

export interface EgressRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Bytes of the answer's body; beyond, `EGRESS_TOO_LARGE`. */
  readonly maxBytes: number;
  /** Followed by GET only. Default 0. */
  readonly redirects?: number;
  /** Webhooks and nodes: no `http:`. Default false. */
  readonly httpsOnly?: boolean;
  /** mTLS to other nodes; anchors where they are not the public ones. */
  readonly tls?: TlsIdentity;
  /** Milliseconds; default: policy. */
  readonly firstByteTimeout?: number;
  readonly totalTimeout?: number;
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where the answer came from, redirects followed. */
  readonly url: string;
  /** To be read once, or discarded. Throws `EGRESS_TOO_LARGE`, TransientEgress. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

/**
 * Throws `EGRESS_URL_REFUSED`, `EGRESS_ADDRESS_REFUSED`, `EGRESS_TOO_MANY_REDIRECTS`, `EGRESS_TOO_LARGE`; Transient
 * `TransientEgress` for names, connections and time.
 */
export type Egress = (request: EgressRequest) => Promise<EgressResponse>;

export function createEgress(settings: EgressSettings): Egress {
  return async (request) => {
    const deadline = Date.now() + (request.totalTimeout ?? egressPolicy.total);
    let url = parseUrl(request.url, request.httpsOnly ?? false);
    for (let left = request.redirects ?? 0; ; left--) {
      const response = await once(settings, request, url, deadline);
      const next = redirectOf(response, url);
      if (!next) return answerOf(request, response, url, deadline);
      response.destroy();
      if (left <= 0 || (request.method ?? 'GET') !== 'GET') {
        throw new Refusal('EGRESS_TOO_MANY_REDIRECTS', { expected: `at most ${request.redirects ?? 0}` });
      }
      // Once encrypted, always encrypted.
      url = parseUrl(next, (request.httpsOnly ?? false) || url.protocol === 'https:');
    }
  };
}

function parseUrl(text: string, httpsOnly: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const schemes = httpsOnly ? ['https:'] : ['http:', 'https:'];
  if (!url || !schemes.includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Refusal('EGRESS_URL_REFUSED', { expected: `${schemes.join(' or ')} without credentials` });
  }
  url.hash = '';
  return url;
}

/** One exchange up to the answer's head. */
async function once(
  settings: EgressSettings,
  request: EgressRequest,
  url: URL,
  deadline: number,
): Promise<IncomingMessage> {
  const limit = Math.min(request.firstByteTimeout ?? egressPolicy.firstByte, deadline - Date.now());
  const expiry = AbortSignal.timeout(Math.max(1, limit));
  try {
    const addresses = await expiring(expiry, addressesOf(settings, url));
    const exchange = {
      method: request.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', 'user-agent': 'apodera', ...request.headers },
      body: request.body,
      tls: request.tls,
      signal: expiry,
    };
    return await openRequest(url, pinned(addresses), exchange, settings.proxy);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Transient('TransientEgress', `${url.host} did not answer`, { cause: error });
  }
}

/** Every address of the name must be public: a name that leads to both worlds leads nowhere. */
async function addressesOf(settings: EgressSettings, url: URL): Promise<readonly Address[]> {
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const resolve = settings.resolve ?? ((name: string) => dnsLookup(name, { all: true, verbatim: true }));
  let addresses: readonly Address[];
  try {
    addresses = await resolve(hostname);
  } catch (error) {
    if (settings.proxy) return [];
    throw error;
  }
  if (addresses.length === 0) throw new Error('the name has no address');
  if (!settings.allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new Refusal('EGRESS_ADDRESS_REFUSED', { parameter: url.hostname });
  }
  return addresses;
}

/** The connection is made to what was checked: the name is not asked for again (DNS rebinding). */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, done) => {
    const wanted = addresses.filter(({ family }) => !options.family || options.family === family);
    const first = wanted[0];
    if (!first) return done(new Error('no address of the wanted family'), []);
    if (options.all) return done(null, [...wanted]);
    return done(null, first.address, first.family);
  };
}

function redirectOf({ statusCode, headers }: IncomingMessage, { href }: URL): string | undefined {
  const { location } = headers;
  if (!location || ![301, 302, 303, 307, 308].includes(statusCode ?? 0)) return undefined;
  return URL.canParse(location, href) ? new URL(location, href).href : location;
}

function answerOf(
  { maxBytes }: EgressRequest,
  response: IncomingMessage,
  url: URL,
  deadline: number,
): EgressResponse {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    response.destroy();
    throw tooLarge(maxBytes);
  }
  const expire = () => response.destroy(new Error('too slow'));
  const timer = setTimeout(expire, Math.max(1, deadline - Date.now()));
  response.once('close', () => clearTimeout(timer));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    url: url.href,
    body: bounded(response, maxBytes, url.host),
    discard: () => void response.destroy(),
  };
}

async function* bounded(
  response: IncomingMessage,
  maxBytes: number,
  host: string,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Transient('TransientEgress', `${host} did not finish its answer`, { cause: error });
  } finally {
    response.destroy();
  }
}

/** For answers that are small by their limit. */
export async function wholeBody({ body }: EgressResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal('EGRESS_TOO_LARGE', { expected: `at most ${maxBytes} bytes` });
}

/** dns.lookup cannot be aborted: it is left behind. */
function expiring<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
