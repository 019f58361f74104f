import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import {
  API_KEY_HEADER,
  type EdgeRequest,
  type ReceivedRequest,
  readEdgeKeys,
  signEdge,
  verifyEdge,
} from '../../core/edge-identity.ts';
import { Refusal } from '../../core/errors.ts';

const keys = [
  { id: '2026-07', secret: randomBytes(32) },
  { id: '2026-06', secret: randomBytes(32) },
];
const now = new Date('2026-07-01T12:00:00.500Z');
const apiKey = 'apo_dev_key';
const client = 'A'.repeat(43) as Thumbprint;

const request = (over: Partial<EdgeRequest> = {}): EdgeRequest => ({
  method: 'GET',
  host: 'node.internal',
  target: '/v1/payouts?cursor=a%20b&limit=5&limit=6',
  interactionId: '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01',
  client,
  apiKey,
  ...over,
});

function received(signed: Record<string, string>, over: Partial<ReceivedRequest> = {}): ReceivedRequest {
  const headers = { Host: 'node.internal', 'Shinkansen-Api-Key': apiKey, ...signed };
  return {
    method: 'GET',
    path: '/v1/payouts',
    query: { cursor: ['a b'], limit: ['6', '5'] },
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    ...over,
  };
}

function code(message: ReceivedRequest, at = now): string {
  try {
    verifyEdge(message, keys, at);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'VOUCHED';
}

const signed = (over: Partial<EdgeRequest> = {}, key = keys[0]!) => signEdge(request(over), key, now);

describe('verifyEdge', () => {
  test('gives client, interaction and API key of what either of two keys signed', () => {
    for (const key of keys) {
      const identity = verifyEdge(received(signed({}, key)), keys, now);
      expect(identity).toEqual({ client, interactionId: request().interactionId, apiKey });
    }
  });

  test('tells a client without certificate and a request without API key', () => {
    const bare = received(signed({ client: 'none', apiKey: undefined }));
    const { 'Shinkansen-Api-Key': _, ...headers } = bare.headers;
    expect(verifyEdge({ ...bare, headers }, keys, now)).toMatchObject({ client: 'none', apiKey: undefined });
  });

  test('refuses a key it does not know, and the right id with another secret', () => {
    const unknown = { id: '2026-08', secret: keys[0]!.secret };
    expect(code(received(signed({}, unknown)))).toBe('EDGE_IDENTITY_WRONG');
    const forged = { id: '2026-07', secret: randomBytes(32) };
    expect(code(received(signed({}, forged)))).toBe('EDGE_IDENTITY_WRONG');
  });

  test('refuses a request older or newer than 60 seconds', () => {
    const message = received(signed());
    for (const [seconds, outcome] of [
      [59, 'VOUCHED'],
      [61, 'EDGE_IDENTITY_OLD'],
      [-60, 'VOUCHED'],
      [-62, 'EDGE_IDENTITY_OLD'],
    ] as const) {
      expect(code(message, new Date(now.getTime() + seconds * 1000))).toBe(outcome);
    }
  });

  test('refuses each header when it is missing, empty, or there twice in any spelling', () => {
    const message = received(signed());
    for (const name of Object.keys(message.headers)) {
      if (name.toLowerCase() === API_KEY_HEADER) continue;
      const without = { ...message.headers, [name]: undefined };
      expect(code({ ...message, headers: without })).toBe('EDGE_IDENTITY_MISSING');
      expect(code({ ...message, headers: { ...message.headers, [name]: [''] } })).toBe(
        'EDGE_IDENTITY_MISSING',
      );
      const twice = { ...message.headers, [name.toUpperCase()]: message.headers[name] };
      const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
      expect(code({ ...message, headers: { ...twice, [other]: message.headers[name] } })).toBe(
        'EDGE_IDENTITY_MISSING',
      );
    }
  });

  test('refuses a target that two decoders could read differently, even when the edge signed it', () => {
    const targets = [
      '/v1/a%2fb',
      '/v1/%5C',
      '/v1/%00',
      '/v1/../x',
      '/v1/.',
      '//v1',
      'http://x/v1',
      '/v1/a?b=c+d',
      '/v1/%zz',
    ];
    for (const target of [...targets, '/v1/a#b', '/v1/a b', '/v1/é']) {
      const path = target.replace(/\?.*/, '');
      for (const routed of [path, safeDecode(path)]) {
        const query = target.includes('?') ? { b: ['c d'] } : {};
        const message = received(signed({ target }), { path: routed, query });
        expect(code(message)).toBe('EDGE_IDENTITY_WRONG');
      }
    }
  });

  test('vouches for any path and query that arrives as its one decoding', () => {
    const word = fc.string({ minLength: 1, unit: fc.constantFrom(...'abz09-_é&=?% ') });
    fc.assert(
      fc.property(
        word,
        fc.dictionary(word, fc.array(word, { minLength: 1, maxLength: 3 })),
        (name, query) => {
          const path = `/v1/${name}`;
          const pairs = Object.entries(query).flatMap(([key, values]) =>
            values.map((value) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`),
          );
          const raw = `/v1/${encodeURIComponent(name)}${pairs.length ? `?${pairs.join('&')}` : ''}`;
          expect(code(received(signed({ target: raw }), { path, query }))).toBe('VOUCHED');
        },
      ),
    );
  });
});

function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

describe('readEdgeKeys', () => {
  const text = (...list: [string, number][]) =>
    JSON.stringify({
      keys: list.map(([id, size]) => ({ id, secret: Buffer.alloc(size, 1).toString('base64') })),
    });

  test('reads one or two keys', () => {
    expect(readEdgeKeys(text(['a', 32]))).toHaveLength(1);
    expect(readEdgeKeys(text(['a', 32], ['b', 64])).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('refuses none, three, a short one, and two of one id', () => {
    for (const bad of [
      text(),
      text(['a', 32], ['b', 32], ['c', 32]),
      text(['a', 31]),
      text(['a', 32], ['a', 32]),
    ]) {
      expect(() => readEdgeKeys(bad)).toThrow('one or two keys');
    }
  });
});
