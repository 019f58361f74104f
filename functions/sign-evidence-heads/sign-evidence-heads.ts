// What did all chains look like now? Reads every link since the last signed head again, signs a document over all
// heads and puts it where nobody can remove it; also when nothing happened. It signs nothing that does not follow from
// what it signed before: such a scope keeps its last good head, is named in the document, and raises an alarm.

import type { Log } from '../../adapters/logger.ts';
import { Transient } from '../../core/errors.ts';
import { type ChainHead, faultOfLink, genesis, nextLink } from '../../core/evidence/chain.ts';
import {
  type HeadDocument,
  headDigest,
  headHash,
  type Listing,
  listingBytes,
  listingHash,
  readListing,
  readSignedHead,
  signedHeadBytes,
} from '../../core/evidence/heads.ts';
import type { EvidenceArchive, EvidenceChains, HeadNotes } from '../../core/evidence/ports.ts';
import { retainUntil } from '../../core/policy.ts';
import type { Clock, Signer } from '../../core/ports.ts';

export interface SignEvidenceHeadsPorts {
  readonly chains: EvidenceChains & HeadNotes;
  readonly archive: EvidenceArchive;
  readonly signer: Signer;
  /** Whether a signature over the document is by a key of this node. */
  readonly isOurs: (document: HeadDocument, keyId: string, signature: Uint8Array) => Promise<boolean>;
  readonly node: string;
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Two runs at once race for a number; who loses each time does not race. */
const mostTries = 5;

export async function signEvidenceHeads(
  ports: SignEvidenceHeadsPorts,
): Promise<{ number: number; broken: number }> {
  const { chains, archive, clock, signer } = ports;
  // Another run may take the number between reading and writing: then its document is the one to follow.
  for (let tries = 0; tries < mostTries; tries++) {
    const { last, free } = await lastDocument(ports);
    const before = last ? await listingOf(ports, last) : new Map();
    const { listing, broken } = await verifiedHeads(ports, before);
    const bytes = listingBytes(listing);
    const now = clock.now();
    const until = retainUntil(now, ports.retentionDays);
    const document: HeadDocument = {
      node: ports.node,
      number: free,
      previous: last ? headHash(last) : null,
      at: now,
      listing: listingHash(bytes),
      scopes: listing.size,
      broken,
    };
    if (document.listing !== last?.listing) await archive.putListing(document.listing, bytes, until);
    const signature = await signer.sign(headDigest(document));
    const signed = signedHeadBytes({ document, keyId: signer.keyId, signature });
    if ((await archive.putHead(document.number, signed, until)) === 'EXISTS') continue;
    const { number } = document;
    await chains.noteHead({ number, hash: headHash(document), at: now, broken: broken.length });
    return { number, broken: broken.length };
  }
  throw new Transient(
    'TransientHeadNumberTaken',
    'every number that was free was taken before it was written',
  );
}

/**
 * The newest document of ours, and the first number that is free: from the note in the table, which only saves the way,
 * on through the archive. Whatever else somebody put under a number is passed over; audit names it.
 */
async function lastDocument(ports: SignEvidenceHeadsPorts): Promise<{ last?: HeadDocument; free: number }> {
  const { chains, archive, log } = ports;
  const note = await chains.lastHead();
  const noted = note && (await ownHead(ports, note.number, await archive.head(note.number)));
  const fits = noted && headHash(noted) === note.hash;
  if (note && !fits) log.say('EVIDENCE_BROKEN', { kind: 'headNote', count: note.number });
  let last = fits ? noted : undefined;
  for (let free = (last?.number ?? 0) + 1; ; free++) {
    const bytes = await archive.head(free);
    if (!bytes) return last ? { last, free } : { free };
    last = (await ownHead(ports, free, bytes)) ?? last;
  }
}

async function ownHead(
  { isOurs, log }: SignEvidenceHeadsPorts,
  number: number,
  bytes: Uint8Array | undefined,
) {
  const head = bytes && readSignedHead(bytes);
  if (head?.document.number === number && (await isOurs(head.document, head.keyId, head.signature))) {
    return head.document;
  }
  log.say('EVIDENCE_BROKEN', { kind: 'head', count: number });
  return undefined;
}

async function listingOf(
  { archive }: SignEvidenceHeadsPorts,
  { number, listing }: HeadDocument,
): Promise<Listing> {
  const bytes = await archive.listing(listing);
  const read = bytes && readListing(bytes, listing);
  if (!read) throw new Error(`the listing of head ${number} is not in the archive`);
  return read;
}

/** Every scope's head, each proved link by link from the head signed before. */
async function verifiedHeads(
  { chains, log }: SignEvidenceHeadsPorts,
  before: Listing,
): Promise<{ listing: Listing; broken: string[] }> {
  const listing = new Map<string, ChainHead>(before);
  const broken: string[] = [];
  const found = await chains.heads();
  for (const scope of [...new Set([...before.keys(), ...found.keys()])].sort()) {
    const known = before.get(scope) ?? genesis(scope);
    const claimed = found.get(scope) ?? genesis(scope);
    if (claimed.seq === known.seq && claimed.link === known.link) continue;
    const { head, fault } = await follow(chains, scope, known, claimed);
    if (head.seq > 0) listing.set(scope, head);
    if (fault) {
      broken.push(scope);
      log.say('EVIDENCE_BROKEN', { scope, kind: fault, count: head.seq + 1 });
    }
  }
  return { listing, broken };
}

async function follow(
  chains: EvidenceChains,
  scope: string,
  known: ChainHead,
  claimed: ChainHead,
): Promise<{ head: ChainHead; fault?: string }> {
  if (claimed.seq < known.seq) return { head: known, fault: 'CHAIN_CUT' };
  let head = known;
  // The link already signed is read again: a tail replaced by another must show here, not years later.
  for await (const link of chains.links(scope, Math.max(0, known.seq - 1))) {
    if (link.seq > claimed.seq) break;
    if (link.seq === known.seq) {
      if (link.link !== known.link) return { head: known, fault: 'CHAIN_REWRITTEN' };
      continue;
    }
    const fault = faultOfLink(scope, head, link);
    if (fault) return { head, fault };
    head = nextLink(scope, head, link.hash);
  }
  const { seq, link } = head;
  const agrees = seq === claimed.seq && link === claimed.link;
  return agrees ? { head: { seq, link } } : { head: { seq, link }, fault: 'CHAIN_CUT' };
}
