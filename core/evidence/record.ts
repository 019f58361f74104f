// What happened, who did it, and which states came of it? A record is a value: the use case makes it, the adapter
// writes it in the same transaction as the change. It holds no personal data: people stand in it by id and by salted
// digest (personal.ts). Where it stands in its scope's chain is told by chain.ts.

import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';

export type Actor =
  | {
      readonly kind: 'participant' | 'payoutOperator' | 'network';
      readonly finId: string;
      /** Names the API key, never the key itself. */
      readonly apiKeyId?: string;
      /** The certificate that signed the message; absent where an API key alone vouched for it. */
      readonly thumbprint?: string;
    }
  | { readonly kind: 'person'; readonly personId: string; readonly method?: string }
  /** The node itself: a function by its folder's name. */
  | { readonly kind: 'node'; readonly function: string };

/**
 * What a record says of an item that grants or takes away: audit finds a state without its record, and an item that
 * went back. The newest mark of an item is what the item must be.
 */
export interface StateMark {
  /** `pk|sk` of the item. */
  readonly item: string;
  /** The item's `version` after the change; absent where the change added 1 to whatever stood there. */
  readonly version?: number;
  /** base64url of `sealOver`, where the change put a seal. */
  readonly seal?: string;
  /** Attributes that stand outside the seal and what they are now, e.g. `{networkStatus: 'disabled'}`. */
  readonly holds?: { readonly [attribute: string]: string | number | boolean | null };
  /** The item was removed by this change. */
  readonly gone?: true;
}

/** Bytes that a record rests on: a signed message, a CRL, a chain. Audit reads them again and hashes them. */
export interface SourceBytes {
  /** What they are: `message`, `envelope`, `signature`, `chain`, `crl`, `ocsp`, `proof`. */
  readonly kind: string;
  /** SHA-256, base64url. */
  readonly sha256: string;
  /** `pk|sk` of the item whose attribute `bytes` holds them; absent: the evidence bucket does. */
  readonly item?: string;
  /** `pk|sk` of the item from which they go to the evidence bucket: it may change, or hold a chain. */
  readonly copiedFrom?: string;
}

export interface EvidenceRecord {
  /** A ULID from the port Ids. */
  readonly id: string;
  /** Whose chain: a participant's finId, or `node` for what concerns the node alone. */
  readonly scope: string;
  /** noun.verb in the past tense: `enrolment.admitted`, `certificate.disabled`. */
  readonly kind: string;
  readonly at: Date;
  readonly actor: Actor;
  /** Ids of what it is about: `{enrolmentId, thumbprint, decisionId}`. */
  readonly subjects: { readonly [name: string]: string };
  /** Codes, reasons, digests. Never a name, address, tax id, key, token. */
  readonly facts?: { readonly [name: string]: Json | undefined };
  readonly states?: readonly StateMark[];
  readonly sources?: readonly SourceBytes[];
}

/** The record as it is hashed, stored and shown. */
export function recordBody(record: EvidenceRecord): { readonly [name: string]: Json | undefined } {
  const { id, scope, kind, at, actor, subjects, facts, states, sources } = record;
  return {
    type: 'apodera/evidence/v1',
    id,
    scope,
    kind,
    at: at.toISOString(),
    actor: { ...actor },
    subjects,
    facts: facts ?? {},
    states: (states ?? []).map((mark) => ({ ...mark })),
    sources: (sources ?? []).map((source) => ({ ...source })),
  };
}

/** SHA-256 of the RFC 8785 JSON of a {@link recordBody}, base64url. */
export function bodyHash(body: Json): string {
  return createHash('sha256').update(canonicalJson(body)).digest('base64url');
}
