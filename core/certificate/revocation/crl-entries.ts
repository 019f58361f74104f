// Which entries of the streaming list concern a wanted serial? The loop that a million entries pass: no
// allocation, four loads for an ordinary entry. What an entry means is read in crl-entry.ts.

import type { Oid } from '../certificate.ts';
import { type CrlEntry, readEntry } from './crl-entry.ts';
import { malformedCrl } from './malformed.ts';
import { elementEnd, MORE } from './tlv.ts';
import { serialHex, type WantedSerials } from './wanted-serials.ts';

/** An entry longer than this is no entry: bounds what is kept between two chunks. */
const longestEntry = 64 * 1024;

/** SEQUENCE, INTEGER of one byte, UTCTime: what is shorter takes the careful path, to be refused there. */
const shortestEntry = 20;

export class EntryReader {
  readonly #wanted: WantedSerials;
  /** Entries of wanted serials, by serial; one serial may stand for several certificate issuers. */
  readonly hits = new Map<string, CrlEntry[]>();
  count = 0;
  /** A critical entry extension that nobody here understands: RFC 5280 §5.3, the list is unusable. */
  unknownCritical: Oid | undefined;
  certificateIssuer: Uint8Array | undefined;
  #rest = new Uint8Array(0);

  constructor(wanted: WantedSerials) {
    this.#wanted = wanted;
  }

  /** The next bytes of revokedCertificates' content. */
  push(bytes: Uint8Array): void {
    let at = 0;
    if (this.#rest.length > 0) {
      at = this.#completeRest(bytes);
      if (at < 0) return;
    }
    at = this.#ordinary(bytes, at);
    while (at < bytes.length) {
      const end = elementEnd(bytes, at, bytes.length);
      if (end === MORE || end > bytes.length) break;
      this.#careful(bytes, at, end);
      at = this.#ordinary(bytes, end);
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at));
  }

  /** revokedCertificates has ended. */
  finish(): void {
    if (this.#rest.length > 0) throw malformedCrl('an entry that the list cuts off');
  }

  /** Entries of the common form, as far as they go. Returns the offset of the first byte it did not take. */
  #ordinary(bytes: Uint8Array, from: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { filter, tails } = this.#wanted;
    const limit = bytes.length;
    const last = limit - shortestEntry;
    let at = from;
    let count = 0;
    while (at <= last) {
      // 30 LL 02 SS: SEQUENCE shorter than 128, INTEGER shorter than 128
      const head = view.getUint32(at, true);
      if ((head & 0x80ff80ff) !== 0x00020030) break;
      const serialLength = head >>> 24;
      const time = at + 4 + serialLength;
      const end = at + 2 + ((head >>> 8) & 0x7f);
      const extensions = time + 15;
      // The serial is minimal and has two bytes at least (the tail of one would reach into the entry's length),
      // the time is a UTCTime, and nothing follows that may change the meaning of other entries.
      const lead = view.getUint16(at + 4) & 0xff80;
      if (lead === 0 || lead === 0xff80 || serialLength < 2) break;
      if (extensions > end || end > limit) break;
      const seam = view.getInt32(time - 2, true);
      if (seam >>> 16 !== 0x0d17) break;
      if (extensions !== end && !isReason(view, extensions, end) && !onlyDetails(view, extensions, end))
        break;
      if ((filter[(seam & 0xffff) >>> 3]! >>> (seam & 7)) & 1 && tails.has(view.getInt32(time - 4, true)))
        this.#inspect(bytes, at, end);
      count++;
      at = end;
    }
    this.count += count;
    return at;
  }

  #careful(bytes: Uint8Array, at: number, end: number): void {
    this.#inspect(bytes, at, end);
    this.count++;
  }

  #inspect(bytes: Uint8Array, at: number, end: number): void {
    const entry = readEntry(bytes, at, end);
    this.unknownCritical ??= entry.unknownCritical;
    // RFC 5280 §5.3.3: it holds for every following entry until the next one.
    if (entry.certificateIssuer) this.certificateIssuer = new Uint8Array(entry.certificateIssuer);
    const serial = serialHex(entry.serialNumber);
    if (!this.#wanted.has(serial)) return;
    const hit: CrlEntry = {
      serialNumber: new Uint8Array(entry.serialNumber),
      revocationDate: entry.revocationDate,
      revocationReason: entry.reason ?? 'unspecified',
      invalidityDate: entry.invalidityDate,
      certificateIssuer: this.certificateIssuer,
    };
    const same = this.hits.get(serial);
    if (same) same.push(hit);
    else this.hits.set(serial, [hit]);
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length > longestEntry) throw malformedCrl('an entry longer than 64 KiB');
    this.#rest = new Uint8Array(bytes);
  }

  /** Finishes the entry begun in an earlier chunk. Returns where the next one starts, or -1 when it needs still more. */
  #completeRest(bytes: Uint8Array): number {
    const before = this.#rest.length;
    // Two steps: six bytes are enough for any header, and then the length is known.
    const header = joined(this.#rest, bytes, 6);
    const end = elementEnd(header, 0, header.length);
    if (end > longestEntry) throw malformedCrl('an entry longer than 64 KiB');
    const entry = end === MORE ? header : joined(this.#rest, bytes, end);
    if (end === MORE || entry.length < end) {
      this.#rest = end === MORE ? header : entry;
      return -1;
    }
    if (this.#ordinary(entry, 0) === 0) this.#careful(entry, 0, end);
    this.#rest = new Uint8Array(0);
    return end - before;
  }
}

/** `rest` followed by as much of `bytes` as makes `length`; `rest` itself when it is that long already. */
function joined(rest: Uint8Array, bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  if (rest.length >= length) return new Uint8Array(rest);
  const more = bytes.subarray(0, length - rest.length);
  const whole = new Uint8Array(rest.length + more.length);
  whole.set(rest);
  whole.set(more, rest.length);
  return whole;
}

/** 300c 300a 0603551d15 0403 0a01xx: one reasonCode, not critical. Nearly every list with extensions has only these. */
function isReason(view: DataView, at: number, end: number): boolean {
  return (
    end - at === 14 &&
    view.getInt32(at) === 0x300c300a &&
    view.getInt32(at + 4) === 0x0603551d &&
    view.getInt32(at + 8) === 0x1504030a &&
    view.getUint8(at + 12) === 1
  );
}

/**
 * Are crlEntryExtensions, from `at` to `end`, only reasonCode and invalidityDate, in short form? They say nothing
 * of other entries, and of this one only if it is wanted. False sends the entry down the careful path.
 */
function onlyDetails(view: DataView, at: number, end: number): boolean {
  if (view.getUint8(at) !== 0x30 || at + 2 + view.getUint8(at + 1) !== end) return false;
  for (let next = at + 2; next < end; ) {
    if (end - next < 12 || view.getUint8(next) !== 0x30) return false;
    const stop = next + 2 + view.getUint8(next + 1);
    const arc = view.getUint8(next + 6);
    if (view.getUint32(next + 2) !== 0x0603551d || (arc !== 21 && arc !== 24)) return false;
    const value = view.getUint16(next + 7) === 0x0101 ? next + 10 : next + 7;
    if (stop > end || view.getUint8(value) !== 0x04 || value + 2 + view.getUint8(value + 1) !== stop)
      return false;
    next = stop;
  }
  return true;
}
