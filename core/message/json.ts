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

/**
 * Reads one JSON text.
 * @throws Refusal BODY_EMPTY, BODY_NOT_JSON, BODY_DUPLICATE_KEY, BODY_TOO_DEEP
 */
export function readJson(bytes: Uint8Array): Json {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length === 0) throw new Refusal('BODY_EMPTY');
  const text = textOf(buffer);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('BODY_NOT_JSON');
  }
  // JSON.parse keeps the last of two equal keys, so that fewer strings arrive than were written. Written are half
  // as many as quotes; only a text that escapes quotes has others.
  const quotes = text.includes('\\"') ? quotesAround(buffer) : quotesIn(buffer);
  if (quotes !== 2 * stringsOf(value, 0)) throw new Refusal('BODY_DUPLICATE_KEY');
  return value;
}

function textOf(buffer: Buffer): string {
  if (isAscii(buffer)) return buffer.toString('latin1');
  const marked = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
  if (marked || !isUtf8(buffer)) throw new Refusal('BODY_NOT_JSON');
  return buffer.toString('utf8');
}

/** Names and string values, at any depth. Lists and objects are walked in place: values() would copy each. */
function stringsOf(value: Json, depth: number): number {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? 1 : 0;
  if (depth === DEEPEST) throw new Refusal('BODY_TOO_DEEP', { expected: `at most ${DEEPEST}` });
  let strings = 0;
  if (Array.isArray(value)) {
    for (const item of value) strings += typeof item === 'string' ? 1 : stringsOf(item, depth + 1);
    return strings;
  }
  const record = value as { readonly [name: string]: Json };
  for (const name in record) {
    const member = record[name]!;
    strings += typeof member === 'string' ? 2 : 1 + stringsOf(member, depth + 1);
  }
  return strings;
}

/** Quotes that open or close a string, in a text that JSON.parse accepted. */
function quotesAround(buffer: Buffer): number {
  let quotes = 0;
  for (let at = 0; at < buffer.length; at++) {
    if (buffer[at] === BACKSLASH) at++;
    else if (buffer[at] === QUOTE) quotes++;
  }
  return quotes;
}

/** Every quote, four bytes at a time: this runs over each payout message, up to 2 MB. */
function quotesIn(buffer: Buffer): number {
  const first = (4 - (buffer.byteOffset % 4)) % 4;
  const words = new Int32Array(
    buffer.buffer,
    buffer.byteOffset + Math.min(first, buffer.length),
    Math.max(0, (buffer.length - first) >> 2),
  );
  let quotes = 0;
  for (let at = 0; at < Math.min(first, buffer.length); at++) if (buffer[at] === QUOTE) quotes++;
  for (let at = first + words.length * 4; at < buffer.length; at++) if (buffer[at] === QUOTE) quotes++;
  for (let at = 0; at < words.length; ) {
    // Four counters side by side, one a byte: folded before any of them can pass 255.
    const end = Math.min(words.length, at + 255);
    let lanes = 0;
    for (; at < end; at++) {
      const unlike = words[at]! ^ 0x22222222;
      // 0x80 in each byte of `unlike` that is zero, exactly: no carry leaves a byte.
      lanes = (lanes + (~(((unlike & 0x7f7f7f7f) + 0x7f7f7f7f) | unlike | 0x7f7f7f7f) >>> 7)) | 0;
    }
    quotes += (lanes & 0xff) + ((lanes >>> 8) & 0xff) + ((lanes >>> 16) & 0xff) + (lanes >>> 24);
  }
  return quotes;
}
