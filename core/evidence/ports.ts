// Where do chains and heads live, for those who write them and for those who audit them?

import type { ChainHead, StoredLink } from './chain.ts';

export interface WaitingScope {
  readonly scope: string;
  readonly count: number;
  /** When the oldest of them happened. */
  readonly since: Date;
}

export interface EvidenceChains {
  /** Scopes with unchained records. */
  waiting(): Promise<readonly WaitingScope[]>;
  /**
   * Chains the oldest unchained records of one scope, in one transaction.
   * @returns how many; 0 when there was nothing left, or when another writer was first.
   */
  chain(scope: string, now: Date): Promise<{ readonly chained: number; readonly broken: readonly string[] }>;
  /** The head of every scope that has one. */
  heads(): Promise<ReadonlyMap<string, ChainHead>>;
  /** Links after `seq`, in order. */
  links(scope: string, afterSeq: number): AsyncIterable<StoredLink>;
}

/** Where the last head document was; a hint that saves listing the archive, checked against it. */
export interface LastHead {
  readonly number: number;
  readonly hash: string;
  readonly at?: Date;
  /** How many chains no longer followed from what had been signed. */
  readonly broken?: number;
}

export interface HeadNotes {
  lastHead(): Promise<LastHead | undefined>;
  noteHead(head: LastHead): Promise<void>;
}

export interface ArchivedHead {
  readonly number: number;
  /** The first version ever written under that number. */
  readonly bytes: Uint8Array;
  /** Versions and delete markers written over it later. */
  readonly laterVersions: number;
}

/** A message that a record rests on, as it came: its bytes and, where it was signed, the detached JWS. */
export interface LockedMessage {
  /** Of the bytes, base64url. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly signature?: string;
}

/** Write once, read for ever (S3 Object Lock in compliance mode). */
export interface EvidenceArchive {
  putHead(number: number, bytes: Uint8Array, retainUntil: Date): Promise<'PUT' | 'EXISTS'>;
  head(number: number): Promise<Uint8Array | undefined>;
  /** All heads from `fromNumber`, by number. */
  heads(fromNumber: number): AsyncIterable<ArchivedHead>;
  putListing(hash: string, bytes: Uint8Array, retainUntil: Date): Promise<void>;
  listing(hash: string): Promise<Uint8Array | undefined>;
  /** The messages that a batch of records rests on, in one object, under the scope and the time of its chaining. */
  putMessages(
    batch: { readonly scope: string; readonly at: Date },
    messages: readonly LockedMessage[],
    retainUntil: Date,
  ): Promise<void>;
  /** The message of that digest, of a record that happened then. Reads batch after batch: for audits. */
  lockedMessage(
    record: { readonly scope: string; readonly at: Date },
    sha256: string,
  ): Promise<LockedMessage | undefined>;
  /** Certificates of chains, CRLs, OCSP answers, under their SHA-256 (base64url). */
  putBytes(sha256: string, bytes: Uint8Array, retainUntil: Date): Promise<void>;
  bytes(sha256: string): Promise<Uint8Array | undefined>;
  /** A message too large for its item, by the SHA-256 (base64url) of its bytes. */
  message(sha256: string): Promise<Uint8Array | undefined>;
}
