// How does a record of core stand in an item? Member for member; a Date as RFC 3339 text, and back by the names
// that each noun gives. What is null in core stays null.

import type { Attribute, Item } from './table.ts';

/** Dates become text, `undefined` members fall away, everything else stays. */
export function itemOf(record: object): Item {
  return plain(record) as Item;
}

function plain(value: unknown): Attribute | undefined {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((entry) => plain(entry) as Attribute);
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value as Attribute;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.map(([name, member]) => [name, plain(member)]));
}

/** @param dates names of members that are Dates, at any depth */
export function recordOf<T>(item: Item, dates: readonly string[]): T {
  const names = new Set(dates);
  const revive = (value: unknown, name?: string): unknown => {
    if (typeof value === 'string' && name !== undefined && names.has(name)) return new Date(value);
    if (Array.isArray(value)) return value.map((entry) => revive(entry));
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => [member, revive(inner, member)]),
    );
  };
  return revive(item) as T;
}

/** The item without its keys and what the table keeps beside the record. */
export function withoutKeys(item: Item): Item {
  const { pk, sk, gsi1pk, gsi1sk, due, dueAt, seal, ...rest } = item;
  return rest;
}
