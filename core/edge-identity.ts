// Did this request come through the edge, and whose certificate did the edge verify? (B-041)
// The edge strips what a client sent under these names, adds its own, and signs the whole request line with
// them; without the edge the local front does the same. Which participant calls is asked of the API key.

import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Thumbprint } from './certificate/thumbprint.ts';
import { Refusal } from './errors.ts';

/** Names as they stand on the private leg; compared without regard to case. */
export const edgeHeaders = {
  /** `x5t#S256` of the verified client certificate, or `none`. */
  client: 'x-edge-client',
  /** Path and query as the client wrote them: behind it, an authorizer sees them decoded only. */
  target: 'x-edge-target',
  /** Seconds since 1970. */
  time: 'x-edge-time',
  /** Id of the HMAC key. */
  key: 'x-edge-key',
  /** base64url of the HMAC-SHA256. */
  mac: 'x-edge-mac',
} as const;

export const INTERACTION_HEADER = 'x-fapi-interaction-id';
export const API_KEY_HEADER = 'shinkansen-api-key';

/** Two count at a time, so that a new one reaches every task before the old one ends. */
export interface EdgeKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** What the edge saw and vouches for. */
export interface EdgeRequest {
  readonly method: string;
  /** Host of the private leg. */
  readonly host: string;
  /** Raw path and query. */
  readonly target: string;
  /** UUID: the client's own, else a new one. */
  readonly interactionId: string;
  readonly client: Thumbprint | 'none';
  /** Value of the API-key header; its digest alone is signed (S30). */
  readonly apiKey: string | undefined;
}

/** A request as it reached us: every value of every header, and path and query decoded by who passed it on. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[] | undefined>>;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

declare const vouched: unique symbol;

/** Proof that the edge sent the request. Only verifyEdge makes one. */
export interface EdgeIdentity {
  readonly client: Thumbprint | 'none';
  readonly interactionId: string;
  readonly apiKey: string | undefined;
  readonly [vouched]: true;
}

const LONGEST_AGE_SECONDS = 60;
const SECRET_BYTES = 32;

/** The HMAC's input: newline-joined, none of the fields can hold a newline. */
function macInput(keyId: string, time: string, request: EdgeRequest): string {
  const apiKey = request.apiKey === undefined ? 'none' : digestOf(request.apiKey);
  const { method, host, target, interactionId, client } = request;
  return [keyId, time, method, host, target, interactionId, client, apiKey].join('\n');
}

/** The headers the edge adds; `now` in its own time. */
export function signEdge(request: EdgeRequest, key: EdgeKey, now: Date): Record<string, string> {
  const time = String(Math.floor(now.getTime() / 1000));
  return {
    [edgeHeaders.client]: request.client,
    [edgeHeaders.target]: request.target,
    [edgeHeaders.time]: time,
    [edgeHeaders.key]: key.id,
    [edgeHeaders.mac]: macOf(key, time, request).toString('base64url'),
    [INTERACTION_HEADER]: request.interactionId,
  };
}

