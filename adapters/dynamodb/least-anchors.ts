// Which anchor manifest is the oldest that still counts? One sealed number that only grows (S24).

import type { Sealer } from '../../core/ports.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import { absent, any, compare, type Table } from './table.ts';

const key = { pk: 'NODE', sk: 'ANCHORS' };

/** 0 before the first manifest. */
export async function leastAnchorsVersion(table: Table, sealer: Sealer): Promise<number> {
  const item = await table.get(key);
  return item ? (await openRecord<{ version: number }>(sealer, item, [])).version : 0;
}

export async function leastAnchorsWrite(
  sealer: Sealer,
  version: number,
  proofs: readonly string[],
): Promise<SealedWrite> {
  const { write, mark } = await sealedWrite(sealer, key, { version }, proofs);
  return {
    write: { ...write, when: any(absent(), compare('version', '<', version)) } as SealedWrite['write'],
    mark,
  };
}
