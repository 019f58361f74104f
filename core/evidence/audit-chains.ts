// Is every chain what its signed heads say, and what do its records tell? Reads each chain from its first link, and
// again from where it stood, so that an audit of a living node can tell a forgery from a change made meanwhile.

import type { Json } from '../canonical-json.ts';
import { evidencePolicy } from '../policy.ts';
import type { SignedLinks } from './audit-heads.ts';
import { type ChainHead, faultOfLink, genesis, hashesTo, type StoredLink } from './chain.ts';
import type { Finding } from './findings.ts';
import type { EvidenceChains } from './ports.ts';
import type { SourceBytes, StateMark } from './record.ts';

export interface UnchainedRecord {
  readonly scope: string;
  readonly id: string;
  readonly hash: string;
  readonly body: Json;
}

export interface ChainsToAudit {
  readonly chains: Pick<EvidenceChains, 'heads' | 'links'> & {
    unchained(): AsyncIterable<UnchainedRecord>;
  };
  readonly signed: SignedLinks;
  readonly now: Date;
}

export interface DatedMark extends StateMark {
  /** Time and id of its record, as text that sorts. */
  readonly at: string;
  readonly recordId: string;
}

export interface ToldSource {
  readonly recordId: string;
  readonly scope: string;
  /** When it happened, as its record says. */
  readonly at: Date;
  readonly source: SourceBytes;
  /** The certificate that signed it, where the record says that one did. */
  readonly signer?: string;
}

/** What all records together say; grows as more of them are read. */
export interface Told {
  readonly ids: Set<string>;
  /** By item, in no order. */
  readonly marks: Map<string, DatedMark[]>;
  readonly sources: ToldSource[];
  records: number;
}

interface RecordBody {
  readonly id?: string;
  readonly at?: string;
  readonly actor?: { readonly thumbprint?: string };
  readonly facts?: { readonly signer?: Json; readonly forwardSignedBy?: Json };
  readonly states?: readonly StateMark[];
  readonly sources?: readonly SourceBytes[];
}

export class ChainAudit {
  readonly findings: Finding[] = [];
  readonly told: Told = { ids: new Set(), marks: new Map(), sources: [], records: 0 };
  readonly #audit: ChainsToAudit;
  readonly #read = new Map<string, ChainHead>();
  /** The greatest seq that the table's own heads named, before the links were read. */
  readonly #claimed = new Map<string, number>();

  constructor(audit: ChainsToAudit) {
    this.#audit = audit;
  }

  /** Reads what is new. Unchained records first: one that is chained meanwhile is met in its chain. */
  async readOn(): Promise<void> {
    const { chains, signed } = this.#audit;
    for await (const record of chains.unchained()) this.#takeUnchained(record);
    const claimed = await chains.heads();
    for (const scope of [...new Set([...signed.keys(), ...claimed.keys(), ...this.#read.keys()])].sort()) {
      this.#claimed.set(scope, Math.max(claimed.get(scope)?.seq ?? 0, this.#claimed.get(scope) ?? 0));
      await this.#follow(scope);
    }
  }

  /** Places that a head names, signed or not, and no link has reached. Call it once, when all has been read. */
  finish(): void {
    for (const [scope, claimed] of this.#claimed) {
      const seq = this.#read.get(scope)?.seq ?? 0;
      const beyond = Math.max(claimed, ...(this.#audit.signed.get(scope)?.keys() ?? []));
      if (beyond > seq) this.findings.push({ code: 'CHAIN_CUT', scope, seq: seq + 1 });
    }
  }

  async #follow(scope: string): Promise<void> {
    const { chains, signed } = this.#audit;
    let head = this.#read.get(scope) ?? genesis(scope);
    for await (const link of chains.links(scope, head.seq)) {
      const fault = faultOfLink(scope, head, link);
      if (fault)
        this.findings.push({ code: fault, scope, seq: fault === 'RECORD_MISSING' ? head.seq + 1 : link.seq });
      const must = signed.get(scope)?.get(link.seq);
      if (must !== undefined && must !== link.link) {
        this.findings.push({ code: 'CHAIN_REWRITTEN', scope, seq: link.seq });
      }
      this.#take(link);
      // After a fault it goes on from what it found, so that one forgery is not a thousand findings.
      if (Number.isSafeInteger(link.seq)) head = link;
    }
    this.#read.set(scope, head);
  }

  #takeUnchained({ scope, id, hash, body }: UnchainedRecord): void {
    if (this.told.ids.has(id)) return;
    if (!hashesTo(body, hash)) this.findings.push({ code: 'RECORD_EDITED', scope, recordId: id });
    const seconds = (this.#audit.now.getTime() - Date.parse((body as RecordBody | null)?.at ?? '')) / 1000;
    if (!(seconds <= evidencePolicy.unchainedAlarmSeconds)) {
      this.findings.push({ code: 'RECORD_UNCHAINED', scope, recordId: id });
    }
    this.#take({ scope, body });
  }

  #take({ scope, body }: Pick<StoredLink, 'scope' | 'body'>): void {
    const { id, at, actor, ...told } = (body ?? {}) as RecordBody;
    // Its hash may hold and it may still be a forger's: nothing in it is taken for granted.
    const states = objectsIn(told.states).filter(({ item }) => isText(item));
    const sources = objectsIn(told.sources).filter(({ sha256 }) => isText(sha256));
    if (typeof id !== 'string' || this.told.ids.has(id)) return;
    this.told.ids.add(id);
    this.told.records++;
    for (const mark of states) {
      const dated = { ...mark, at: String(at), recordId: id };
      this.told.marks.set(mark.item, [...(this.told.marks.get(mark.item) ?? []), dated]);
    }
    // Who brought a message may be another than who signed it: then the record names both.
    const signed = told.facts?.signer ?? actor?.thumbprint;
    const signer = isText(signed) ? { signer: signed } : {};
    const around =
      told.facts?.forwardSignedBy ?? (told.facts?.signer === undefined ? undefined : actor?.thumbprint);
    const aroundBy = isText(around) ? { signer: around } : {};
    for (const source of sources) {
      this.told.sources.push({
        recordId: id,
        scope,
        at: dateIn(at),
        source,
        ...(source.kind === 'message' && signer),
        ...(source.kind === 'envelope' && aroundBy),
      });
    }
    // Who signed an act did so over bytes: a record that names the certificate must name them.
    if (actor?.thumbprint !== undefined && sources.length === 0) {
      this.findings.push({ code: 'SOURCE_MISSING', scope, recordId: id });
    }
  }
}

/** A forger's may be no date at all. */
const dateIn = (at: unknown) => new Date((typeof at === 'string' && Date.parse(at)) || 0);

const isText = (value: unknown): value is string => typeof value === 'string';

function objectsIn<T>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list)
    ? (list as readonly T[]).filter((each) => typeof each === 'object' && each !== null)
    : [];
}
