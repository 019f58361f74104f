// May this truststore be published with these lists? A TLS front door that checks lists wants one for every CA of a
// client's chain: one CA without a fresh list locks everybody out. Asked before publication; the old one stays if not.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { sameName } from '../name-match.ts';
import { type Thumbprint, thumbprintOf } from '../thumbprint.ts';
import type { ScannedCrl } from './crl-scan.ts';
import { type OfferedCrl, type VerifiedCrl, verifyCrl } from './crl-signer.ts';
import { staleAt } from './freshness.ts';

export interface BundleInput {
  /** Every CA of the truststore, anchors included: each may have issued something that is presented. */
  readonly authorities: readonly ParsedCertificate[];
  readonly crls: readonly OfferedCrl[];
  /** CAs that publish no list, by a decision that somebody took: their issued certificates go unchecked at the door. */
  readonly exempt: ReadonlySet<Thumbprint>;
  /** The lists must hold until the next one can be published. */
  readonly freshUntil: Date;
  readonly now: Date;
}

declare const checked: unique symbol;

/** Proof that, of each CA that is not exempt, one list will do until `freshUntil`. */
export interface CheckedBundle {
  readonly [checked]: true;
  /** One per CA, in their order. */
  readonly lists: readonly VerifiedCrl[];
  readonly freshUntil: Date;
}

/** Throws `CRL_BUNDLE_INCOMPLETE` naming each CA without a list that does, by the first 16 characters of its thumbprint. */
export function checkBundle(input: BundleInput): CheckedBundle {
  const lists: VerifiedCrl[] = [];
  const missing: string[] = [];
  for (const authority of input.authorities) {
    const thumbprint = thumbprintOf(authority.der);
    if (input.exempt.has(thumbprint)) continue;
    const list = listOf(authority, input);
    if (list) lists.push(list);
    else missing.push(thumbprint.slice(0, 16));
  }
  if (missing.length > 0) {
    throw new Refusal('CRL_BUNDLE_INCOMPLETE', { parameter: missing.join(', ') });
  }
  return { lists, freshUntil: input.freshUntil } as unknown as CheckedBundle;
}

function listOf(authority: ParsedCertificate, input: BundleInput): VerifiedCrl | undefined {
  const own = input.crls.filter(({ crl }) => sameName(crl.head.issuer, authority.subject) && isWhole(crl));
  for (const offered of own) {
    if (input.freshUntil > staleAt(offered.crl.head)) continue;
    try {
      return verifyCrl(offered, authority, input.now);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return undefined;
}

/** A shard, a delta or a list of some reasons leaves gaps that a TLS stack reads as "no list". */
function isWhole({ extensions: { deltaBase, scope } }: ScannedCrl): boolean {
  if (deltaBase !== undefined) return false;
  return !scope || (!scope.name && scope.onlySomeReasons === undefined && !scope.onlyContainsAttributeCerts);
}
