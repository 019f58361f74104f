// Was this very item opened by this process before? A seal is checked when a process loads an item; afterwards the
// item is compared with the one that was checked, which costs a tenth of hashing it again (S22).

import { isDeepStrictEqual } from 'node:util';
import { keyName, type StoredItem } from './table.ts';

const mostItems = 20_000;

export type Opened = <T>(item: StoredItem, open: (item: StoredItem) => Promise<T>) => Promise<T>;

export function openedItems(): Opened {
  const known = new Map<string, { readonly item: StoredItem; readonly value: unknown }>();
  return async <T>(item: StoredItem, open: (item: StoredItem) => Promise<T>): Promise<T> => {
    const name = keyName(item);
    const before = known.get(name);
    if (before && isDeepStrictEqual(before.item, item)) return before.value as T;
    const value = await open(item);
    if (known.size >= mostItems) known.delete(known.keys().next().value!);
    known.set(name, { item, value });
    return value;
  };
}
