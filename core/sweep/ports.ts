// What does the sweep of revocation sources need from a store and from the wire?

import type { SourceTimes } from '../certificate/revocation/freshness.ts';
import type { PathSource } from '../certificate/revocation/path-sources.ts';
import type { KnownList } from '../certificate/revocation/succession.ts';
import type { SerialHex } from '../certificate/revocation/wanted-serials.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';

/** One source as it stands: the freeze of payouts is computed from its times (core/certificate/revocation/freshness). */
export interface SweptSource extends SourceTimes, Omit<PathSource, 'depths' | 'kind'> {
  /** The PSC's, whose rules hold for it; the first that named it. */
  readonly profile?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Which of its URLs gave `etag` and `lastModified`: another server knows nothing of them. */
  readonly validatedBy?: string;
  /** SHA-256 (base64url) of the body processed last: the same one again is not read again. */
  readonly bodySha256?: string;
  readonly crlNumber?: string;
  readonly scope?: string;
  /** Of a delta: the number of the complete list that it stands on. */
  readonly deltaBase?: string;
  /** Ids of the delta lists that the list itself names. */
  readonly deltas?: readonly string[];
  /** Code or name of what went wrong at the last attempt; absent after a good one. */
  readonly trouble?: string;
  readonly version: number;
}

/** What the next list of this source must not be older than. */
export function listRead(source: SweptSource | undefined): KnownList | undefined {
  const { scope, crlNumber, thisUpdate } = source ?? {};
  return scope !== undefined && thisUpdate ? { scope, crlNumber, thisUpdate } : undefined;
}

/** Somebody who depends on a source: a leaf, or the certificates above some leafs. */
export interface SweptRow {
  /** core/sweep/watch: equal for all leafs below the same certificates. */
  readonly issuers: string;
  /** What is looked for: the leaf's serial, or those of the certificates above. */
  readonly serials: readonly SerialHex[];
  readonly leaf?: {
    readonly thumbprint: Thumbprint;
    readonly participant: string;
    readonly notAfter: Date;
  };
  /** Of rows without a leaf: the source under which those leafs stand. */
  readonly under?: string;
}

/** A certificate that once had a valid path over this source. */
export interface Dependant {
  readonly thumbprint: Thumbprint;
  readonly participant: string;
  /** DER, leaf first, anchor excluded. */
  readonly chain: readonly Uint8Array[];
}

export interface SweptSources {
  /** Ids of sources whose next attempt is due, those that have waited longest first. */
  due(now: Date, limit?: number): Promise<readonly string[]>;
  find(id: string): Promise<SweptSource | undefined>;
  /** One write per sweep of a source; another sweep that was faster stands. */
  save(source: SweptSource): Promise<void>;
  /** A source that a list names: swept from now on. */
  add(source: Omit<PathSource, 'depths'> & Pick<SweptSource, 'profile' | 'since'>): Promise<void>;
  /** Whether anybody may depend on it. */
  isAsked(id: string): Promise<boolean>;
  /** In pages, so that memory stays flat; with `issuers`, only the leafs below those. `pageOf`: rows, for few. */
  rows(
    id: string,
    some?: { readonly issuers?: string; readonly pageOf?: number },
  ): AsyncIterable<readonly SweptRow[]>;
  /** The chains of those rows that are leafs; of others, and of leafs that stand below others now, nothing. */
  dependants(rows: readonly SweptRow[]): Promise<readonly Dependant[]>;
  /** Revoked, or expired long ago: nobody asks about it any more. */
  forget(
    sources: readonly string[],
    leaf: Pick<Dependant, 'thumbprint' | 'participant'> & { readonly issuers: string },
  ): Promise<void>;
}

export type FetchedBody =
  | { readonly outcome: 'NOT_MODIFIED' }
  | {
      readonly outcome: 'FETCHED';
      readonly bytes: Uint8Array;
      readonly etag?: string;
      readonly lastModified?: string;
    };

/** Through the egress guard. @throws Refusal, Transient */
export interface RevocationWire {
  list(
    url: string,
    known: Pick<SweptSource, 'etag' | 'lastModified'>,
    maxBytes: number,
  ): Promise<FetchedBody>;
  ocsp(url: string, request: Uint8Array): Promise<Uint8Array>;
}
