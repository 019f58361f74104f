import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { lockSources } from '../../../adapters/dynamodb/locked-sources.ts';
import type { StoredItem } from '../../../adapters/dynamodb/table.ts';
import type { LockedMessage } from '../../../core/evidence/ports.ts';

const mebibyte = 1 << 20;

/** As many records of one scope, each of a message of so many bytes. */
async function locked(count: number, length: number) {
  const items = new Map<string, StoredItem>();
  const records = Array.from({ length: count }, (_, at) => {
    const key = { pk: `MSG#fintech#${at}`, sk: 'MESSAGE' };
    const bytes = new Uint8Array(length).fill(at + 1);
    items.set(key.pk, { ...key, bytes });
    const sha256 = createHash('sha256').update(bytes).digest('base64url');
    const sources = [{ kind: 'message', sha256, copiedFrom: `${key.pk}|${key.sk}` }];
    return { pk: 'EVIDNEW#00', sk: `fintech#${at}`, record: { sources } };
  });
  const batches: (readonly LockedMessage[])[] = [];
  const archive = {
    putBytes: async () => {},
    async putMessages(_: unknown, messages: readonly LockedMessage[]) {
      batches.push(messages);
    },
  };
  const lock = lockSources({ get: async ({ pk }) => items.get(pk) }, archive, () => new Date(0));
  const missing = await lock({ scope: 'fintech', at: new Date(0), records });
  return { batches, missing };
}

test('messages as long as a participant likes are locked in objects that fit into memory, all of them', async () => {
  const { batches, missing } = await locked(49, mebibyte);
  const largest = Math.max(...batches.map((one) => one.reduce((sum, { bytes }) => sum + bytes.length, 0)));
  expect(largest).toBeLessThan(20 * mebibyte);
  expect(new Set(batches.flat().map(({ sha256 }) => sha256)).size).toBe(49);
  expect(missing.size).toBe(0);
});

test('messages of the usual length stand in one object', async () => {
  const { batches } = await locked(49, 1_000);
  expect(batches.map((one) => one.length)).toEqual([49]);
});
