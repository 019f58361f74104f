// The Table without DynamoDB, for tests that ask about rules and not about the store. One contract suite runs on both
// (test/contract/table.test.ts); what that suite does not say, this twin does not promise.

import type { Attribute, Item } from '../dynamodb/attributes.ts';
import type { Change, Condition } from '../dynamodb/expressions.ts';
import { indexes, type Key } from '../dynamodb/schema.ts';
import {
  ConditionFailed,
  checkWrites,
  type Failure,
  keyOf,
  namesNothing,
  type Query,
  readCursor,
  type StoredItem,
  type Table,
  type Write,
  writeCursor,
} from '../dynamodb/table.ts';

const nameOf = ({ pk, sk }: Key) => JSON.stringify([pk, sk]);

/** @param items may be shared: two tables over one map are two clients of one store. */
export function memoryTable(items: Map<string, StoredItem> = new Map()): Table {
  const tokens = new Map<string, string>();

  function apply(writes: readonly Write[]): void {
    for (const write of writes) {
      if (namesNothing(keyOf(write))) throw new TypeError('expected a key that an item can have');
      if (!isWellFormed(write as unknown as Attribute)) throw new TypeError('expected whole letters');
    }
    const failures = writes.flatMap((write, index): Failure[] => {
      const old = items.get(nameOf(keyOf(write)));
      return write.when && !holds(write.when, old ?? {}) ? [{ index, old: old && structuredClone(old) }] : [];
    });
    const [first, ...others] = failures;
    if (first) throw new ConditionFailed([first, ...others]);
    for (const write of writes) {
      const name = nameOf(keyOf(write));
      if ('put' in write) items.set(name, structuredClone(defined(write.put)));
      else if ('update' in write) {
        items.set(name, changed(items.get(name) ?? { ...keyOf(write) }, write.change));
      } else if ('delete' in write) items.delete(name);
    }
  }

  return {
    async get(key) {
      return structuredClone(items.get(nameOf(key)));
    },
    async getMany(keys) {
      return keys.map((key) => structuredClone(items.get(nameOf(key))));
    },
    async query(query) {
      return pageOf(items, query);
    },
    async *scan(filter) {
      yield structuredClone([...items.values()].filter((item) => !filter || holds(filter, item)));
    },
    async write(write) {
      const name = nameOf(keyOf(write));
      const before = structuredClone(items.get(name));
      apply([write]);
      return 'update' in write ? structuredClone(items.get(name)) : before;
    },
    async transact(writes, { token } = {}) {
      checkWrites(writes);
      const same = JSON.stringify(writes, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
      if (token !== undefined && tokens.get(token) === same) return;
      if (token !== undefined && tokens.has(token)) throw new TypeError('expected the writes of this token');
      apply(writes);
      if (token !== undefined) tokens.set(token, same);
    },
  };
}

function pageOf(items: ReadonlyMap<string, StoredItem>, query: Query) {
  const names = query.index ? indexes[query.index] : { hash: 'pk', range: 'sk' };
  const keysOnly = query.index !== undefined && indexes[query.index].projection === 'KEYS_ONLY';
  const order = (item: Item) => [item[names.range], item.pk, item.sk] as string[];
  const sorted = [...items.values()]
    .filter((item) => item[names.hash] === query.hash && typeof item[names.range] === 'string')
    .filter((item) => inRange(item[names.range] as string, query.range))
    .sort((a, b) => compareText(order(a), order(b)) * (query.backward ? -1 : 1));
  const after = query.cursor === undefined ? undefined : order(readCursor(query.cursor));
  const rest = after
    ? sorted.filter((item) => compareText(order(item), after) * (query.backward ? -1 : 1) > 0)
    : sorted;
  const read = rest.slice(0, query.limit);
  const last = read.at(-1);
  const found = read
    .map((item) => (keysOnly ? only(item, ['pk', 'sk', names.hash, names.range]) : item) as StoredItem)
    .filter((item) => !query.filter || holds(query.filter, item));
  const more = last !== undefined && read.length < rest.length;
  const cursor = more ? writeCursor(only(last, ['pk', 'sk', names.hash, names.range])) : undefined;
  return structuredClone(cursor === undefined ? { items: found } : { items: found, cursor });
}

/** The table takes no text with half a pair of surrogates, however deep. */
function isWellFormed(value: Attribute | undefined): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return Object.entries(value).every(([name, one]) => name.isWellFormed() && isWellFormed(one as Attribute));
}

