// What do these bytes say, read as DER (X.690) and nothing looser? A cursor over a buffer that copies nothing:
// every element knows its place, so that signed slices stay the bytes that came. It knows no X.509.
//
// Leniencies, each named where it is taken: ENCODED_DEFAULT (`defaultFalse`, here) for PSCs that encode
// `FALSE DEFAULT`; T61_STRING (`names.ts`). All else that is not DER is refused.

import { Refusal } from '../errors.ts';
import { decodeOid } from './oid.ts';
import { decodeGeneralizedTime, decodeUtcTime } from './time.ts';

/** Identifier octets as they stand in the bytes (class, constructed bit, number). */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  T61_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** `[n]` IMPLICIT over a primitive type. */
export const contextPrimitive = (n: number): number => 0x80 | n;
/** `[n]` EXPLICIT, or IMPLICIT over a constructed type. */
export const contextConstructed = (n: number): number => 0xa0 | n;

export function malformed(found: string, at: number): Refusal {
  return new Refusal('DER_MALFORMED', { found: `${found} at byte ${at}` });
}

/** One tag-length-value; positions count from the start of `bytes`, the whole buffer. */
export class DerElement {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;

  constructor(bytes: Uint8Array, tag: number, start: number, contentStart: number, end: number) {
    this.bytes = bytes;
    this.tag = tag;
    this.start = start;
    this.contentStart = contentStart;
    this.end = end;
  }

  /** Tag, length and content: a view, not a copy. */
  get der(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** Content octets: a view, not a copy. */
  get content(): Uint8Array {
    return this.bytes.subarray(this.contentStart, this.end);
  }

  /** A cursor over the elements inside. */
  inside(): DerReader {
    return new DerReader(this.bytes, this.contentStart, this.end);
  }
}

export interface BitString {
  readonly unusedBits: number;
  readonly bytes: Uint8Array;
}

/** Cursor over consecutive elements. Each method reads one and moves behind it, or throws `DER_MALFORMED`. */
export class DerReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** Identifier octet of the next element, or -1 at the end. */
  get tag(): number {
    return this.position < this.end ? this.bytes[this.position]! : -1;
  }

  /** The next element; with `tag`, only that one. */
  element(tag?: number): DerElement {
    const start = this.position;
    const contentStart = this.header(tag);
    return new DerElement(this.bytes, this.bytes[start]!, start, contentStart, this.position);
  }

