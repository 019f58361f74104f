import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adoptedAfterMilliseconds, MacKeys } from '../../proxy/given/mac-key.ts';

const key = (id: string) => ({ id, secret: new Uint8Array(32) });
const at = (milliseconds: number) => new Date(milliseconds);
/** Longest that an authorizer, or the edge, goes by what it read (adapters/secrets-manager/secrets.ts). */
const keptMilliseconds = 30_000;

it('signs with a new key a minute after it was seen, and with the one before until then', () => {
  const keys = new MacKeys();
  expect(keys.choose([key('a')], at(0)).id).toBe('a');
  expect(keys.choose([key('b'), key('a')], at(10_000)).id).toBe('a');
  expect(keys.choose([key('b'), key('a')], at(69_999)).id).toBe('a');
  expect(keys.choose([key('b'), key('a')], at(70_000)).id).toBe('b');
});

it('begins with the older one, for it cannot know since when the newer one is there', () => {
  expect(new MacKeys().choose([key('b'), key('a')], at(0)).id).toBe('a');
});

it('never signs with a key that an authorizer does not know, whenever each of them reads the secret', () => {
  const schedule = fc.record({
    rotatedAt: fc.integer({ min: 0, max: 200_000 }),
    edgeStart: fc.integer({ min: 0, max: 200_000 }),
    edgeEvery: fc.integer({ min: 1_000, max: keptMilliseconds }),
    authorizerRead: fc.integer({ min: 0, max: keptMilliseconds }),
  });
  fc.assert(
    fc.property(schedule, ({ rotatedAt, edgeStart, edgeEvery, authorizerRead }) => {
      const secretAt = (now: number) => (now >= rotatedAt ? [key('b'), key('a')] : [key('a')]);
      const keys = new MacKeys();
      for (let now = edgeStart; now < edgeStart + 300_000; now += edgeEvery) {
        const signed = keys.choose(secretAt(now), at(now)).id;
        // The authorizer's newest reading lies at most so far back.
        const known = secretAt(Math.max(0, now - authorizerRead)).map(({ id }) => id);
        if (!known.includes(signed)) return false;
      }
      return true;
    }),
  );
  expect(adoptedAfterMilliseconds).toBeGreaterThanOrEqual(60_000);
});
