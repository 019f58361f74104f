// Whom do we ask about this certificate: lists first, an OCSP responder where it names no list never in the
// place of a list that does not come (docs/adr/0008)? Fetching is adapters/http/revocation-fetch.ts.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import type { PscProfile } from '../psc-profile.ts';
import { thumbprintOf } from '../thumbprint.ts';
import { distributionPointsOf, freshestCrlOf, ocspPointersOf, urlsOfPoint } from './distribution-points.ts';

/** URLs of one distribution point: the same list at several places, in the certificate's order. */
export type ListPointer = readonly string[];

export type RevocationSources =
  | {
      readonly kind: 'crl';
      readonly lists: readonly ListPointer[];
      readonly deltas: readonly ListPointer[];
    }
  | { readonly kind: 'ocsp'; readonly responders: readonly string[] };

/** What the PSC's profile declares for this issuer, and for no other. */
export function profileListsFor(
  issuer: ParsedCertificate,
  profile: Pick<PscProfile, 'revocation'> | undefined,
): readonly string[] {
  const source = profile?.revocation.source;
  return source?.issuers.includes(thumbprintOf(issuer.der)) ? [source.url] : [];
}

/**
 * `profileLists`: what the PSC profile names beside the certificate's own list pointers, because some point to the
 * wrong list (IDOK's intermediate points to its own), or where there is no pointer at all. LDAP and directory pointers
 * are skipped. Throws `NO_REVOCATION_SOURCE` (S25), `DER_MALFORMED`.
 */
export function revocationSourcesOf(
  certificate: ParsedCertificate,
  profileLists: readonly string[] = [],
): RevocationSources {
  const responders = ocspPointersOf(certificate);
  const lists = distributionPointsOf(certificate).map(urlsOfPoint).filter(isSome);
  if (lists.length > 0) {
    const deltas = freshestCrlOf(certificate).map(urlsOfPoint).filter(isSome);
    return { kind: 'crl', lists: [...lists, profileLists].filter(isSome), deltas };
  }
  if (responders.length > 0) return { kind: 'ocsp', responders };
  if (profileLists.length > 0) return { kind: 'crl', lists: [profileLists], deltas: [] };
  throw new Refusal('NO_REVOCATION_SOURCE', { clause: 'RFC 5280 §4.2.1.13, §4.2.2.1' });
}

function isSome(urls: readonly string[]): boolean {
  return urls.length > 0;
}
