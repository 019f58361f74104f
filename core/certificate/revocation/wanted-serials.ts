// Which serial numbers are looked for while a list streams past? Answered with one table look-up for nearly
// every entry, so that a million of them cost no allocation. It does not know what a hit means.

/** Content octets of a serialNumber INTEGER, as encoded, in lower-case hex: `00ff` and `ff` are different numbers. */
export type SerialHex = string;

export function serialHex(content: Uint8Array): SerialHex {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('hex');
}

/**
 * A set of serials with two filters in front, so that nearly no entry that is not wanted reaches the exact set.
 * Negative and long serials are bytes like any others.
 */
export class WantedSerials {
  readonly serials: ReadonlySet<SerialHex>;
  /** One bit for each two bytes, little endian, that some serial ends with: 8 KiB stay in the nearest cache. */
  readonly filter = new Uint8Array(8192);
  /** The last four bytes of the INTEGER's TLV, little endian and signed: a serial of 2 or 3 bytes brings its header. */
  readonly tails: ReadonlySet<number>;

  constructor(serials: Iterable<SerialHex>) {
    this.serials = new Set(serials);
    this.tails = new Set(Iterator.from(this.serials).map(lastFour));
    for (const tail of this.tails) this.filter[tail >>> 19]! |= 1 << ((tail >>> 16) & 7);
  }

  static ofContents(contents: Iterable<Uint8Array>): WantedSerials {
    return new WantedSerials(Iterator.from(contents).map(serialHex));
  }

  has(serial: SerialHex): boolean {
    return this.serials.has(serial);
  }
}

function lastFour(serial: SerialHex): number {
  const content = Buffer.from(serial, 'hex');
  const tlv = Buffer.concat([Buffer.from([0, 0, 0x02, content.length & 0xff]), content]);
  return tlv.readInt32LE(tlv.length - 4);
}
