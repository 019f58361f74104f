// What stands before the entries of a revocation list (RFC 5280 §5.1), and where do the entries lie? Read from
// the first bytes of a stream; undefined while they are too few.

import type { AlgorithmIdentifier, Name } from '../certificate.ts';
import { contextConstructed, DerReader, TAG } from '../der.ts';
import { readName } from '../names.ts';
import { readAlgorithm } from '../parse.ts';
import { malformedCrl } from './malformed.ts';
import { contentOffset, elementEnd, MORE } from './tlv.ts';

/** Offsets count from the first byte of the list. */
export interface CrlHead {
  readonly version: 1 | 2;
  readonly algorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly tbsStart: number;
  readonly tbsEnd: number;
  /** Content of revokedCertificates; both equal when there is none. */
  readonly entriesStart: number;
  readonly entriesEnd: number;
  /** The list ends here: bytes beyond belong to nobody. */
  readonly end: number;
}

export function readHead(bytes: Uint8Array): CrlHead | undefined {
  const end = outerEnd(bytes);
  if (end === undefined) return undefined;
  const tbsStart = contentOffset(bytes, 0, bytes.length);
  const tbsEnd = elementEnd(bytes, tbsStart, bytes.length);
  if (tbsEnd === MORE) return undefined;
  if (bytes[tbsStart] !== TAG.SEQUENCE || tbsEnd > end) throw malformedCrl('no tbsCertList');
  const fields = new Fields(bytes, contentOffset(bytes, tbsStart, bytes.length), tbsEnd);
  const version = fields.next(TAG.INTEGER);
  const algorithm = fields.next(TAG.SEQUENCE);
  const issuer = fields.next(TAG.SEQUENCE);
  const thisUpdate = fields.next(TAG.UTC_TIME, TAG.GENERALIZED_TIME);
  const nextUpdate = fields.next(TAG.UTC_TIME, TAG.GENERALIZED_TIME);
  const entries = fields.heading(TAG.SEQUENCE);
  if (fields.short) return undefined;
  if (!algorithm || !issuer || !thisUpdate) throw malformedCrl('a tbsCertList without its first fields');
  if (entries[1] > tbsEnd) throw malformedCrl('entries longer than the list');
  // RFC 5280 §5.1.2.1: v2 is written as 1, v1 by leaving it out.
  if (version && version.smallInteger() !== 1) throw malformedCrl('a version that is not 2');
  return {
    version: version ? 2 : 1,
    algorithm: readAlgorithm(algorithm),
    issuer: readName(issuer),
    thisUpdate: thisUpdate.time(),
    nextUpdate: nextUpdate?.time(),
    tbsStart,
    tbsEnd,
    entriesStart: entries[0],
    entriesEnd: entries[1],
    end,
  };
}

/** Length that the list claims, as soon as its first bytes say so: a body too large is refused before it is read. */
export function outerEnd(bytes: Uint8Array): number | undefined {
  if (bytes.length > 0 && bytes[0] !== TAG.SEQUENCE) throw malformedCrl('something that is no SEQUENCE');
  const end = elementEnd(bytes, 0, bytes.length);
  return end === MORE ? undefined : end;
}

/** Steps over elements that may be cut off by the end of the bytes at hand; `short` says that they were. */
class Fields {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  short = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** The next element if it has one of these tags. */
  next(...tags: readonly number[]): DerReader | undefined {
    if (!this.#follows(tags)) return undefined;
    const end = elementEnd(this.#bytes, this.#at, this.#bytes.length);
    if (end === MORE || end > this.#bytes.length) {
      this.short = true;
      return undefined;
    }
    if (end > this.#end) throw malformedCrl('an element longer than the list');
    const reader = new DerReader(this.#bytes, this.#at, end);
    this.#at = end;
    return reader;
  }

  /** Start and end of the next element's content, which need not be here. */
  heading(tag: number): readonly [start: number, end: number] {
    if (!this.#follows([tag])) {
      const follows = this.short || this.#at === this.#end || this.#bytes[this.#at] === contextConstructed(0);
      if (!follows) throw malformedCrl('an element that a tbsCertList does not have');
      return [this.#at, this.#at];
    }
    const start = contentOffset(this.#bytes, this.#at, this.#bytes.length);
    this.short ||= start === MORE;
    return this.short ? [this.#at, this.#at] : [start, elementEnd(this.#bytes, this.#at, this.#bytes.length)];
  }

  #follows(tags: readonly number[]): boolean {
    if (this.#at >= this.#end) return false;
    this.short ||= this.#at >= this.#bytes.length;
    return !this.short && tags.includes(this.#bytes[this.#at]!);
  }
}
