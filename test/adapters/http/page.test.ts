import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { cursorsFor, readLimit } from '../../../adapters/http/page.ts';

const secret = randomBytes(32);
const mine = cursorsFor(secret, 'FINTECH_CL', '/v1/certificates?active');

describe('a cursor', () => {
  test('comes back as it was, and shows nothing of the key in it', () => {
    const cursor = mine.write('{"pk":"CERT#1"}');
    expect(mine.read(cursor)).toBe('{"pk":"CERT#1"}');
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('CERT');
    expect(mine.read(undefined)).toBeUndefined();
  });

  test('is refused for another participant, another list, another secret, and with any change', () => {
    const cursor = mine.write('x');
    const others = [
      cursorsFor(secret, 'OTHER', '/v1/certificates?active'),
      cursorsFor(secret, 'FINTECH_CL', '/v1/payouts'),
      cursorsFor(randomBytes(32), 'FINTECH_CL', '/v1/certificates?active'),
    ];
    for (const other of others) expect(() => other.read(cursor)).toThrow('cursor');
    const flipped = Buffer.from(cursor, 'base64url');
    for (let at = 0; at < flipped.length; at++) {
      flipped[at]! ^= 1;
      expect(() => mine.read(flipped.toString('base64url'))).toThrow('cursor');
      flipped[at]! ^= 1;
    }
    for (const text of ['', 'a', 'é', 'A'.repeat(30)]) expect(() => mine.read(text)).toThrow('cursor');
  });
});

describe('readLimit', () => {
  test('is 50 unless asked, and 1 to 100', () => {
    expect([readLimit(undefined), readLimit('1'), readLimit('100')]).toEqual([50, 1, 100]);
    for (const bad of ['0', '101', '-1', '1.5', 'x', '', '1e2'])
      expect(() => readLimit(bad)).toThrow('limit');
  });
});
