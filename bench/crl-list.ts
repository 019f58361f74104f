// A signed list of a million entries that is never in memory whole: made again, chunk by chunk, as often as it is read.

import { createSign, type KeyObject } from 'node:crypto';
import * as der from '../core/certificate/der-writer.ts';

export const entries = 1_000_000;
const thisUpdate = new Date('2026-06-01T00:00:00Z');
/** 30 LL 02 10 serial(16) 17 0d time(13): the common form, without extensions. */
const entryLength = 35;

/** 16 octets of the n-th serial: scattered, positive, minimal. */
export function serialOf(n: number): Uint8Array {
  const serial = Buffer.alloc(16);
  for (let word = 0; word < 4; word++) serial.writeUInt32BE(scattered(n * 4 + word), word * 4);
  serial[0] = 0x40 | (serial[0]! & 0x3f);
  return serial;
}

/** The finalizer of MurmurHash3: serials are random in real lists, and must be so to the look-up here. */
function scattered(n: number): number {
  let x = n ^ (n >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** All that is signed, in chunks of at most 64 KiB. */
function* tbsChunks(issuer: Uint8Array, algorithm: Uint8Array): Generator<Uint8Array> {
  const length = entries * entryLength;
  const head = Buffer.concat([
    der.integer(1),
    algorithm,
    issuer,
    der.time(thisUpdate),
    der.time(new Date('2026-06-02T00:00:00Z')),
  ]);
  const tail = der.context(
    0,
    der.sequence(der.sequence(der.objectIdentifier('2.5.29.20'), der.octetString(der.integer(1)))),
  );
  const listHead = headerOf(length);
  yield Buffer.concat([headerOf(head.length + listHead.length + length + tail.length), head, listHead]);
  const end = der.time(thisUpdate);
  const perChunk = Math.floor(65_536 / entryLength);
  for (let n = 0; n < entries; n += perChunk) {
    const count = Math.min(perChunk, entries - n);
    const chunk = Buffer.allocUnsafeSlow(count * entryLength);
    for (let i = 0, at = 0; i < count; i++, at += entryLength) {
      chunk.writeUInt32BE(0x30210210, at);
      chunk.set(serialOf(n + i), at + 4);
      chunk.set(end, at + 20);
    }
    yield chunk;
  }
  yield tail;
}

/** The whole list: `signature` over the chunks of tbsChunks. */
export function* listChunks(
  issuer: Uint8Array,
  algorithm: Uint8Array,
  signature: Uint8Array,
): Generator<Uint8Array> {
  const end = Buffer.concat([algorithm, der.bitString(signature)]);
  let tbsLength = 0;
  for (const chunk of tbsChunks(issuer, algorithm)) tbsLength += chunk.length;
  yield headerOf(tbsLength + end.length);
  yield* tbsChunks(issuer, algorithm);
  yield end;
}

export function signatureOverList(issuer: Uint8Array, algorithm: Uint8Array, key: KeyObject): Uint8Array {
  const sign = createSign('sha256');
  for (const chunk of tbsChunks(issuer, algorithm)) sign.update(chunk);
  return sign.sign(key);
}

/** Tag and length of a SEQUENCE with `length` octets of content, which stays unmade. */
function headerOf(length: number): Uint8Array {
  return Buffer.from([
    0x30,
    0x84,
    (length >>> 24) & 255,
    (length >>> 16) & 255,
    (length >>> 8) & 255,
    length & 255,
  ]);
}
