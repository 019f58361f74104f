import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { admitAnotherKey, checkApiKey, digestOfApiKey, grantApiKey, makeApiKey } from '../../core/api-key.ts';

const now = new Date('2026-07-01T12:00:00Z');
const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
const key = makeApiKey('dev', randomBytes(32));
const grant = grantApiKey({ key, keyId: 'K1', participant: 'FINTECH_CL' }, now);

describe('an API key', () => {
  test('names its stage and holds 256 random bits', () => {
    expect(key).toMatch(/^apo_dev_[A-Za-z0-9_-]{43}$/);
    expect(makeApiKey('dev', randomBytes(32))).not.toBe(key);
    expect(() => makeApiKey('dev', randomBytes(16))).toThrow('32 random bytes');
  });

  test('is kept as its digest; what cannot be a key has none', () => {
    expect(grant.digest).toBe(digestOfApiKey(key));
    expect(JSON.stringify(grant)).not.toContain(key.slice(8));
    for (const text of [undefined, '', 'x', `${key} `, key.slice(0, -1), key.replace('dev', 'test')]) {
      expect(digestOfApiKey(text)).toBeUndefined();
    }
  });

  test('counts for 90 days, to the second, and not after its end', () => {
    expect(checkApiKey(grant, days(89)).participant).toBe('FINTECH_CL');
    expect(() => checkApiKey(grant, days(90))).toThrow('not valid');
    expect(() => checkApiKey({ ...grant, endedAt: days(1) }, days(1))).toThrow('not valid');
    expect(() => checkApiKey(undefined, now)).toThrow('not valid');
  });

  test('a third is refused while two are valid; ended and expired ones do not count', () => {
    const other = { ...grant, keyId: 'K2' };
    expect(() => admitAnotherKey([grant, other], now)).toThrow('Two API keys');
    admitAnotherKey([grant], now);
    admitAnotherKey([grant, { ...other, endedAt: now }], now);
    admitAnotherKey([grant, other], days(91));
  });
});
