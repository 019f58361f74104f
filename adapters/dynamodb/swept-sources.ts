// Where do revocation sources stand, and who depends on each? One item per source with the times that a freeze is
// computed from, on the index of what is due; and small sparse rows for who once had a valid path over it: one for each
// leaf that names it, one for the certificates above where they do.

import { parseCertificate } from '../../core/certificate/parse.ts';
import { nextAttemptAt } from '../../core/certificate/revocation/freshness.ts';
import { serialHex } from '../../core/certificate/revocation/wanted-serials.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { Dependant, SweptRow, SweptSource, SweptSources } from '../../core/sweep/ports.ts';
import { issuersOf, rowsOf, type Watch } from '../../core/sweep/watch.ts';
import { chainKey } from './enrolment-items.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { sourceKey } from './revocation-sources.ts';
import {
  ConditionFailed,
  equals,
  type Item,
  type Key,
  number,
  queryAll,
  type StoredItem,
  type Table,
  type Write,
} from './table.ts';

const DUE = 'SOURCE';
const dates = ['since', 'thisUpdate', 'nextUpdate', 'lastGoodFetch', 'lastAttempt'];
/** One page of the table is 1 MB, which is about 6,000 rows. */
const pageOfRows = 5_000;
const allRows = { from: 'CERT#', to: 'PATH#~' };

type Leaf = NonNullable<SweptRow['leaf']>;
const leafKey = (source: string, issuers: string, leaf: Pick<Leaf, 'thumbprint' | 'participant'>): Key => ({
  pk: `SRC#${source}`,
  // A thumbprint may wait for two participants at once; it ends for both.
  sk: `CERT#${issuers}#${leaf.thumbprint}#${leaf.participant}`,
});
const issuersKey = (source: string, issuers: string, under: string): Key => ({
  pk: `SRC#${source}`,
  sk: `PATH#${issuers}#${under}`,
});

/**
 * For the transaction that records a certificate whose path holds: before it, nobody may depend on a source (S25).
 * @param reading `unread`: nobody asks about it at once, so that a list which was read before has to be read again
 */
export function watchWrites(
  watch: Watch,
  holder: Pick<Leaf, 'thumbprint' | 'participant'>,
  since: Date,
  reading?: 'unread',
): Write[] {
  const rows = rowsOf(watch, holder).map(({ source, row }): Write => ({ put: rowItem(source, row) }));
  const { profile } = watch;
  return [...rows, ...watch.sources.map((source) => newSource({ ...source, profile, since }, reading))];
}

/** By these the same list again is known as read. */
const readMarks = ['bodySha256', 'etag', 'lastModified', 'validatedBy'];

/** A source that is there already keeps what is known of it. */
function newSource(
  source: Omit<Parameters<SweptSources['add']>[0], 'profile'> & { profile?: string | undefined },
  reading?: 'unread',
): Write {
  const since = source.since.toISOString();
  const { id, kind, urls, issuer, asked, base, beside, profile } = source;
  const setIfAbsent = {
    kind,
    urls: [...urls],
    since,
    due: DUE,
    dueAt: since,
    ...(asked && { asked }),
    ...(issuer !== undefined && { issuer }),
    ...(base !== undefined && { base }),
    ...(beside && { beside }),
    ...(profile !== undefined && { profile }),
  };
  // A sweep that began before saves nothing over it.
  const change = reading
    ? { setIfAbsent, add: { version: 1 }, remove: readMarks }
    : { setIfAbsent: { ...setIfAbsent, version: 0 } };
  return { update: sourceKey(id), change };
}

/** Few bytes, names included: a list for a million certificates is as many rows. `s`: serial; `u`: notAfter, seconds. */
function rowItem(source: string, { issuers, serials, leaf, under }: SweptRow): StoredItem {
  const bytes = serials.map((serial) => Buffer.from(serial, 'hex'));
  if (!leaf) return { ...issuersKey(source, issuers, under!), serials: bytes };
  return {
    ...leafKey(source, issuers, leaf),
    s: bytes[0]!,
    u: Math.floor(leaf.notAfter.getTime() / 1000),
  };
}

function rowFrom(item: StoredItem): SweptRow {
  const [kind, issuers, name, participant] = item.sk.split('#') as [string, string, string, string];
  if (kind === 'PATH')
    return { issuers, under: name, serials: (item.serials as Uint8Array[]).map(serialHex) };
  const notAfter = new Date(number(item, 'u') * 1000);
  const leaf = { thumbprint: name as Thumbprint, participant, notAfter };
  return { issuers, serials: [serialHex(item.s as Uint8Array)], leaf };
}

export function sweptSources(table: Table): SweptSources {
  return {
    async due(now, limit = Number.POSITIVE_INFINITY) {
      const range = { is: '<=', value: now.toISOString() } as const;
      const page = Number.isFinite(limit) ? { limit } : {};
      const ids: string[] = [];
      for await (const { pk } of queryAll(table, { index: 'GSI2', hash: DUE, range, ...page })) {
        ids.push(pk.slice('SRC#'.length));
        if (ids.length >= limit) break;
      }
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
    async add(source) {
      await table.write(newSource(source) as { update: Key; change: object });
    },
    async isAsked(id) {
      const { items } = await table.query({ hash: `SRC#${id}`, range: allRows, limit: 1 });
      return items.length > 0;
    },
    async *rows(id, { issuers, pageOf = pageOfRows } = {}) {
      const hash = `SRC#${id}`;
      const range = issuers === undefined ? allRows : { beginsWith: `CERT#${issuers}#` };
      // Not consistent, at half the price: who was written within this second is checked by the enrolment itself.
      let cursor: string | undefined;
      do {
        const page = await table.query({ hash, range, limit: pageOf, cursor });
        yield page.items.map(rowFrom);
        cursor = page.cursor;
      } while (cursor);
    },
    dependants: (rows) => dependants(table, rows),
    async forget(sources, leaf) {
      for (const source of sources) await table.write({ delete: leafKey(source, leaf.issuers, leaf) });
    },
  };
}

async function dependants(table: Table, rows: readonly SweptRow[]): Promise<readonly Dependant[]> {
  const leafs = rows.flatMap(({ leaf, issuers }) => (leaf ? [{ ...leaf, issuers }] : []));
  const chains = await table.getMany(leafs.map(({ thumbprint }) => chainKey(thumbprint)));
  return leafs.flatMap(({ thumbprint, participant, issuers }, at) => {
    const chain = chainOf(chains[at]);
    return chain && issuersOf(chain.map(parseCertificate)) === issuers
      ? [{ thumbprint, participant, chain }]
      : [];
  });
}

const chainOf = (item: Item | undefined) => item?.path as readonly Uint8Array[] | undefined;
