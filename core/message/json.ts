// Which value do these bytes hold, such that no two readers can disagree? Strict UTF-8 and no byte order
// mark (RFC 8259 §8.1), no key twice in one object (RFC 8259 §4 leaves that open, which lets one reader see
// another receiver than the next), bounded depth. What the value means is asked elsewhere.

import { isAscii, isUtf8 } from 'node:buffer';
import type { Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';

/** Deeper than any message of this network (a payout nests 6), shallow enough for any reader's stack. */
const DEEPEST = 24;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Reads one JSON text.
 * @throws Refusal BODY_NOT_JSON, BODY_DUPLICATE_KEY, BODY_TOO_DEEP
 */
export function readJson(bytes: Uint8Array): Json {
  const text = textOf(bytes);
  const members = countMembers(bytes);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('BODY_NOT_JSON');
  }
  // JSON.parse keeps the last of two equal keys, so that fewer arrive than were written.
  if (membersOf(value) !== members) throw new Refusal('BODY_DUPLICATE_KEY');
  return value;
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) return buffer.toString('latin1');
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (marked || !isUtf8(buffer)) throw new Refusal('BODY_NOT_JSON');
  return buffer.toString('utf8');
}

/** Colons outside strings: in a text that JSON.parse accepts, the number of members written. */
function countMembers(bytes: Uint8Array): number {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at++;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    } else if (byte === COLON) members++;
    // `{` and `[` differ in the bit 0x20 only, and so do `}` and `]`.
    else if ((byte | 0x20) === 0x7b) {
      if (++depth > DEEPEST) throw new Refusal('BODY_TOO_DEEP', { expected: `at most ${DEEPEST}` });
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return members;
}

function membersOf(value: Json): number {
  if (value === null || typeof value !== 'object') return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += membersOf(item);
    return members;
  }
  const record = value as { readonly [key: string]: Json };
  for (const key of Object.keys(record)) members += 1 + membersOf(record[key]!);
  return members;
}
