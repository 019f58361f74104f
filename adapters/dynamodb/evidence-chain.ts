// The chains in the table: unchained records under EVIDNEW#, links under EVID#scope, one head per scope. A head
// moves by one conditional write together with its links, so that two writers cannot fork a chain, and a writer that
// dies anywhere leaves either all of a batch or nothing. What is chained is taken from what waits afterwards, outside
// the transaction, which costs half: the head names its last batch, and moves on only when nothing of it waits.

import type { Json } from '../../core/canonical-json.ts';
import { type ChainHead, genesis, hashesTo, nextLink, type StoredLink } from '../../core/evidence/chain.ts';
import type { EvidenceChains, HeadNotes, WaitingScope } from '../../core/evidence/ports.ts';
import { unchainedItems, unchainedName, unchainedPartitionOf } from './evidence.ts';
import type { LockSources } from './locked-sources.ts';
import {
  type Attribute,
  absent,
  all,
  ConditionFailed,
  equals,
  type Key,
  number,
  queryAll,
  type StoredItem,
  type Table,
  text,
  type Write,
} from './table.ts';

// A head and a put for each record: 100 writes are the limit of a transaction. Fewer, so that a head stays small.
const batch = 49;

/** All heads on one partition: they move a few times a second at most and are read together. */
const headsPartition = 'EVIDHEAD#scopes';
const headKey = (scope: string): Key => ({ pk: headsPartition, sk: scope });
const linkKey = (scope: string, seq: number): Key => ({ pk: `EVID#${scope}`, sk: sequenceOf(seq) });
/** 12 digits: text that sorts as the number does. */
const sequenceOf = (seq: number) => String(seq).padStart(12, '0');
const notesKey: Key = { pk: 'EVIDHEAD#signed', sk: 'HEAD' };

/** @param lock only for the writer of chains: it locks the bytes of a batch before the batch is chained */
export function dynamoDbEvidenceChains(table: Table, lock?: LockSources): EvidenceChains & HeadNotes {
  return {
    async waiting() {
      const scopes = new Map<string, WaitingScope>();
      for await (const { sk, at } of unchainedItems(table)) {
        const { scope } = unchainedName(sk);
        const known = scopes.get(scope);
        const since = new Date(String(at));
        scopes.set(scope, { scope, count: (known?.count ?? 0) + 1, since: known?.since ?? since });
      }
      return [...scopes.values()];
    },
    chain: (scope, now) => chainNext(table, scope, now, lock),
    async heads() {
      const heads = new Map<string, ChainHead>();
      for await (const item of queryAll(table, { hash: headsPartition, consistent: true })) {
        // A head that cannot be read is like one that went back to nothing: signer and audit say so.
        const readable = typeof item.seq === 'number' && typeof item.link === 'string';
        heads.set(
          item.sk,
          readable ? { seq: number(item, 'seq'), link: text(item, 'link') } : { seq: 0, link: '' },
        );
      }
      return heads;
    },
    async *links(scope, afterSeq) {
      const range = { is: '>', value: sequenceOf(afterSeq) } as const;
      for await (const item of queryAll(table, { hash: `EVID#${scope}`, range, consistent: true })) {
        yield readLink(scope, item);
      }
    },
    async lastHead() {
      const item = await table.get(notesKey);
      if (!item) return undefined;
      const { at, broken } = item;
      return {
        number: number(item, 'number'),
        hash: text(item, 'hash'),
        ...(typeof at === 'string' && { at: new Date(at) }),
        ...(typeof broken === 'number' && { broken }),
      };
    },
    async noteHead({ at, ...head }) {
      await table.write({ put: { ...notesKey, ...head, ...(at && { at: at.toISOString() }) } });
    },
  };
}

/** The oldest of what waits in one scope, as much as fits into a transaction. */
async function chainNext(
  table: Table,
  scope: string,
  now: Date,
  lock: LockSources | undefined,
): ReturnType<EvidenceChains['chain']> {
  const head = await readHead(table, scope);
  await tidy(table, scope, head.last);
  const waiting = await table.query({
    hash: unchainedPartitionOf(scope),
    range: { beginsWith: `${scope}#` },
    limit: batch,
    consistent: true,
  });
  // Another scope's name may begin with this one's and a `#`.
  const items = waiting.items.filter(({ sk }) => unchainedName(sk).scope === scope);
  if (items.length === 0) return { chained: 0, broken: [] };
  const missing = lock ? await lock({ scope, at: now, records: items }) : new Set<string>();
  try {
    await table.transact(chainWrites(scope, head, items, now));
  } catch (error) {
    // Another writer was first; what it left is chained in the next round.
    if (error instanceof ConditionFailed) return { chained: 0, broken: [] };
    throw error;
  }
  const broken = items.filter(
    (item) => missing.has(item.sk) || !hashesTo((item.record ?? null) as Json, text(item, 'hash')),
  );
  // What is not removed now is removed before the head moves again.
  await Promise.allSettled(items.map((item) => table.write({ delete: { pk: item.pk, sk: item.sk } })));
  return { chained: items.length, broken: broken.map(({ sk }) => unchainedName(sk).id) };
}

interface StoredHead extends ChainHead {
  /** Ids of the records that were chained last. */
  readonly last: readonly string[];
}

async function readHead(table: Table, scope: string): Promise<StoredHead> {
  const item = await table.get(headKey(scope));
  if (!item) return { ...genesis(scope), last: [] };
  const last = Array.isArray(item.last) ? item.last.filter((id) => typeof id === 'string') : [];
  return { seq: number(item, 'seq'), link: text(item, 'link'), last };
}

/** Removes what a writer that died left of its batch among what waits: it would be chained twice. */
async function tidy(table: Table, scope: string, last: readonly string[]): Promise<void> {
  const keys = last.map((id) => `${scope}#${id}`).sort();
  const [from, to] = [keys[0], keys.at(-1)];
  if (from === undefined || to === undefined) return;
  const among = { hash: unchainedPartitionOf(scope), range: { from, to }, consistent: true } as const;
  for await (const { pk, sk } of queryAll(table, among))
    if (keys.includes(sk)) await table.write({ delete: { pk, sk } });
}

/** A record whose hash does not fit is chained as it was found: it is evidence too, and audit names it. */
function chainWrites(
  scope: string,
  head: StoredHead,
  waiting: readonly StoredItem[],
  now: Date,
): readonly Write[] {
  const writes: Write[] = [];
  let last: ChainHead = head;
  for (const item of waiting) {
    const link = nextLink(scope, last, text(item, 'hash'));
    const { seq, previous, hash } = link;
    const put = {
      ...linkKey(scope, seq),
      previous,
      hash,
      link: link.link,
      record: item.record as Attribute,
      chainedAt: now.toISOString(),
    };
    writes.push({ put, when: absent() });
    last = link;
  }
  const ids = waiting.map(({ sk }) => unchainedName(sk).id);
  const change = { set: { seq: last.seq, link: last.link, last: ids } };
  const when = head.seq === 0 ? absent() : all(equals('seq', head.seq), equals('link', head.link));
  return [{ update: headKey(scope), change, when }, ...writes];
}

/** A missing or strange attribute is for the audit to name, so nothing here throws. */
function readLink(scope: string, item: StoredItem): StoredLink {
  const textOr = (name: string) => (typeof item[name] === 'string' ? item[name] : '');
  return {
    scope,
    seq: Number(item.sk),
    previous: textOr('previous'),
    hash: textOr('hash'),
    link: textOr('link'),
    body: (item.record ?? null) as Json,
  };
}
