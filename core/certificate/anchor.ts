// What do we start from? A trust anchor is a certificate that two node operators put into the manifest, with
// the PSC profile it serves. Who may put it there, and its manifest, are not asked here.

import type { Oid, ParsedCertificate } from './certificate.ts';

export interface TrustAnchor {
  readonly certificate: ParsedCertificate;
  /** Id of the PSC profile that reads the holder out of leafs below this anchor. */
  readonly pscProfile?: string;
  /** user-initial-policy-set (RFC 5280 §6.1.1(c)) for paths to this anchor; absent: any-policy. */
  readonly acceptedPolicies?: readonly Oid[];
  /**
   * initial-explicit-policy (§6.1.1(e)): refuse paths without one of `acceptedPolicies`. Only for PSCs whose
   * intermediates carry their leafs' policies or anyPolicy; ICP-Brasil's do not.
   */
  readonly requireExplicitPolicy?: boolean;
  /** This very certificate, self-signed, may itself be the leaf: an enabled profile pins it by thumbprint (S26). */
  readonly pinnedLeaf?: boolean;
}
