// Where are the records that tell of something, and which signed head covers them? A chain is in the order of time but
// for moments, and heads are numbered: both are found by halving, so that a year of payouts is not read for one.

import type { Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import type { StoredLink } from './chain.ts';
import type { DossierHead, DossierRecord } from './dossier.ts';
import { type Listing, readListing, readSignedHead, signedHeadBytes } from './heads.ts';
import type { EvidenceArchive, EvidenceChains, LastHead } from './ports.ts';

export interface RecordPorts {
  readonly chains: Pick<EvidenceChains, 'heads' | 'links' | 'waiting'> & {
    lastHead(): Promise<LastHead | undefined>;
  };
  readonly archive: Pick<EvidenceArchive, 'head' | 'listing'>;
}

export interface CollectedRecord {
  readonly kind: string;
  readonly at: string;
  readonly subjects: { readonly [name: string]: string | undefined };
  readonly sources: readonly { readonly kind: string; readonly sha256: string }[];
}

/** Clocks of a node's processes differ by less; a record waits less for its place in the chain. */
const slackMs = 5 * 60_000;

interface Head extends DossierHead {
  readonly number: number;
  readonly scopes: Listing;
}

export class CollectedRecords {
  readonly #ports: RecordPorts;
  readonly #links = new Map<string, StoredLink>();
  readonly #heads = new Map<number, Head>();

  constructor(ports: RecordPorts) {
    this.#ports = ports;
  }

  /** @throws Refusal RECORD_UNSIGNED while some of that time have no place in the chain yet */
  async about(
    scope: string,
    { from, to }: { readonly from: Date; readonly to: Date },
    isAbout: (record: CollectedRecord) => boolean,
  ): Promise<readonly CollectedRecord[]> {
    const waiting = (await this.#ports.chains.waiting()).find((one) => one.scope === scope);
    if (waiting && waiting.since <= to) throw new Refusal('RECORD_UNSIGNED', { retryable: true });
    const start = await this.#firstSince(scope, from.getTime() - slackMs);
    const found: CollectedRecord[] = [];
    for await (const link of this.#ports.chains.links(scope, start - 1)) {
      const record = link.body as unknown as CollectedRecord | null;
      if (!record?.subjects) continue;
      if (Date.parse(record.at) > to.getTime() + slackMs) break;
      if (!isAbout(record)) continue;
      this.#links.set(`${scope}#${link.seq}`, link);
      found.push(record);
    }
    return found;
  }

  /** @throws Refusal RECORD_UNSIGNED */
  async underHeads(): Promise<{ records: DossierRecord[]; heads: Record<string, DossierHead> }> {
    const records: DossierRecord[] = [];
    const heads: Record<string, DossierHead> = {};
    const last = await this.#ports.chains.lastHead();
    for (const link of this.#links.values()) {
      const head = await this.#firstCovering(link.scope, link.seq, last?.number ?? 0);
      const { signed, listing, number, scopes } = head;
      heads[number] = { signed, listing };
      records.push({
        body: link.body as Json,
        seq: link.seq,
        previous: link.previous,
        following: await this.#hashes(link.scope, link.seq, scopes.get(link.scope)!.seq),
        head: number,
      });
    }
    return { records, heads };
  }

  async #hashes(scope: string, after: number, upTo: number): Promise<string[]> {
    const hashes: string[] = [];
    if (after === upTo) return hashes;
    for await (const { seq, hash } of this.#ports.chains.links(scope, after)) {
      hashes.push(hash);
      if (seq >= upTo) break;
    }
    return hashes;
  }

  /** The first place whose record is not older. */
  async #firstSince(scope: string, time: number): Promise<number> {
    const head = (await this.#ports.chains.heads()).get(scope);
    return firstOf(1, (head?.seq ?? 0) + 1, async (seq) => {
      for await (const { body } of this.#ports.chains.links(scope, seq - 1))
        return Date.parse(String((body as { at?: Json } | null)?.at)) >= time;
      return true;
    });
  }

  async #firstCovering(scope: string, seq: number, last: number): Promise<Head> {
    const number = await firstOf(1, last + 1, async (at) => {
      const signed = (await this.#head(at)).scopes.get(scope);
      return (signed?.seq ?? 0) >= seq;
    });
    if (number > last) throw new Refusal('RECORD_UNSIGNED', { retryable: true });
    return this.#head(number);
  }

  async #head(number: number): Promise<Head> {
    const known = this.#heads.get(number);
    if (known) return known;
    const { archive } = this.#ports;
    const archived = await archive.head(number);
    const found = archived && readSignedHead(archived);
    const listing = found && (await archive.listing(found.document.listing));
    const scopes = listing && readListing(listing, found.document.listing);
    if (!found || !listing || !scopes)
      throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `heads.${number}` });
    const signed = signedHeadBytes({ ...found, keyId: found.document.node });
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    const head = { number, scopes, signed: base64(signed), listing: base64(listing) };
    this.#heads.set(number, head);
    return head;
  }
}

/** The first number from `low` on for which it holds; `high` where for none below it. */
async function firstOf(low: number, high: number, holds: (at: number) => Promise<boolean>): Promise<number> {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (await holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