/** @throws Refusal EDGE_IDENTITY_MISSING, EDGE_IDENTITY_WRONG, EDGE_IDENTITY_OLD */
export function verifyEdge(received: ReceivedRequest, keys: readonly EdgeKey[], now: Date): EdgeIdentity {
  const headers = lowerCase(received.headers);
  const time = onlyOne(headers, edgeHeaders.time);
  const keyId = onlyOne(headers, edgeHeaders.key);
  const mac = onlyOne(headers, edgeHeaders.mac);
  const client = onlyOne(headers, edgeHeaders.client);
  const request: EdgeRequest = {
    method: received.method,
    host: onlyOne(headers, 'host'),
    target: onlyOne(headers, edgeHeaders.target),
    interactionId: onlyOne(headers, INTERACTION_HEADER),
    client: client as Thumbprint | 'none',
    apiKey: headers.has(API_KEY_HEADER) ? onlyOne(headers, API_KEY_HEADER) : undefined,
  };
  const key = keys.find((candidate) => candidate.id === keyId);
  if (!key) throw new Refusal('EDGE_IDENTITY_WRONG');
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(key, time, request);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Refusal('EDGE_IDENTITY_WRONG');
  }
  const age = now.getTime() / 1000 - Number(time);
  if (!/^\d{1,12}$/.test(time) || Math.abs(age) > LONGEST_AGE_SECONDS) throw new Refusal('EDGE_IDENTITY_OLD');
  if (!/^(none|[A-Za-z0-9_-]{43})$/.test(client)) throw new Refusal('EDGE_IDENTITY_WRONG');
  if (!sameTarget(request.target, received)) throw new Refusal('EDGE_IDENTITY_WRONG');
  const { interactionId, apiKey } = request;
  return { client: request.client, interactionId, apiKey } as EdgeIdentity;
}

interface EdgeSecretKey {
  readonly id: string;
  readonly secret: string;
}

/**
 * Reads the secret `{"keys":[{"id":"2026-07","secret":"<base64 of 32 bytes or more>"}]}`, one or two keys, the
 * newest first: the edge signs with the first; or one such key alone, as a deployment generates it.
 */
export function readEdgeKeys(secret: string): readonly EdgeKey[] {
  const said = JSON.parse(secret) as EdgeSecretKey | { keys: EdgeSecretKey[] };
  const keys = 'keys' in said ? said.keys : [said];
  const read = keys.map(({ id, secret: text }) => ({ id, secret: Buffer.from(text, 'base64') }));
  const good = read.every(
    ({ id, secret: { length } }) => /^[\w.-]{1,32}$/.test(id) && length >= SECRET_BYTES,
  );
  if (!good || read.length < 1 || read.length > 2 || read[0]!.id === read[1]?.id) {
    throw new Error('the edge secret holds one or two keys of at least 32 bytes with ids of their own');
  }
  return read;
}

function macOf(key: EdgeKey, time: string, request: EdgeRequest): Buffer {
  return createHmac('sha256', key.secret)
    .update(macInput(key.id, time, request))
    .digest();
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

function lowerCase(headers: ReceivedRequest['headers']): Map<string, readonly string[]> {
  const map = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    map.set(lower, [...(map.get(lower) ?? []), ...(values ?? [])]);
  }
  return map;
}

function onlyOne(headers: Map<string, readonly string[]>, name: string): string {
  const values = headers.get(name);
  if (values?.length === 1 && values[0]) return values[0];
  throw new Refusal('EDGE_IDENTITY_MISSING');
}

/** The signed target, decoded, must be what was routed: else a valid MAC would open another address. */
function sameTarget(target: string, received: ReceivedRequest): boolean {
  // The edge refuses these too: two decoders could disagree about each of them.
  if (!target.startsWith('/') || /%2f|%5c|%00|\\|#|\/\/|\/\.{1,2}(\/|\?|$)|[^\x21-\x7e]/i.test(target))
    return false;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  try {
    return (
      decodeURIComponent(path) === received.path &&
      sameQuery(mark < 0 ? '' : target.slice(mark + 1), received)
    );
  } catch {
    return false;
  }
}

function sameQuery(raw: string, received: ReceivedRequest): boolean {
  // `+` is a space to some decoders and a plus to others.
  if (raw.includes('+')) return false;
  const written = raw === '' ? [] : raw.split('&').map(pairOf);
  const arrived = Object.entries(received.query)
    .flatMap(([name, values]) => (values ?? []).map((value) => `${name}\n${value}`))
    .sort();
  return written.length === arrived.length && written.sort().every((pair, at) => pair === arrived[at]);
}

function pairOf(text: string): string {
  const mark = text.indexOf('=');
  const [name, value] = mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)];
  return `${decodeURIComponent(name)}\n${decodeURIComponent(value)}`;
}
