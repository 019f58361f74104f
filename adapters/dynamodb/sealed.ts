// How does a sealed item stand in the table? Its attributes plain, so that conditions and indexes see them, and an
// attribute `seal` over those that grant. `version` counts every change; taking away raises it and leaves the seal.

import type { Json } from '../../core/canonical-json.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import { openSealed, type Seal, type SealContent, type Sealed, sealOver } from '../../core/seal.ts';
import { type Attribute, type Item, keyName, type StoredItem } from './table.ts';

export type VersionedItem = StoredItem & { readonly version: number };
export type SealedItem = VersionedItem & { readonly seal: Seal & { readonly over: readonly string[] } };

function contentOf(item: Item, names: readonly string[]): { readonly [name: string]: Json | undefined } {
  return Object.fromEntries(names.map((name) => [name, item[name] as Json | undefined]));
}

/**
 * The item with its seal, ready to be put.
 * @param names the attributes that grant: every one, and the same list when it is opened.
 * @param proofs SHA-256 digests, base64url, of what allowed this.
 */
export async function sealItem<T extends VersionedItem>(
  sealer: Sealer,
  item: T,
  names: readonly string[],
  proofs: readonly string[],
): Promise<T & SealedItem> {
  const content = contentOf(item, names);
  const seal = await sealer.seal({ key: keyName(item), content, version: item.version, proofs });
  return { ...item, seal: { ...seal, over: [...names].sort() } };
}

/**
 * What an item grants, checked.
 * @throws Refusal SEAL_BROKEN
 */
export function openItem(
  sealer: Pick<Sealer, 'check'>,
  item: StoredItem,
  names: readonly string[],
): Promise<Sealed<{ readonly [name: string]: Json | undefined }>> {
  return openSealed(sealer, keyName(item), contentOf(item, names), item.seal as Seal | undefined);
}

/** What the seal of an item says it covers; undefined where the item has none that can be read. */
export function sealContentOf(item: StoredItem): SealContent | undefined {
  const { seal } = item as { readonly seal?: Partial<SealedItem['seal']> };
  if (!seal || !Array.isArray(seal.over) || !Array.isArray(seal.proofs)) return undefined;
  return {
    key: keyName(item),
    content: contentOf(item, seal.over as string[]),
    version: Number(seal.version),
    proofs: seal.proofs as string[],
  };
}

/**
 * What the evidence record of a change says of the item after it.
 * @param holds names of attributes outside the seal that matter, e.g. `networkStatus`.
 */
export function markOf(item: VersionedItem, holds: readonly string[] = []): StateMark {
  const content = sealContentOf(item);
  const held = holds.map((name): [string, Attribute] => [name, item[name] ?? null]);
  return {
    item: keyName(item),
    version: item.version,
    ...(content && content.version === item.version && { seal: sealOver(content).toString('base64url') }),
    ...(held.length > 0 && { holds: Object.fromEntries(held) as NonNullable<StateMark['holds']> }),
  };
}
