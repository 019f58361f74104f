// Is the series of signed heads whole, and what does it demand of the chains? It starts from the first version of each
// object, which nobody can remove, and gives the links that must stand at given places.

import { evidencePolicy } from '../policy.ts';
import type { Finding } from './findings.ts';
import { type HeadDocument, headHash, type Listing, readListing, readSignedHead } from './heads.ts';
import type { ArchivedHead, EvidenceArchive, LastHead } from './ports.ts';

export interface HeadsToAudit {
  readonly archive: Pick<EvidenceArchive, 'heads' | 'listing'>;
  readonly isOurs: (document: HeadDocument, keyId: string, signature: Uint8Array) => Promise<boolean>;
  readonly node: string;
  readonly now: Date;
  /** Heads of this node that other parties hold. */
  readonly peerHeads: readonly LastHead[];
}

/** Scope -> seq -> the link that a signed head puts there. */
export type SignedLinks = ReadonlyMap<string, ReadonlyMap<number, string>>;

export interface AuditedHeads {
  readonly findings: readonly Finding[];
  readonly signed: SignedLinks;
  readonly heads: number;
  readonly last: LastHead | undefined;
}

export async function auditHeads(audit: HeadsToAudit): Promise<AuditedHeads> {
  const findings: Finding[] = [];
  const signed = new Map<string, Map<number, string>>();
  const hashes = new Map<number, string>();
  let last: HeadDocument | undefined;
  let expected = 1;
  for await (const archived of audit.archive.heads(1)) {
    const { number } = archived;
    for (; expected < number; expected++) findings.push({ code: 'HEAD_MISSING', number: expected });
    expected = number + 1;
    if (archived.laterVersions > 0) findings.push({ code: 'HEAD_HIDDEN', number });
    const document = await ownDocument(audit, archived, last);
    if (!document) {
      findings.push({ code: 'HEAD_FORGED', number });
      continue;
    }
    findings.push(...silence(last?.at, document.at, number));
    findings.push(...document.broken.map((scope): Finding => ({ code: 'SCOPE_REFUSED', number, scope })));
    if (document.listing !== last?.listing) {
      const bytes = await audit.archive.listing(document.listing);
      const listing = bytes && readListing(bytes, document.listing);
      if (listing) note(signed, listing);
      else findings.push({ code: 'LISTING_MISSING', number });
    }
    hashes.set(number, headHash(document));
    last = document;
  }
  if (!last) findings.push({ code: 'HEAD_MISSING', number: expected });
  else findings.push(...silence(last.at, audit.now, last.number + 1));
  for (const { number, hash } of audit.peerHeads) {
    if (hashes.get(number) !== hash) findings.push({ code: 'PEER_HEAD_DIFFERS', number });
  }
  return {
    findings,
    signed,
    heads: hashes.size,
    last: last && { number: last.number, hash: headHash(last) },
  };
}

async function ownDocument(
  { isOurs, node }: HeadsToAudit,
  { number, bytes }: ArchivedHead,
  last: HeadDocument | undefined,
): Promise<HeadDocument | undefined> {
  const head = readSignedHead(bytes);
  if (!head || !(await isOurs(head.document, head.keyId, head.signature))) return undefined;
  const { document } = head;
  const follows = document.previous === (last ? headHash(last) : null) && !(last && document.at < last.at);
  return document.number === number && document.node === node && follows ? document : undefined;
}

function silence(from: Date | undefined, to: Date, number: number): readonly Finding[] {
  const seconds = from ? Math.round((to.getTime() - from.getTime()) / 1000) : 0;
  return seconds > evidencePolicy.headSilenceSeconds
    ? [{ code: 'HEAD_SILENT', number, detail: `${seconds} seconds` }]
    : [];
}

function note(signed: Map<string, Map<number, string>>, listing: Listing): void {
  for (const [scope, { seq, link }] of listing) {
    const links = signed.get(scope) ?? new Map<number, string>();
    // The first signature on a place counts; a later one that differs is found against it.
    if (!links.has(seq)) links.set(seq, link);
    signed.set(scope, links);
  }
}
