// Does an item that grants a right stand no earlier than this process has seen it? Whoever can write the table can put
// an older item back, seal and all (S22). A strongly consistent read never shows less than one before it: such an item
// is refused and alarmed by every process that saw the newer one. One that starts afterwards does not know: the
// evidence audit does (S23).

import { Refusal } from '../../core/errors.ts';
import type { Log } from '../logger.ts';
import type { Key } from './schema.ts';
import { keyName, mustBeSealed } from './schema.ts';
import type { StoredItem, Table } from './table.ts';

/** Orders the states of one item: a later beginning, then a later version, then its end. */
type Rank = readonly [begins: string, version: number, ended: number];

// Some 200 bytes each.
const mostRemembered = 20_000;

/** The same table; `get` and `getMany` throw Refusal SEAL_BROKEN for what went back or is gone. */
export function neverBack(table: Table, log: Pick<Log, 'say'>): Table {
  const seen = new Map<string, Rank>();

  // Taken before the read is sent: two reads under way may answer in either order.
  const floorOf = (key: Key) => seen.get(keyName(key));

  function admitted(key: Key, floor: Rank | undefined, item: StoredItem | undefined) {
    const rank = item && rankOf(item);
    if (floor && (!rank || isBefore(rank, floor))) {
      const [kind] = key.pk.split('#');
      log.say('SEAL_BROKEN', { item: kind!, itemVersion: rank?.[1] ?? 0 });
      throw new Refusal('SEAL_BROKEN', { parameter: kind });
    }
    if (rank) remember(keyName(key), rank);
    return item;
  }

  function remember(name: string, rank: Rank): void {
    const before = seen.get(name);
    if (before && !isBefore(before, rank)) return;
    if (!before && seen.size >= mostRemembered) seen.delete(seen.keys().next().value!);
    seen.set(name, rank);
  }

  return {
    ...table,
    async get(key, options) {
      if (options?.consistent === false) return table.get(key, options);
      const floor = floorOf(key);
      return admitted(key, floor, await table.get(key, options));
    },
    async getMany(keys) {
      const floors = keys.map(floorOf);
      const items = await table.getMany(keys);
      return items.map((item, at) => admitted(keys[at]!, floors[at], item));
    },
  };
}

/** Undefined for kinds that grant nothing, or that leave the table in an ordinary way. */
function rankOf(item: StoredItem): Rank | undefined {
  const leaves = item.sk.startsWith('FACTOR#') || item.sk === 'INVITATION';
  if (leaves || !mustBeSealed({ pk: item.pk, sk: item.sk })) return undefined;
  const { version, endedAt } = item;
  // A certificate is made active anew, a participant suspended and cleared anew, with versions that begin again.
  const begins = item.activatedAt ?? item.since ?? item.clearedAt;
  return [
    typeof begins === 'string' ? begins : '',
    typeof version === 'number' ? version : 0,
    endedAt === undefined ? 0 : 1,
  ];
}

function isBefore(rank: Rank, floor: Rank): boolean {
  const at = rank.findIndex((part, index) => part !== floor[index]);
  return at >= 0 && rank[at]! < floor[at]!;
}
