import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import {
  edgeHeaders,
  INTERACTION_HEADER,
  type ReceivedRequest,
  signEdge,
  verifyEdge,
} from '../../core/edge-identity.ts';

// K holds an API key and has seen one request of somebody else, MAC included: nothing of it can be changed.
const key = { id: 'k', secret: randomBytes(32) };
const now = new Date('2026-07-01T12:00:00Z');
const seen = signEdge(
  {
    method: 'GET',
    host: 'node.internal',
    target: '/v1/certificates',
    interactionId: '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01',
    client: 'B'.repeat(43) as Thumbprint,
    apiKey: 'victim',
  },
  key,
  now,
);
const captured: ReceivedRequest = {
  method: 'GET',
  path: '/v1/certificates',
  query: {},
  headers: Object.fromEntries(
    Object.entries({ ...seen, host: 'node.internal', 'shinkansen-api-key': 'victim' }).map(([n, v]) => [
      n,
      [v],
    ]),
  ),
};
const withHeader = (name: string, value: string) => ({
  ...captured,
  headers: { ...captured.headers, [name]: [value] },
});

test('S30 the captured request itself passes, so that what follows shows something', () => {
  expect(verifyEdge(captured, [key], now).client).toBe('B'.repeat(43));
});

test.each<[string, ReceivedRequest]>([
  ["another API key under a captured client's MAC", withHeader('shinkansen-api-key', 'thief')],
  ['a client of ones own choice', withHeader(edgeHeaders.client, 'C'.repeat(43))],
  ['no client', withHeader(edgeHeaders.client, 'none')],
  ['a later time', withHeader(edgeHeaders.time, String(now.getTime() / 1000 + 30))],
  ['another interaction', withHeader(INTERACTION_HEADER, '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a02')],
  ['another host', withHeader('host', 'operator.internal')],
  ['another target', withHeader(edgeHeaders.target, '/v1/payouts')],
  ['another method', { ...captured, method: 'POST' }],
  ['another path behind the signed target', { ...captured, path: '/v1/payouts' }],
  ['a parameter that the target does not hold', { ...captured, query: { participant: ['OTHER'] } }],
  ['a MAC in another case', withHeader(edgeHeaders.mac, seen[edgeHeaders.mac]!.toUpperCase())],
  ['an empty MAC', withHeader(edgeHeaders.mac, '')],
])('S30 refuses %s', (_, changed) => {
  expect(() => verifyEdge(changed, [key], now)).toThrow('edge');
});
