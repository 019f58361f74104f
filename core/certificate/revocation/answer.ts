// What is known of a certificate's revocation, and from whom? The shape of every answer, whether a list or an
// OCSP responder gave it; and the two ways to insist on a good one. What follows from it is decided in lifecycle.ts.

import { Refusal, type RefusalCode, Transient } from '../../errors.ts';
import type { RevocationReason } from './crl-entry.ts';

/** Whose word it is. */
export interface Word {
  /** What the caller named the list or responder: a URL, as a rule. Several where lists share the reasons out. */
  readonly sources: readonly string[];
  /** The latest of the lists used. */
  readonly thisUpdate: Date;
  /** The earliest of those given. */
  readonly nextUpdate: Date | undefined;
}

export interface GoodAnswer extends Word {
  readonly status: 'good';
}

export interface RevokedAnswer extends Word {
  readonly status: 'revoked';
  readonly revocationDate: Date;
  readonly revocationReason: RevocationReason;
  readonly invalidityDate: Date | undefined;
}

/**
 * `stale`: a list or answer that would count is past its time. `unavailable`: there are pointers, nothing usable came
 * from them. `no-pointer`: the certificate names nobody to ask. Undefined: an OCSP responder itself says unknown.
 */
export type Trouble = 'stale' | 'unavailable' | 'no-pointer';

export interface UnknownAnswer {
  readonly status: 'unknown';
  readonly trouble: Trouble | undefined;
  /** Why what was offered did not count, for who must repair it. */
  readonly refusals: readonly Refusal[];
}

export type RevocationAnswer = GoodAnswer | RevokedAnswer | UnknownAnswer;

/** Whom we asked without a word that counts, and why. */
export interface Unheard {
  /** URL of the list or responder. */
  readonly source: string;
  readonly code: RefusalCode | 'UNREACHABLE';
}

/** Asked again later: a source is stale, or cannot be reached or read. */
export class RevocationUnavailable extends Transient {
  readonly unheard: readonly Unheard[];

  constructor(unheard: readonly Unheard[], cause: Error) {
    const why = unheard.map(({ source, code }) => ` (${source}: ${code})`).join('');
    super('TransientRevocationUnavailable', cause.message + why, { cause });
    this.unheard = unheard;
  }
}

/**
 * One answer per certificate of a path, leaf first (S25: all but the anchor are checked). Throws `CERTIFICATE_REVOKED`,
 * `ISSUER_REVOKED`, `NO_REVOCATION_SOURCE`, `REVOCATION_UNAVAILABLE` (retryable). A revocation outweighs a gap.
 */
export function requireUnrevoked(answers: readonly RevocationAnswer[]): readonly GoodAnswer[] {
  answers.forEach((answer, depth) => {
    if (answer.status === 'revoked') {
      throw new Refusal(depth === 0 ? 'CERTIFICATE_REVOKED' : 'ISSUER_REVOKED', {
        found: answer.revocationReason,
      });
    }
  });
  return answers.map((answer) => {
    if (answer.status === 'good') return answer;
    if (answer.status === 'unknown' && answer.trouble === 'no-pointer')
      throw new Refusal('NO_REVOCATION_SOURCE');
    const codes = answer.status === 'unknown' ? answer.refusals.map((refusal) => refusal.code) : [];
    const found = [...new Set(codes)].join(', ');
    throw new Refusal('REVOCATION_UNAVAILABLE', { retryable: true, ...(found ? { found } : {}) });
  });
}
