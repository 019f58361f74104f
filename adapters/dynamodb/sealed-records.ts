// How does a granting record stand in the table, and how does it come back? The whole record is sealed content (S22):
// an item edited, copied to another key or put back from an older one does not open.

import type { Json } from '../../core/canonical-json.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import { type Seal, sealOver } from '../../core/seal.ts';
import { itemOf, recordOf } from './records.ts';
import { absent, equals, type Item, type Key, keyName, type StoredItem, type Write } from './table.ts';

type Content = { readonly [name: string]: Json | undefined };

export interface SealedWrite {
  readonly write: Write;
  readonly mark: StateMark;
}

/**
 * @param record its `version` is the stored one plus 1; version 1 is put if absent
 * @param beside attributes outside the seal: index keys, counters
 */
export async function sealedWrite(
  sealer: Sealer,
  key: Key,
  record: { readonly version: number },
  proofs: readonly string[],
  beside: Item = {},
): Promise<SealedWrite> {
  const item = itemOf(record);
  const over = { key: keyName(key), content: item as Content, version: record.version, proofs };
  const seal = await sealer.seal(over);
  const when = record.version === 1 ? absent() : equals('version', record.version - 1);
  return {
    write: { put: { ...item, ...beside, ...key, seal: { ...seal } }, when },
    mark: { item: keyName(key), version: record.version, seal: sealOver(over).toString('base64url') },
  };
}

/**
 * @param beside names of attributes that stand outside the seal
 * @throws Refusal SEAL_BROKEN
 */
export async function openRecord<T>(
  sealer: Pick<Sealer, 'check'>,
  item: StoredItem,
  dates: readonly string[],
  beside: readonly string[] = [],
): Promise<T> {
  const outside = new Set(['pk', 'sk', 'gsi1pk', 'gsi1sk', 'seal', ...beside]);
  const content = Object.fromEntries(Object.entries(item).filter(([name]) => !outside.has(name)));
  const seal = item.seal as Seal | undefined;
  const over = { key: keyName(item), content: content as Content, version: Number(item.version) };
  await sealer.check({ ...over, proofs: seal?.proofs ?? [] }, seal);
  return recordOf<T>(content, dates);
}
