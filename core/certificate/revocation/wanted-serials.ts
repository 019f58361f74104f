// Which serial numbers are looked for while a list streams past? Answered with one table look-up for nearly
// every entry, so that a million of them cost no allocation. It does not know what a hit means.

/** Content octets of a serialNumber INTEGER, as encoded, in lower-case hex: `00ff` and `ff` are different numbers. */
export type SerialHex = string;

export function serialHex(content: Uint8Array): SerialHex {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('hex');
}

/**
 * A set of serials with a filter in front: 256 bits or more per serial, so that one entry in 256 that is not
 * wanted reaches the exact set; for 1,000 serials it still fits the processor's nearest cache. Negative and long serials are bytes like any others.
 */
export class WantedSerials {
  readonly serials: ReadonlySet<SerialHex>;
  /** Bit field of `1 << (32 - shift)` bits. */
  readonly bits: Uint8Array;
  readonly shift: number;
  /** The filter's input for each serial: settles nearly all that passes the filter by chance. */
  readonly tails: ReadonlySet<number>;

  constructor(serials: Iterable<SerialHex>) {
    this.serials = new Set(serials);
    let width = 13;
    while (width < 26 && 1 << width < this.serials.size * 256) width++;
    this.shift = 32 - width;
    this.bits = new Uint8Array(1 << (width - 3));
    this.tails = new Set(Iterator.from(this.serials).map(lastFour));
    for (const tail of this.tails) {
      const slot = filterSlot(tail, this.shift);
      this.bits[slot >>> 3]! |= 1 << (slot & 7);
    }
  }

  static ofContents(contents: Iterable<Uint8Array>): WantedSerials {
    return new WantedSerials(Iterator.from(contents).map(serialHex));
  }

  has(serial: SerialHex): boolean {
    return this.serials.has(serial);
  }
}

/** `tail` is the last four bytes of the INTEGER's TLV, little endian: a serial of 2 or 3 bytes brings its own header. */
export function filterSlot(tail: number, shift: number): number {
  return Math.imul(tail, 0x9e3779b1) >>> shift;
}

function lastFour(serial: SerialHex): number {
  const content = Buffer.from(serial, 'hex');
  const tlv = Buffer.concat([Buffer.from([0, 0, 0x02, content.length & 0xff]), content]);
  return tlv.readInt32LE(tlv.length - 4);
}
