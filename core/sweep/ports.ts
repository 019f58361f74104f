// What does the sweep of revocation sources need from a store and from the wire?

import type { SourceTimes } from '../certificate/revocation/freshness.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';

/** One source as it stands: the freeze of payouts is computed from its times (core/certificate/revocation/freshness). */
export interface SweptSource extends SourceTimes {
  readonly id: string;
  readonly urls: readonly string[];
  /** The one certificate that a responder is asked about. */
  readonly asked?: Thumbprint;
  readonly etag?: string;
  readonly lastModified?: string;
  /** SHA-256 (base64url) of the body processed last: the same one again is not read again. */
  readonly bodySha256?: string;
  readonly crlNumber?: string;
  readonly scope?: string;
  /** Code or name of what went wrong at the last attempt; absent after a good one. */
  readonly trouble?: string;
  readonly version: number;
}

/** A certificate that once had a valid path over this source. */
export interface Dependant {
  readonly thumbprint: Thumbprint;
  readonly participant: string;
  /** DER, leaf first, anchor excluded. */
  readonly chain: readonly Uint8Array[];
}

export interface SweptSources {
  /** Ids of sources whose next attempt is due. */
  due(now: Date): Promise<readonly string[]>;
  find(id: string): Promise<SweptSource | undefined>;
  /** One write per sweep of a source; another sweep that was faster stands. */
  save(source: SweptSource): Promise<void>;
  /** In pages, so that memory stays flat. */
  dependants(id: string): AsyncIterable<readonly Dependant[]>;
  /** Revoked, or expired long ago: nobody asks about it any more. */
  forget(sources: readonly string[], thumbprint: Thumbprint): Promise<void>;
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
  list(url: string, known: Pick<SweptSource, 'etag' | 'lastModified'>): Promise<FetchedBody>;
  ocsp(url: string, request: Uint8Array): Promise<Uint8Array>;
}