  /** Moves behind the next element; returns where its content begins, which ends at `position`. */
  private header(tag?: number): number {
    const { bytes, position: start, end } = this;
    if (start + 2 > end) throw malformed('the end of the bytes', start);
    const found = bytes[start]!;
    if (tag !== undefined && found !== tag) {
      throw malformed(`tag 0x${found.toString(16)} instead of 0x${tag.toString(16)}`, start);
    }
    // Tag numbers above 30 occur in nothing that we read.
    if ((found & 0x1f) === 0x1f) throw malformed('a long tag', start);
    let contentStart = start + 2;
    let length = bytes[start + 1]!;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0) throw malformed('an indefinite length', start);
      if (count > 4) throw malformed('a length of more than four octets', start);
      contentStart += count;
      if (contentStart > end) throw malformed('a cut length', start);
      length = 0;
      for (let i = start + 2; i < contentStart; i++) length = length * 256 + bytes[i]!;
      // X.690 §10.1: the shortest form.
      if (bytes[start + 2] === 0 || length < 0x80) throw malformed('a length that is not minimal', start);
    }
    if (contentStart + length > end) throw malformed('content that runs over its container', start);
    this.position = contentStart + length;
    return contentStart;
  }

  optional(tag: number): DerElement | undefined {
    return this.tag === tag ? this.element(tag) : undefined;
  }

  /** Cursor inside the next element. */
  enter(tag: number): DerReader {
    const contentStart = this.header(tag);
    return new DerReader(this.bytes, contentStart, this.position);
  }

  sequence(): DerReader {
    return this.enter(TAG.SEQUENCE);
  }

  /** Nothing may follow. */
  finish(): void {
    if (this.position !== this.end) throw malformed('bytes that nothing describes', this.position);
  }

  /** Content octets of an INTEGER: two's complement, minimal. `tag` for IMPLICIT ones. */
  integer(tag: number = TAG.INTEGER): Uint8Array {
    const start = this.position;
    const contentStart = this.header(tag);
    const length = this.position - contentStart;
    if (length === 0) throw malformed('an empty INTEGER', start);
    const first = this.bytes[contentStart]!;
    // X.690 §8.3.2: the first nine bits are not all the same.
    if (length > 1 && (first === 0 || first === 0xff) && first >> 7 === this.bytes[contentStart + 1]! >> 7) {
      throw malformed('an INTEGER that is not minimal', start);
    }
    return this.bytes.subarray(contentStart, this.position);
  }

  /** A non-negative INTEGER up to 2^31 - 1 (or `max`). */
  smallInteger(max = 0x7fffffff, tag: number = TAG.INTEGER): number {
    const at = this.position;
    const content = this.integer(tag);
    if (content[0]! >= 0x80 || content.length > 5) throw malformed('an INTEGER out of range', at);
    let value = 0;
    for (const octet of content) value = value * 256 + octet;
    if (value > max) throw malformed('an INTEGER out of range', at);
    return value;
  }

  boolean(tag: number = TAG.BOOLEAN): boolean {
    const start = this.position;
    const contentStart = this.header(tag);
    const value = this.bytes[contentStart]!;
    // X.690 §11.1: TRUE is 0xff.
    if (this.position !== contentStart + 1 || (value !== 0 && value !== 0xff))
      throw malformed('a BOOLEAN', start);
    return value === 0xff;
  }

  /** `BOOLEAN DEFAULT FALSE`. Leniency ENCODED_DEFAULT: an encoded FALSE is read (X.690 §11.5 forbids it). */
  defaultFalse(tag: number = TAG.BOOLEAN): boolean {
    return this.tag === tag ? this.boolean(tag) : false;
  }

  null(): void {
    const { start, contentStart, end } = this.element(TAG.NULL);
    if (contentStart !== end) throw malformed('a NULL with content', start);
  }

  /** Dotted decimal. */
  oid(tag: number = TAG.OID): string {
    return decodeOid(this.bytes, this.header(tag), this.position);
  }

  octetString(tag: number = TAG.OCTET_STRING): Uint8Array {
    const contentStart = this.header(tag);
    return this.bytes.subarray(contentStart, this.position);
  }

  bitString(tag: number = TAG.BIT_STRING): BitString {
    const { content, start } = this.element(tag);
    const unusedBits = content[0];
    if (unusedBits === undefined || unusedBits > 7 || (content.length === 1 && unusedBits !== 0)) {
      throw malformed('a BIT STRING', start);
    }
    // X.690 §11.2.1: unused bits are zero.
    if (unusedBits > 0 && (content[content.length - 1]! & ((1 << unusedBits) - 1)) !== 0) {
      throw malformed('a BIT STRING with unused bits set', start);
    }
    return { unusedBits, bytes: content.subarray(1) };
  }

  /** BIT STRING whose bits have names (KeyUsage, ReasonFlags): bit n of the ASN.1 is bit n of the number. */
  namedBits(tag: number = TAG.BIT_STRING): number {
    const at = this.position;
    const { unusedBits, bytes } = this.bitString(tag);
    if (bytes.length > 2) throw malformed('more named bits than are defined', at);
    // X.690 §11.2.2: trailing zero bits are removed.
    const last = bytes[bytes.length - 1];
    if (last !== undefined && (last & (1 << unusedBits)) === 0) {
      throw malformed('named bits that are not minimal', at);
    }
    let flags = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      if (bytes[bit >> 3]! & (0x80 >> (bit & 7))) flags |= 1 << bit;
    }
    return flags;
  }

  /** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 wants them: seconds given, Zulu, no fraction. */
  time(): Date {
    const { bytes, tag } = this;
    const contentStart = this.header();
    if (tag === TAG.UTC_TIME) return decodeUtcTime(bytes, contentStart, this.position);
    if (tag === TAG.GENERALIZED_TIME) return decodeGeneralizedTime(bytes, contentStart, this.position);
    throw malformed('something that is no time', contentStart);
  }
}

/** The one element that these bytes are. */
export function readSingle(bytes: Uint8Array, tag?: number): DerElement {
  const reader = new DerReader(bytes);
  const element = reader.element(tag);
  reader.finish();
  return element;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
