// How fresh is what a node knows of the revocation sources of a certificate? The payout path reads nothing else of
// revocation: the freeze is computed from these times, so that a sweep that died freezes too (docs/revocation.md).

import {
  requireThawed,
  type SourceTimes,
  type ThawedSources,
} from '../../core/certificate/revocation/freshness.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import type { SweptSource } from '../../core/sweep/ports.ts';
import { recordOf, withoutKeys } from './records.ts';
import type { Key, Table } from './table.ts';

export const sourceKey = (source: string): Key => ({ pk: `SRC#${source}`, sk: 'SOURCE' });

const dates = ['since', 'thisUpdate', 'nextUpdate', 'lastGoodFetch', 'lastAttempt'];
/** Milliseconds: a source may be that much newer than we think, never older. */
const readAgainAfter = 60_000;
const mostSources = 10_000;

export function thawedSources(table: Table) {
  const known = new Map<string, { readonly times: SourceTimes | undefined; readonly readAt: number }>();

  async function read(sources: readonly string[], now: number): Promise<void> {
    const old = sources.filter((source) => !(now - (known.get(source)?.readAt ?? 0) < readAgainAfter));
    if (old.length === 0) return;
    const items = await table.getMany(old.map(sourceKey));
    if (known.size > mostSources) known.clear();
    for (const [at, source] of old.entries()) {
      const item = items[at];
      known.set(source, { times: item && recordOf<SourceTimes>(withoutKeys(item), dates), readAt: now });
    }
  }

  /**
   * A source without an item was checked once, when the certificate was enrolled, and never since.
   * @throws Refusal REVOCATION_SOURCE_FROZEN, NO_REVOCATION_SOURCE
   */
  return async (
    { sources, activatedAt }: Pick<CertificateStatus, 'sources' | 'activatedAt'>,
    now: Date,
  ): Promise<ThawedSources> => {
    await read(sources, now.getTime());
    return requireThawed(
      sources.map((source) => known.get(source)?.times ?? neverSwept(activatedAt)),
      now,
    );
  };
}

/** `urls` and `trouble` are missing where an item is older than they are. */
export type KnownSource = SourceTimes & Partial<Pick<SweptSource, 'urls' | 'trouble'>>;

/** The times of these sources, in their order; undefined for one that no sweep has fetched yet. */
export async function sourceTimes(
  table: Table,
  sources: readonly string[],
): Promise<readonly (KnownSource | undefined)[]> {
  const items = await table.getMany(sources.map(sourceKey));
  return items.map((item) => item && recordOf<KnownSource>(withoutKeys(item), dates));
}

const neverSwept = (since: Date): SourceTimes => ({
  kind: 'crl',
  since,
  thisUpdate: undefined,
  nextUpdate: undefined,
  lastGoodFetch: undefined,
  lastAttempt: undefined,
});
