// How is a value written in DER (X.690 §8, §10)? Used to build requests, certificates and lists.
// It does not read: der.ts does, and a writer's leniency must never become a reader's.

const encoder = new TextEncoder();

/** Tag octet (low-tag form only), definite length, content. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const header = lengthOctets(length);
  const out = new Uint8Array(1 + header.length + length);
  out[0] = tag;
  out.set(header, 1);
  let at = 1 + header.length;
  for (const part of content) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export const sequence = (...content: readonly Uint8Array[]) => tlv(0x30, ...content);
/** SET OF: components in ascending order of their encodings (X.690 §11.6). */
export const setOf = (...content: readonly Uint8Array[]) => tlv(0x31, ...[...content].sort(Buffer.compare));
export const octetString = (content: Uint8Array) => tlv(0x04, content);
export const nullValue = () => tlv(0x05);
export const boolean = (value: boolean) => tlv(0x01, Uint8Array.of(value ? 0xff : 0x00));
/** `[n] EXPLICIT`, or `[n] IMPLICIT` of a constructed type when given its content. */
export const context = (n: number, ...content: readonly Uint8Array[]) => tlv(0xa0 | n, ...content);
/** `[n] IMPLICIT` of a primitive type. */
export const contextPrimitive = (n: number, content: Uint8Array) => tlv(0x80 | n, content);

export const utf8String = (text: string) => tlv(0x0c, encoder.encode(text));
export const printableString = (text: string) => tlv(0x13, encoder.encode(text));
export const ia5String = (text: string) => tlv(0x16, encoder.encode(text));

/** INTEGER from a number, a bigint, or the magnitude's octets (unsigned). */
export function integer(value: number | bigint | Uint8Array): Uint8Array {
  let hex = typeof value === 'object' ? Buffer.from(value).toString('hex') : value.toString(16);
  if (hex.startsWith('-')) throw new RangeError('integer() writes no negative numbers');
  hex = hex.replace(/^(00)+(?=.)/, '') || '00';
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return tlv(0x02, Buffer.from(hex, 'hex'));
}

export const enumerated = (value: number) => tlv(0x0a, Uint8Array.of(value));

export const bitString = (content: Uint8Array, unusedBits = 0) =>
  tlv(0x03, Uint8Array.of(unusedBits), content);

/** BIT STRING with named bits: trailing zero bits removed (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return bitString(new Uint8Array());
  const last = Math.max(...bits);
  const octets = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bitString(octets, 7 - (last & 7));
}

export function objectIdentifier(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const group = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      group.unshift(0x80 | (left % 128));
    }
    octets.push(...group);
  }
  return tlv(0x06, Uint8Array.from(octets));
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050; seconds, Z. */
export function time(date: Date): Uint8Array {
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, encoder.encode(digits(date).slice(2)))
    : generalizedTime(date);
}

export const generalizedTime = (date: Date) => tlv(0x18, encoder.encode(digits(date)));

function digits(date: Date): string {
  return `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}
