// How does another party come to vouch for a node's evidence? Every message between nodes carries the sender's last
// signed head; the receiver keeps it in its own evidence, where the sender cannot reach it (S23).

import type { Json } from '../canonical-json.ts';
import type { LastHead } from './ports.ts';
import type { EvidenceRecord } from './record.ts';

export interface Peer {
  readonly finId: string;
  readonly kind: 'payoutOperator' | 'network';
}

/** What a message says of its sender's evidence; undefined where it says nothing that can be kept. */
export function headIn(document: { readonly [name: string]: Json | undefined }): LastHead | undefined {
  const { evidence_head: said } = document;
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined;
  const { number, hash } = said as { readonly number?: Json; readonly hash?: Json };
  const isHead =
    typeof number === 'number' &&
    Number.isSafeInteger(number) &&
    number > 0 &&
    typeof hash === 'string' &&
    /^[A-Za-z0-9_-]{43}$/.test(hash);
  return isHead ? { number, hash } : undefined;
}

/** The record of the receiver; the chain of its scope `node` keeps it. */
export function peerHeadRecord(id: string, peer: Peer, head: LastHead, at: Date): EvidenceRecord {
  return {
    id,
    scope: 'node',
    kind: 'peer.headHeld',
    at,
    actor: { kind: peer.kind, finId: peer.finId },
    subjects: { peer: peer.finId },
    facts: { number: head.number, hash: head.hash },
  };
}

/** The head that a record of {@link peerHeadRecord} holds of that peer. */
export function heldHead(body: Json, peer: string): LastHead | undefined {
  const { kind, subjects, facts } = (body ?? {}) as Record<string, Record<string, Json> | undefined>;
  if ((kind as Json | undefined) !== 'peer.headHeld' || subjects?.peer !== peer) return undefined;
  return headIn({ evidence_head: facts });
}
