// What the rules of revocation say no to: one code, one sentence that a person can act on.

export const revocationRefusals = {
  CRL_MALFORMED: 'The revocation list is not well-formed DER of RFC 5280.',
  CRL_TOO_LARGE: 'The revocation list is larger than the PSC profile allows.',
  CRL_SIGNATURE_INVALID: 'The revocation list is not signed by the key of its issuer.',
  CRL_ISSUER_NOT_AUTHORISED: 'The revocation list was signed by somebody who may not sign it.',
  CRL_SCOPE_WRONG: 'The revocation list does not cover this certificate.',
  CRL_CRITICAL_EXTENSION_UNKNOWN:
    'The revocation list carries a critical extension that nobody here understands.',
  CRL_NOT_YET_VALID: 'The revocation list is dated in the future.',
  CRL_STALE: 'The revocation list is past its nextUpdate.',
  CRL_BUNDLE_INCOMPLETE:
    'These CAs have no whole and fresh revocation list, and no exemption; the old bundle stays.',
  CRL_NUMBER_REGRESSED: 'The revocation list is older than one already seen for the same scope.',
  REVOCATION_ALGORITHM_REFUSED: 'Revocation data is signed with an algorithm that is not accepted.',
  OCSP_MALFORMED: 'The OCSP answer is not well-formed DER of RFC 6960.',
  OCSP_NOT_ANSWERED: 'The OCSP responder answered that it cannot answer.',
  OCSP_TRY_LATER: 'The OCSP responder asks to be asked later.',
  OCSP_CERTIFICATE_NOT_NAMED: 'The OCSP answer does not speak of the certificate that was asked for.',
  OCSP_SIGNATURE_INVALID: 'The OCSP answer is not signed by its responder.',
  OCSP_RESPONDER_NOT_AUTHORISED: 'The OCSP answer comes from somebody whom the issuer did not authorise.',
  OCSP_CRITICAL_EXTENSION_UNKNOWN:
    'The OCSP answer carries a critical extension that nobody here understands.',
  OCSP_NONCE_WRONG: 'The OCSP answer repeats another nonce than the one sent.',
  OCSP_NOT_YET_VALID: 'The OCSP answer is dated in the future.',
  OCSP_STALE: 'The OCSP answer is past its nextUpdate.',
  CERTIFICATE_REVOKED: 'The PSC has revoked the certificate or one of its issuers; enrol another one.',
  ISSUER_REVOKED: 'A certificate of the chain above this one has been revoked.',
  NO_REVOCATION_SOURCE:
    'The certificate says nowhere whether it is revoked, and the PSC profile names no source; the node operators can add one.',
  REVOCATION_UNAVAILABLE: 'The PSC did not say whether the certificate is revoked; try again later.',
  REVOCATION_SOURCE_FROZEN:
    'New payouts wait: the PSC has published no current word on revocation for too long.',
  FRESHNESS_BELOW_FETCH_INTERVAL: 'A source cannot be held to be fresher than it is fetched.',
  EGRESS_URL_REFUSED: 'This URL is not one that the node calls.',
  EGRESS_ADDRESS_REFUSED: 'The host name leads to an address that is not on the public network.',
  EGRESS_TOO_MANY_REDIRECTS: 'The server redirects more often than is followed.',
  EGRESS_TOO_LARGE: 'The server sends more bytes than are taken.',
} as const satisfies Record<string, string>;
