import { expect, test } from 'vitest';
import { sweepRun } from '../../bench/sweep.ts';

// The run that `npm run bench -- S4 A4` makes of 100,000 certificates, over a real engine and real sockets.

test('one body per list and window, conditional requests otherwise, and writes are changes and sources', async () => {
  const revoked = 12;
  const { sources, windows } = await sweepRun(2_000, revoked);
  const { first, tooSoon, unchanged, renewed, revoking } = windows;
  expect(sources).toBe(40);
  expect(first).toMatchObject({ requests: 40, conditional: 0, bodies: 40, writes: 40 });
  expect(tooSoon).toMatchObject({ requests: 0, writes: 0, outcomes: {} });
  expect(unchanged).toMatchObject({ requests: 40, conditional: 40, bodies: 0, writes: 40 });
  expect(unchanged.outcomes).toEqual({ UNCHANGED: 40 });
  expect(renewed).toMatchObject({ requests: 40, conditional: 40, bodies: 40, writes: 40 });
  // Each of them: one transaction that ends it, one row that is gone.
  expect(revoking).toMatchObject({ requests: 40, bodies: 40, writes: 40 + 2 * revoked });
  // Nothing is read of certificates where nothing has changed, and of a chain only where a list is new.
  expect(unchanged.readUnits).toBeLessThan(2 * sources);
  expect(renewed.readUnits).toBeLessThan(8 * sources);
});
