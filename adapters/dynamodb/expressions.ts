// What may a write demand of the item it meets, and what may it change? Conditions and changes as data, so that the
// memory twin decides them too; here they become DynamoDB expressions. Attribute paths use dots (`seal.version`).

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Attribute, toAttribute } from './attributes.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly absent: string }
  | { readonly present: string }
  | { readonly path: string; readonly is: Comparison; readonly value: Attribute }
  | { readonly path: string; readonly in: readonly Attribute[] }
  | { readonly path: string; readonly beginsWith: string }
  | { readonly path: string; readonly contains: Attribute }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

export const absent = (path = 'pk'): Condition => ({ absent: path });
export const present = (path = 'pk'): Condition => ({ present: path });
export const equals = (path: string, value: Attribute): Condition => ({ path, is: '=', value });
export const compare = (path: string, is: Comparison, value: Attribute): Condition => ({ path, is, value });
export const oneOf = (path: string, values: readonly Attribute[]): Condition => ({ path, in: values });
export const beginsWith = (path: string, text: string): Condition => ({ path, beginsWith: text });
export const contains = (path: string, value: Attribute): Condition => ({ path, contains: value });
export const all = (...conditions: readonly Condition[]): Condition => ({ all: conditions });
export const any = (...conditions: readonly Condition[]): Condition => ({ any: conditions });
export const not = (condition: Condition): Condition => ({ not: condition });

export interface Change {
  readonly set?: { readonly [path: string]: Attribute | undefined };
  readonly setIfAbsent?: { readonly [path: string]: Attribute };
  /** To the end of a list, which is made if absent. */
  readonly append?: { readonly [path: string]: readonly Attribute[] };
  /** An absent number counts as 0. */
  readonly add?: { readonly [path: string]: number | bigint };
  readonly remove?: readonly string[];
}

/** Collects the names and values of one request; every name is a placeholder, so that no word is reserved. */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values: AttributeValue[] = [];

  path(dotted: string): string {
    return dotted
      .split('.')
      .map((part) => {
        if (!this.#names.has(part)) this.#names.set(part, `#n${this.#names.size}`);
        return this.#names.get(part);
      })
      .join('.');
  }

  value(value: Attribute): string {
    this.#values.push(toAttribute(value));
    return `:v${this.#values.length - 1}`;
  }

  get fields() {
    return {
      ...(this.#names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries(
          [...this.#names].map(([name, holder]) => [holder, name]),
        ),
      }),
      ...(this.#values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(this.#values.map((value, i) => [`:v${i}`, value])),
      }),
    };
  }
}

export function conditionExpression(condition: Condition, holders: Placeholders): string {
  const inner = (c: Condition) => `(${conditionExpression(c, holders)})`;
  if ('absent' in condition) return `attribute_not_exists(${holders.path(condition.absent)})`;
  if ('present' in condition) return `attribute_exists(${holders.path(condition.present)})`;
  if ('all' in condition) return condition.all.map(inner).join(' AND ');
  if ('any' in condition) return condition.any.map(inner).join(' OR ');
  if ('not' in condition) return `NOT ${inner(condition.not)}`;
  const path = holders.path(condition.path);
  if ('in' in condition)
    return `${path} IN (${condition.in.map((value) => holders.value(value)).join(', ')})`;
  if ('beginsWith' in condition) return `begins_with(${path}, ${holders.value(condition.beginsWith)})`;
  if ('contains' in condition) return `contains(${path}, ${holders.value(condition.contains)})`;
  return `${path} ${condition.is} ${holders.value(condition.value)}`;
}

/** A `set` to undefined removes. */
export function updateExpression(change: Change, holders: Placeholders): string {
  const entries = Object.entries(change.set ?? {});
  const set = [
    ...entries.flatMap(([path, value]) =>
      value === undefined ? [] : [`${holders.path(path)} = ${holders.value(value)}`],
    ),
    ...Object.entries(change.setIfAbsent ?? {}).map(
      ([path, value]) =>
        `${holders.path(path)} = if_not_exists(${holders.path(path)}, ${holders.value(value)})`,
    ),
    ...Object.entries(change.append ?? {}).map(
      ([path, values]) =>
        `${holders.path(path)} = list_append(if_not_exists(${holders.path(path)}, ${holders.value([])}), ${holders.value(values)})`,
    ),
  ];
  const add = Object.entries(change.add ?? {}).map(
    ([path, by]) => `${holders.path(path)} ${holders.value(by)}`,
  );
  const gone = [
    ...entries.filter(([, value]) => value === undefined).map(([path]) => path),
    ...(change.remove ?? []),
  ];
  return [
    set.length > 0 && `SET ${set.join(', ')}`,
    add.length > 0 && `ADD ${add.join(', ')}`,
    gone.length > 0 && `REMOVE ${gone.map((path) => holders.path(path)).join(', ')}`,
  ]
    .filter(Boolean)
    .join(' ');
}
