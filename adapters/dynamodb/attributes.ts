// How does a value of ours stand in DynamoDB? Text, safe integers, bigints, booleans, null, bytes, lists, maps.
// Dates stand as RFC 3339 text, made by the adapter of the noun; sets are not used. Long bytes and signatures stand
// packed (packed.ts).

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { packBytes, packedNames, packJws, unpackBytes, unpackJws } from './packed.ts';

export type Attribute =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly Attribute[]
  | { readonly [name: string]: Attribute | undefined };

export type Item = { readonly [name: string]: Attribute | undefined };

export function toItem(item: Item): Record<string, AttributeValue> {
  const out: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(item))
    if (value !== undefined) out[whole(name)] = toAttribute(value);
  return out;
}

/** @throws TypeError for a number or text that DynamoDB and JavaScript would not read alike. */
export function toAttribute(value: Attribute): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return packed(packedNames.jws, packJws(value)) ?? { S: whole(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'bigint') return { N: value.toString() };
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`expected a safe integer, found ${value}`);
    return { N: String(value) };
  }
  if (value instanceof Uint8Array) return packed(packedNames.bytes, packBytes(value)) ?? { B: value };
  if (Array.isArray(value)) return { L: (value as readonly Attribute[]).map(toAttribute) };
  if (Object.getPrototypeOf(value) === Object.prototype) return { M: toItem(value as Item) };
  throw new TypeError(`expected an attribute, found ${(value as object).constructor?.name}`);
}

/** Half a pair of surrogates has no UTF-8: one engine refuses it, another keeps a question mark. */
function whole(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('expected whole letters');
  return text;
}

const packed = (name: string, bytes: Uint8Array | undefined): AttributeValue | undefined =>
  bytes && { M: { [name]: { B: bytes } } };

/** Undefined for any other map; what does not unpack stays the map that it is. */
function unpacked(map: Record<string, AttributeValue>): Attribute | undefined {
  const { [packedNames.bytes]: bytes, [packedNames.jws]: jws, ...others } = map;
  if (Object.keys(others).length > 0) return undefined;
  if (bytes?.B) return unpackBytes(bytes.B);
  return jws?.B && unpackJws(jws.B);
}

export function fromItem(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, fromAttribute(value)]));
}

/** A number beyond 2^53 comes back as bigint. */
export function fromAttribute(value: AttributeValue): Attribute {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) {
    const number = Number(value.N);
    return Number.isSafeInteger(number) ? number : BigInt(value.N);
  }
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL) return null;
  if (value.B !== undefined) return value.B;
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.M !== undefined) return unpacked(value.M) ?? fromItem(value.M);
  throw new TypeError(`expected an attribute type that this node writes, found ${Object.keys(value)}`);
}
