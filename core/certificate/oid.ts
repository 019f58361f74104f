// How does an OBJECT IDENTIFIER read? Dotted decimal from its content octets. What an OID means stands
// where it is used.

import { Refusal } from '../errors.ts';

// Attribute types and extensions, `2.5.4.n` and `2.5.29.n`, are nearly all that certificates carry.
const attributeTypes = Array.from({ length: 128 }, (_, n) => `2.5.4.${n}`);
const extensionIds = Array.from({ length: 128 }, (_, n) => `2.5.29.${n}`);

/** X.690 §8.19; refuses padded, cut and empty encodings. */
export function decodeOid(bytes: Uint8Array, start: number, end: number): string {
  if (end - start === 3 && bytes[start] === 0x55 && bytes[start + 2]! < 0x80) {
    if (bytes[start + 1] === 0x04) return attributeTypes[bytes[start + 2]!]!;
    if (bytes[start + 1] === 0x1d) return extensionIds[bytes[start + 2]!]!;
  }
  // Long enough for a UUID under 2.25 and every registered arc; short enough that arcs stay cheap.
  if (end <= start || end - start > 64 || bytes[end - 1]! >= 0x80) throw wrongOid(start);
  let text = '';
  for (let i = start; i < end; ) {
    if (bytes[i] === 0x80) throw wrongOid(i);
    const arcStart = i;
    let arc = 0;
    while (bytes[i]! >= 0x80) arc = arc * 128 + (bytes[i++]! & 0x7f);
    arc = arc * 128 + bytes[i++]!;
    if (text === '') text = firstArcs(Number.isSafeInteger(arc) ? arc : bigArc(bytes, arcStart, i));
    else text += `.${Number.isSafeInteger(arc) ? arc : bigArc(bytes, arcStart, i)}`;
  }
  return text;
}

/** The first two arcs share one number: 40 x first + second, second below 40 unless the first is 2. */
function firstArcs(arc: number | bigint): string {
  if (arc < 80) return `${Math.floor(Number(arc) / 40)}.${Number(arc) % 40}`;
  return `2.${typeof arc === 'bigint' ? arc - 80n : arc - 80}`;
}

function bigArc(bytes: Uint8Array, start: number, end: number): bigint {
  let arc = 0n;
  for (let i = start; i < end; i++) arc = arc * 128n + BigInt(bytes[i]! & 0x7f);
  return arc;
}

function wrongOid(at: number): Refusal {
  return new Refusal('DER_MALFORMED', { found: `an OBJECT IDENTIFIER that is not DER at byte ${at}` });
}
