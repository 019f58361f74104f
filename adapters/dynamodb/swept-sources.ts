// Where do revocation sources stand, and who depends on each? One item per source with the times that a freeze is
// computed from, on the index of what is due; and one sparse row per source and certificate that once had a valid path.

import { parseCertificate } from '../../core/certificate/parse.ts';
import { nextAttemptAt } from '../../core/certificate/revocation/freshness.ts';
import { pathSources } from '../../core/certificate/revocation/path-sources.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { Dependant, SweptSource, SweptSources } from '../../core/sweep/ports.ts';
import { statusKey } from './certificate-items.ts';
import { chainKey, sourceCertificateKey } from './enrolment-items.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { sourceKey } from './revocation-sources.ts';
import { ConditionFailed, equals, queryAll, type Table, text, type Write } from './table.ts';

const DUE = 'SOURCE';
const dates = ['since', 'thisUpdate', 'nextUpdate', 'lastGoodFetch', 'lastAttempt'];

/** For the transaction that records an enrolment whose path holds: before it, nobody may depend on a source (S25). */
export function sourceWrites(
  enrolment: Pick<Enrolment, 'thumbprint' | 'participant' | 'createdAt' | 'sources'>,
  path: readonly Uint8Array[],
): Write[] {
  const { thumbprint, participant, createdAt } = enrolment;
  const named = new Map(pathSources(path.map(parseCertificate)).map((source) => [source.id, source]));
  return [...new Set(enrolment.sources)].flatMap((id): Write[] => {
    const row: Write = { put: { ...sourceCertificateKey(id, thumbprint), participant } };
    const source = named.get(id);
    if (!source) return [row];
    const { kind, urls, asked } = source;
    const since = createdAt.toISOString();
    // A source that is there already keeps what is known of it.
    const setIfAbsent = {
      kind,
      urls: [...urls],
      since,
      version: 0,
      due: DUE,
      dueAt: since,
      ...(asked && { asked }),
    };
    return [row, { update: sourceKey(id), change: { setIfAbsent } }];
  });
}

export function sweptSources(table: Table): SweptSources {
  return {
    async due(now) {
      const ids: string[] = [];
      const range = { is: '<=', value: now.toISOString() } as const;
      for await (const { pk } of queryAll(table, { index: 'GSI2', hash: DUE, range }))
        ids.push(pk.slice('SRC#'.length));
      return ids;
    },
    async find(id) {
      const item = await table.get(sourceKey(id));
      return item && { ...recordOf<SweptSource>(withoutKeys(item), dates), id };
    },
    async save(source) {
      const { id, version, ...rest } = source;
      const item = {
        ...itemOf(rest),
        version: version + 1,
        due: DUE,
        dueAt: nextAttemptAt(source).toISOString(),
      };
      try {
        await table.write({ put: { ...item, ...sourceKey(id) }, when: equals('version', version) });
      } catch (error) {
        // Two sweeps at once: what the other one found stands.
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
    async *dependants(id) {
      let cursor: string | undefined;
      do {
        const range = { beginsWith: 'CERT#' };
        const page = await table.query({ hash: `SRC#${id}`, range, consistent: true, limit: 100, cursor });
        yield await dependantsIn(table, page.items);
        cursor = page.cursor;
      } while (cursor);
    },
    async forget(sources, thumbprint) {
      for (const source of sources) await table.write({ delete: sourceCertificateKey(source, thumbprint) });
    },
  };
}

async function dependantsIn(
  table: Table,
  rows: readonly { readonly sk: string; readonly participant?: unknown }[],
): Promise<readonly Dependant[]> {
  const thumbprints = rows.map(({ sk }) => sk.slice('CERT#'.length) as Thumbprint);
  const chains = await table.getMany(thumbprints.map(chainKey));
  const found = rows.map(async ({ participant }, at): Promise<readonly Dependant[]> => {
    const chain = chains[at]?.path as readonly Uint8Array[] | undefined;
    const thumbprint = thumbprints[at]!;
    const owner = typeof participant === 'string' ? participant : await ownerOf(table, thumbprint);
    return chain && owner !== undefined ? [{ thumbprint, participant: owner, chain }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Rows of before the participant stood in them. */
async function ownerOf(table: Table, thumbprint: Thumbprint): Promise<string | undefined> {
  const item = await table.get(statusKey(thumbprint));
  return item && text(item, 'participant');
}
