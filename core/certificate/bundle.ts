// Which certificate of an unordered bundle is the one that was submitted? The one that issues nothing here.
// Whether anything leads from it to an anchor is path.ts's question.

import { Refusal } from '../errors.ts';
import type { ParsedCertificate } from './certificate.ts';
import { basicConstraintsOf } from './extensions.ts';
import { sameName } from './name-match.ts';

/**
 * The only certificate that is no CA; among several, or where all are CAs, the only one that is named as issuer
 * by no other. Throws LEAF_UNCLEAR: a bundle with two candidates has no leaf that we could guess safely.
 */
export function findLeaf(certificates: readonly ParsedCertificate[]): ParsedCertificate {
  const ends = certificates.filter((certificate) => !basicConstraintsOf(certificate)?.ca);
  if (ends.length === 1) return ends[0]!;
  const issuesNothing = (ends.length > 0 ? ends : certificates).filter(
    (certificate) =>
      !certificates.some((other) => other !== certificate && sameName(other.issuer, certificate.subject)),
  );
  if (issuesNothing.length === 1) return issuesNothing[0]!;
  throw new Refusal('LEAF_UNCLEAR', { expected: 'one leaf', found: `${issuesNothing.length}` });
}
