// May this list follow the one we know? The newest list of an issuer and scope counts, wherever it came from
// (S25): an old list, replayed on the way, must not bring a revoked certificate back.

import { Refusal } from '../../errors.ts';
import { scopeKeyOf } from './crl-scope.ts';
import type { VerifiedCrl } from './crl-signer.ts';

/** What is remembered of the newest list of one scope. */
export interface KnownList {
  /** `scopeKeyOf` the list. */
  readonly scope: string;
  /** Decimal; undefined where the issuer numbers none. */
  readonly crlNumber: string | undefined;
  readonly thisUpdate: Date;
}

export function knownListOf({ crl }: Pick<VerifiedCrl, 'crl'>): KnownList {
  const { crlNumber } = crl.extensions;
  return { scope: scopeKeyOf(crl), crlNumber: crlNumber?.toString(), thisUpdate: crl.head.thisUpdate };
}

/**
 * Throws `CRL_NUMBER_REGRESSED`. The same list again is fine. A number that stands still or is gone while time goes
 * on is tolerated (some PSCs do not count), a smaller one or an earlier thisUpdate never: numbers count within a scope,
 * time for all that is offered in the same place.
 */
export function checkSuccession(known: KnownList | undefined, next: Pick<VerifiedCrl, 'crl'>): KnownList {
  const list = knownListOf(next);
  if (!known) return list;
  const clause = 'RFC 5280 §5.2.3';
  if (
    known.scope === list.scope &&
    known.crlNumber !== undefined &&
    list.crlNumber !== undefined &&
    BigInt(list.crlNumber) < BigInt(known.crlNumber)
  ) {
    throw new Refusal('CRL_NUMBER_REGRESSED', {
      expected: `at least ${known.crlNumber}`,
      found: list.crlNumber,
      clause,
    });
  }
  if (list.thisUpdate < known.thisUpdate) {
    const found = list.thisUpdate.toISOString();
    throw new Refusal('CRL_NUMBER_REGRESSED', {
      expected: `at least ${known.thisUpdate.toISOString()}`,
      found,
      clause,
    });
  }
  return list;
}
