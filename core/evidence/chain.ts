// Where does a record stand among those of its scope? Each link hashes the one before it, so that what was chained
// cannot be edited, removed, inserted or reordered unless every later link is made anew, which a signed head shows.

import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { bodyHash } from './record.ts';

export interface ChainHead {
  /** Records chained so far; the first has seq 1. */
  readonly seq: number;
  /** Hash of the last link, base64url; of the empty chain {@link genesis}. */
  readonly link: string;
}

export interface ChainLink extends ChainHead {
  readonly scope: string;
  /** Hash of the link before. */
  readonly previous: string;
  /** Hash of the record's body. */
  readonly hash: string;
}

/** A link as a store gives it back: nothing in it has been checked. */
export interface StoredLink extends ChainLink {
  readonly body: Json;
}

/** Each scope begins at a hash of its own, so that no chain passes for another. */
export function genesis(scope: string): ChainHead {
  return { seq: 0, link: hashOf({ type: 'apodera/evidence-genesis/v1', scope }) };
}

/** The link that puts a record behind a head. @param hash of the record's body. */
export function nextLink(scope: string, head: ChainHead, hash: string): ChainLink {
  const seq = head.seq + 1;
  const previous = head.link;
  return {
    scope,
    seq,
    previous,
    hash,
    link: hashOf({ type: 'apodera/evidence-link/v1', scope, seq, previous, hash }),
  };
}

export type LinkFault = 'RECORD_EDITED' | 'RECORD_MISSING' | 'CHAIN_BROKEN';

/** What is wrong with the link found behind a head; undefined where it follows. */
export function faultOfLink(scope: string, head: ChainHead, found: StoredLink): LinkFault | undefined {
  if (found.seq > head.seq + 1) return 'RECORD_MISSING';
  if (!hashesTo(found.body, found.hash) || bodyScope(found.body) !== scope) return 'RECORD_EDITED';
  const expected = nextLink(scope, head, found.hash);
  const follows =
    found.seq === expected.seq && found.previous === expected.previous && found.link === expected.link;
  return follows ? undefined : 'CHAIN_BROKEN';
}

/** False also for a body that has no hash at all: what an attacker put there may be anything. */
export function hashesTo(body: Json, hash: string): boolean {
  try {
    return bodyHash(body) === hash;
  } catch {
    return false;
  }
}

const bodyScope = (body: Json) => (body as { readonly scope?: Json } | null)?.scope;

function hashOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}
