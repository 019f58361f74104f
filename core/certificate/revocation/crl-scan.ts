// Reads a revocation list of any size once, in chunks and constant memory: its head, the entries of the serials
// that were asked for, its extensions, and the hash that its signature covers. A ScannedCrl is a claim; whose
// signature it bears and what it proves is decided in crl-signer.ts and check-by-crls.ts.

import type { KeyObject } from 'node:crypto';
import { Refusal } from '../../errors.ts';
import { revocationPolicy } from '../../policy.ts';
import type { Oid } from '../certificate.ts';
import { EntryReader } from './crl-entries.ts';
import type { CrlEntry } from './crl-entry.ts';
import { type CrlExtensions, readTail } from './crl-extensions.ts';
import { type CrlHead, outerEnd, readHead } from './crl-head.ts';
import { malformedCrl, readingAs } from './malformed.ts';
import { type SignatureCheck, signatureCheck } from './signature-check.ts';
import type { SerialHex, WantedSerials } from './wanted-serials.ts';

export interface ScannedCrl {
  readonly head: CrlHead;
  readonly extensions: CrlExtensions;
  /** Entries of the wanted serials, and of no others. */
  readonly entries: ReadonlyMap<SerialHex, readonly CrlEntry[]>;
  readonly wanted: WantedSerials;
  readonly entryCount: number;
  readonly unknownCriticalEntryExtension: Oid | undefined;
  /** Some entry names another certificate issuer: right in an indirect list only. */
  readonly namesOtherIssuers: boolean;
  readonly signature: Uint8Array;
  /** As many different keys as `signatureTries` foresaw; a list that was in memory whole can be tried again. */
  signedBy(key: KeyObject): boolean;
}

export interface ScanOptions {
  /** Bytes; beyond, `CRL_TOO_LARGE`, as soon as the length is read. Default: policy. */
  readonly maxBytes?: number;
  /** How many keys a streamed list's signature may be tried with (an issuer that rolls its key over has two). Default 1. */
  readonly signatureTries?: number;
}

/** So that the bytes are still in the processor's cache when they are scanned after hashing. */
const slice = 256 * 1024;
/** Head and tail are small in any list: an issuer's name, a few extensions, a signature. */
const longestEdge = 64 * 1024;
const headSlice = 16 * 1024;

/** Throws `CRL_MALFORMED`, `CRL_TOO_LARGE`, `REVOCATION_ALGORITHM_REFUSED`. */
export function scanCrl(bytes: Uint8Array, wanted: WantedSerials, options: ScanOptions = {}): ScannedCrl {
  const scanner = new CrlScanner(wanted, { ...options, signatureTries: 1 });
  scanner.push(bytes);
  const scanned = scanner.finish();
  const { algorithm, tbsStart, tbsEnd } = scanned.head;
  const again = (key: KeyObject) => {
    const check = signatureCheck(algorithm);
    check.update(bytes.subarray(tbsStart, tbsEnd));
    return check.signedBy(key, scanned.signature);
  };
  let first = true;
  const signedBy = (key: KeyObject) => {
    if (!first) return again(key);
    first = false;
    return scanned.signedBy(key);
  };
  return { ...scanned, signedBy };
}

/** The same, from a body that arrives in chunks. */
export async function scanCrlStream(
  chunks: AsyncIterable<Uint8Array>,
  wanted: WantedSerials,
  options: ScanOptions = {},
): Promise<ScannedCrl> {
  const scanner = new CrlScanner(wanted, options);
  for await (const chunk of chunks) scanner.push(chunk);
  return scanner.finish();
}

export class CrlScanner {
  readonly #wanted: WantedSerials;
  readonly #entries: EntryReader;
  readonly #maxBytes: number;
  readonly #tries: number;
  #checks: SignatureCheck[] = [];
  #head: CrlHead | undefined;
  /** Bytes before the entries until the head is read, then those after them. */
  #edge: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(wanted: WantedSerials, options: ScanOptions = {}) {
    this.#wanted = wanted;
    this.#entries = new EntryReader(wanted);
    this.#maxBytes = options.maxBytes ?? revocationPolicy.crlMaxBytes;
    this.#tries = options.signatureTries ?? 1;
  }

  push(chunk: Uint8Array): void {
    readingAs('CRL_MALFORMED', () => {
      for (let at = 0; at < chunk.length; ) {
        const size = this.#head ? slice : headSlice;
        this.#take(chunk.subarray(at, at + size));
        at += size;
      }
    });
  }

  finish(): ScannedCrl {
    const head = this.#head;
    if (!head || this.#position !== head.end) throw malformedCrl('a list that is cut off');
    const tail = readingAs('CRL_MALFORMED', () => readTail(this.#edge, head));
    return {
      head,
      extensions: tail.extensions,
      signature: tail.signature,
      entries: this.#entries.hits,
      wanted: this.#wanted,
      entryCount: this.#entries.count,
      unknownCriticalEntryExtension: this.#entries.unknownCritical,
      namesOtherIssuers: this.#entries.certificateIssuer !== undefined,
      signedBy: trying(this.#checks, tail.signature),
    };
  }

  #take(bytes: Uint8Array): void {
    if (this.#head) {
      this.#stream(this.#head, bytes);
      return;
    }
    this.#edge = appended(this.#edge, bytes);
    const declared = outerEnd(this.#edge);
    if (declared !== undefined && declared > this.#maxBytes) {
      throw new Refusal('CRL_TOO_LARGE', {
        expected: `at most ${this.#maxBytes} bytes`,
        found: `${declared}`,
      });
    }
    const head = readHead(this.#edge);
    if (!head) return;
    const begun = this.#edge;
    this.#edge = new Uint8Array(0);
    this.#head = head;
    this.#checks = Array.from({ length: this.#tries }, () => signatureCheck(head.algorithm));
    this.#position = head.entriesStart;
    this.#hash(begun.subarray(head.tbsStart, Math.min(head.tbsEnd, head.entriesStart)));
    this.#stream(head, begun.subarray(head.entriesStart));
  }

  #stream(head: CrlHead, bytes: Uint8Array): void {
    const from = this.#position;
    this.#position += bytes.length;
    if (this.#position > head.end) throw malformedCrl('bytes after the list');
    this.#hash(bytes.subarray(0, Math.max(0, head.tbsEnd - from)));
    const entries = Math.max(0, Math.min(bytes.length, head.entriesEnd - from));
    if (entries > 0) this.#entries.push(bytes.subarray(0, entries));
    if (this.#position >= head.entriesEnd) {
      this.#entries.finish();
      this.#edge = appended(this.#edge, bytes.subarray(entries));
    }
  }

  #hash(bytes: Uint8Array): void {
    for (const check of this.#checks) check.update(bytes);
  }
}

function appended(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (before.length + bytes.length > longestEdge)
    throw malformedCrl('more than 64 KiB before or after the entries');
  const whole = new Uint8Array(before.length + bytes.length);
  whole.set(before);
  whole.set(bytes, before.length);
  return whole;
}

function trying(checks: SignatureCheck[], signature: Uint8Array): (key: KeyObject) => boolean {
  return (key) => {
    const check = checks.shift();
    if (!check) throw new Error('a streamed list was to be tried with more keys than it was scanned for');
    return check.signedBy(key, signature);
  };
}
