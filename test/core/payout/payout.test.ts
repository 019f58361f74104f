import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leastIdAt, networkTransactionIds } from '../../../core/payout/ids.ts';
import { mayFollow, type PayoutState } from '../../../core/payout/payout.ts';

const states: readonly PayoutState[] = ['pending', 'received', 'executing', 'ok', 'error', 'tombstone'];

test('a payout has these transitions and no others', () => {
  const found = states.flatMap((from) =>
    states.flatMap((to) => (mayFollow(from, to) ? [`${from}>${to}`] : [])),
  );
  const atNetwork = ['pending>ok', 'pending>error', 'error>ok'];
  const atOperator = [
    'received>executing',
    'received>ok',
    'received>error',
    'executing>ok',
    'executing>error',
    'tombstone>ok',
  ];
  expect(found.sort()).toEqual([...atNetwork, ...atOperator].sort());
});

describe('ids in the network', () => {
  const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });

  test('are UUIDv7, computed again alike, and sort by the time of admission', () => {
    fc.assert(
      fc.property(times, times, fc.uint8Array({ minLength: 16, maxLength: 16 }), (a, b, seed) => {
        const [one, other] = [networkTransactionIds(a, seed)(0), networkTransactionIds(b, seed)(1)];
        expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(one).toBe(networkTransactionIds(a, seed)(0));
        expect(one >= leastIdAt(a)).toBe(true);
        if (a.getTime() < b.getTime()) expect(one < other).toBe(true);
      }),
    );
  });

  test('a thousand places of one message have a thousand ids', () => {
    const seed = Buffer.alloc(16, 7);
    const ids = Array.from({ length: 1000 }, (_, at) => networkTransactionIds(new Date(0), seed)(at));
    expect(new Set(ids).size).toBe(1000);
  });
});
