// What do the two ways of asking a source stand on?

import { createHash } from 'node:crypto';
import { Refusal, Transient } from '../../core/errors.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import type { Clock } from '../../core/ports.ts';
import type { Revoked } from '../../core/sweep/judge.ts';
import type { RevocationWire, SweptSource, SweptSources } from '../../core/sweep/ports.ts';
import type { TrustSource } from '../../core/trust.ts';
import { type EndRevokedPorts, endRevoked } from './end-revoked.ts';

export interface SweepSourcePorts extends EndRevokedPorts {
  readonly clock: Clock;
  readonly sources: SweptSources;
  readonly wire: RevocationWire;
  readonly trust: TrustSource;
  /** Keeps a body that revokes, under its SHA-256 (base64url). */
  keep(kind: 'crl' | 'ocsp', sha256: string, bytes: Uint8Array): Promise<void>;
  /** A fetch that was due has failed for two hours, or brought what is stale. */
  alarm(source: SweptSource, trouble: string): void;
}

export interface Found {
  readonly outcome: 'UNCHANGED' | 'PROCESSED' | 'IDLE';
  readonly source: SweptSource;
}

export async function firstThatAnswers<T>(
  urls: readonly string[],
  ask: (url: string) => Promise<T>,
): Promise<T> {
  let last: unknown = new Refusal('NO_REVOCATION_SOURCE');
  for (const url of urls) {
    try {
      return await ask(url);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Transient)) throw error;
      last = error;
    }
  }
  throw last;
}

/** The evidence is kept before anything is ended by it. */
export async function revoke(
  ports: SweepSourcePorts,
  revoked: Revoked,
  kind: 'crl' | 'ocsp',
  bytes: Uint8Array,
): Promise<void> {
  const bytesKept: SourceBytes = { kind, sha256: sha256Of(bytes) };
  await ports.keep(kind, bytesKept.sha256, bytes);
  await endRevoked(ports, revoked, bytesKept);
}

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');