const only = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.map((name) => [name, item[name]]));

function inRange(value: string, range: Query['range']): boolean {
  if (!range) return true;
  if ('beginsWith' in range) return value.startsWith(range.beginsWith);
  if ('from' in range) return bytes(range.from, value) <= 0 && bytes(value, range.to) <= 0;
  return ordered(bytes(value, range.value), range.is);
}

/** DynamoDB orders text by its UTF-8 bytes. */
const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const compareText = (a: readonly string[], b: readonly string[]) =>
  a.reduce((found, part, i) => found || bytes(part, b[i] ?? ''), 0);

function ordered(difference: number, is: '=' | '<>' | '<' | '<=' | '>' | '>='): boolean {
  if (is === '=') return difference === 0;
  if (is === '<>') return difference !== 0;
  if (is === '<') return difference < 0;
  if (is === '<=') return difference <= 0;
  return is === '>' ? difference > 0 : difference >= 0;
}

function holds(condition: Condition, item: Item): boolean {
  if ('absent' in condition) return at(item, condition.absent) === undefined;
  if ('present' in condition) return at(item, condition.present) !== undefined;
  if ('all' in condition) return condition.all.every((inner) => holds(inner, item));
  if ('any' in condition) return condition.any.some((inner) => holds(inner, item));
  if ('not' in condition) return !holds(condition.not, item);
  const found = at(item, condition.path);
  if ('in' in condition) return condition.in.some((value) => same(found, value));
  if ('beginsWith' in condition) return typeof found === 'string' && found.startsWith(condition.beginsWith);
  if ('contains' in condition) {
    if (Array.isArray(found)) return found.some((value) => same(value, condition.contains));
    return typeof found === 'string' && found.includes(String(condition.contains));
  }
  if (condition.is === '=') return same(found, condition.value);
  // DynamoDB: `<>` holds for an absent attribute; the orderings do not.
  if (condition.is === '<>') return !same(found, condition.value);
  const difference = differenceOf(found, condition.value);
  return difference !== undefined && ordered(difference, condition.is);
}

function differenceOf(a: Attribute | undefined, b: Attribute): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return bytes(a, b);
  const numeric = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';
  if (!numeric(a) || !numeric(b)) return undefined;
  return BigInt(a as bigint) < BigInt(b as bigint) ? -1 : BigInt(a as bigint) > BigInt(b as bigint) ? 1 : 0;
}

const plain = (value: Attribute | undefined) =>
  JSON.stringify(value, (_, inner) => {
    if (typeof inner === 'bigint' || typeof inner === 'number') return `number ${inner}`;
    if (inner instanceof Uint8Array) return `bytes ${Buffer.from(inner).toString('hex')}`;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
const same = (a: Attribute | undefined, b: Attribute) => a !== undefined && plain(a) === plain(b);

function at(item: Item, path: string): Attribute | undefined {
  return path
    .split('.')
    .reduce<Attribute | undefined>((inside, part) => (inside as Item | undefined)?.[part], item as Attribute);
}

function defined<T extends Item>(item: T): T {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as T;
}

function changed(item: StoredItem, change: Change): StoredItem {
  const next = structuredClone(item) as Record<string, Attribute | undefined>;
  const put = (path: string, value: Attribute | undefined) => {
    const parts = path.split('.');
    const name = parts.pop()!;
    const inside = parts.reduce<Record<string, Attribute | undefined> | undefined>(
      (outer, part) => outer?.[part] as never,
      next,
    );
    if (typeof inside !== 'object') throw new TypeError(`expected a map above "${path}"`);
    if (value === undefined) delete inside[name];
    else inside[name] = structuredClone(value);
  };
  for (const [path, value] of Object.entries(change.setIfAbsent ?? {})) {
    if (at(item, path) === undefined) put(path, value);
  }
  for (const [path, values] of Object.entries(change.append ?? {})) {
    put(path, [...((at(item, path) as readonly Attribute[] | undefined) ?? []), ...values]);
  }
  for (const [path, by] of Object.entries(change.add ?? {})) {
    const sum = BigInt((at(item, path) as number | undefined) ?? 0) + BigInt(by);
    put(path, Number.isSafeInteger(Number(sum)) ? Number(sum) : sum);
  }
  for (const [path, value] of Object.entries(change.set ?? {})) put(path, value);
  for (const path of change.remove ?? []) put(path, undefined);
  return next as StoredItem;
}
