// How does a node read and write its one table? Every change goes through one transaction whose conditions decide;
// this file says how conditions, conflicts and a busy table come back. What the items mean is told elsewhere.

import type { Attribute, Item } from './attributes.ts';
import type { Change, Condition } from './expressions.ts';
import type { IndexName, Key } from './schema.ts';

export type { Attribute, Item } from './attributes.ts';
export * from './expressions.ts';
export { type Key, keyName } from './schema.ts';

export type StoredItem = Item & Key;

export type Write =
  | { readonly put: StoredItem; readonly when?: Condition }
  | { readonly update: Key; readonly change: Change; readonly when?: Condition }
  | { readonly delete: Key; readonly when?: Condition }
  | { readonly check: Key; readonly when: Condition };

export interface Query {
  /** The value of the hash key: `pk`, or of the index named. */
  readonly hash: string;
  readonly index?: IndexName;
  /** On the range key of the table or index. */
  readonly range?:
    | { readonly beginsWith: string }
    | { readonly from: string; readonly to: string }
    | { readonly is: '=' | '<' | '<=' | '>' | '>='; readonly value: string };
  /** Newest (greatest) first. */
  readonly backward?: boolean;
  /** Items read per page, before `filter`. */
  readonly limit?: number;
  readonly cursor?: string;
  /** Not possible on an index. */
  readonly consistent?: boolean;
  readonly filter?: Condition;
}

export interface Page {
  readonly items: readonly StoredItem[];
  /** Opaque and unsigned: give it to a caller only where the keys in it are theirs to know. */
  readonly cursor?: string;
}

export interface Table {
  /** Strongly consistent unless said otherwise. */
  get(key: Key, options?: { consistent?: boolean }): Promise<StoredItem | undefined>;
  /** In the order of the keys, strongly consistent, one round trip per 100 keys. */
  getMany(keys: readonly Key[]): Promise<readonly (StoredItem | undefined)[]>;
  query(query: Query): Promise<Page>;
  /** Every item of the table in no order: for audits and repairs only. Gives pages. */
  scan(filter?: Condition): AsyncIterable<readonly StoredItem[]>;
  /**
   * One write outside any transaction, half the price of `transact`. It has no token: where an answer is lost on the way
   * it may be done twice, or meet its own doing and fail. What must count once goes through `transact`.
   * @returns what an update left behind; what a put or delete replaced.
   * @throws ConditionFailed, Transient
   */
  write(write: Exclude<Write, { check: Key }>): Promise<StoredItem | undefined>;
  /**
   * All or nothing, at most 100 writes, no item twice.
   * @param options.token at most 36 characters; the same token with the same writes within 10 minutes does nothing again.
   * @throws ConditionFailed naming the first write whose condition did not hold; Transient when the table stays busy.
   */
  transact(writes: readonly Write[], options?: { token?: string }): Promise<void>;
}

/** Follows the cursors; for partitions whose size is known to be small, or from a sweep. */
export async function* queryAll(table: Table, query: Query): AsyncIterable<StoredItem> {
  let cursor: string | undefined = query.cursor;
  do {
    const page: Page = await table.query({ ...query, cursor });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor);
}

export interface Failure {
  /** Place of the write in the list given to `transact`; 0 for `write`. */
  readonly index: number;
  /** The item as the condition found it; undefined where there was none. */
  readonly old: StoredItem | undefined;
}

/** A condition did not hold: no fault, but an answer, that the noun's adapter turns into an outcome or a Refusal. */
export class ConditionFailed extends Error {
  readonly index: number;
  readonly old: StoredItem | undefined;
  readonly failures: readonly Failure[];

  constructor(failures: readonly [Failure, ...Failure[]]) {
    super(`condition of write ${failures[0].index} does not hold`);
    this.name = 'ConditionFailed';
    this.index = failures[0].index;
    this.old = failures[0].old;
    this.failures = failures;
  }
}

/** The key that a write is about. */
export function keyOf(write: Write): Key {
  const { pk, sk } =
    'put' in write
      ? write.put
      : 'update' in write
        ? write.update
        : 'delete' in write
          ? write.delete
          : write.check;
  return { pk, sk };
}

/** No item can have this name (DynamoDB: 2,048 and 1,024 bytes of UTF-8): who asks by it finds nothing. */
export const namesNothing = ({ pk, sk }: Key): boolean =>
  Buffer.byteLength(pk) > 2048 || Buffer.byteLength(sk) > 1024 || !`${pk}|${sk}`.isWellFormed();

/** DynamoDB's own rules that no type can say; the memory twin keeps them too. @throws TypeError */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length === 0 || writes.length > 100) {
    throw new TypeError(`expected 1 to 100 writes, found ${writes.length}`);
  }
  const seen = new Set<string>();
  for (const write of writes) {
    const key = keyOf(write);
    const name = JSON.stringify([key.pk, key.sk]);
    if (seen.has(name)) throw new TypeError(`expected each item once, found "${key.pk}" "${key.sk}" twice`);
    seen.add(name);
  }
}

export function writeCursor(key: Item): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws SyntaxError, TypeError for what no page gave. */
export function readCursor(cursor: string): Record<string, string> {
  const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  const isKey =
    typeof key === 'object' && key !== null && Object.values(key).every((v) => typeof v === 'string');
  if (!isKey) throw new TypeError('expected a cursor that this table gave');
  return key as Record<string, string>;
}

/** Text of an attribute that this node wrote; anything else is a fault. */
export function text(item: Item, name: string): string {
  const value: Attribute | undefined = item[name];
  if (typeof value !== 'string') throw new TypeError(`expected text in "${name}", found ${typeof value}`);
  return value;
}

export function number(item: Item, name: string): number {
  const value: Attribute | undefined = item[name];
  if (typeof value !== 'number') throw new TypeError(`expected a number in "${name}", found ${typeof value}`);
  return value;
}
