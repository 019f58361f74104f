// Every number and list that somebody could argue about, with its source. Nothing here is read from anywhere;
// a node overrides what adapters/config.ts lets it override.

/** What one submitted certificate chain may cost us (a bundle comes from anybody). */
export const certificateLimits = {
  /** Certificates in one bundle; real chains have 2 to 4, cross-signed ones up to 8. */
  chainCertificates: 32,
  /** Octets of one certificate; the longest of 329 real PSC certificates has under 4,000. */
  certificateBytes: 65_536,
  /** Certificates between the leaf and the anchor, leaf included. */
  pathDepth: 8,
  /** Signatures checked for one submission, whatever cross-signing it holds. */
  signatureChecks: 64,
} as const;

const minutes = 60_000;
const hours = 60 * minutes;

/** Revocation: sizes, intervals and the freeze. Times are milliseconds. */
export const revocationPolicy = {
  /** Bytes of one list. Surveys find lists up to 22 MB in ordinary use, a few up to 100 MB (docs/revocation.md). */
  crlMaxBytes: 20_000_000,
  /** What a PSC profile may raise it to. */
  crlMaxBytesByProfile: 100_000_000,
  /** Bytes of one OCSP answer: real ones have under 4 KB, certificates included. */
  ocspMaxBytes: 64_000,
  /** How far ahead of our clock a PSC's may run. */
  clockSkew: 5 * minutes,
  /** A source that gives no nextUpdate counts as stale after this long. */
  validityWithoutNextUpdate: 24 * hours,
  /** A list is asked for every quarter of its validity, between these bounds (architecture, section 6). */
  crlFetchAtMostEvery: 10 * minutes,
  crlFetchAtLeastEvery: 60 * minutes,
  crlFetchShareOfValidity: 1 / 4,
  /** A fetch that was due has failed for this long: alarm. */
  alarmAfterFailing: 2 * hours,
  /** New payouts freeze this long after a source went stale, or, for lists, after the last good fetch (A-164, S25). */
  frozenAfterStale: 24 * hours,
  frozenAfterLastGoodFetch: 72 * hours,
} as const;

/** Calls to URLs that somebody else chose. */
export const egressPolicy = {
  /** Connecting and the first byte of the answer. */
  firstByte: 5_000,
  /** The whole answer: 20 MB at 350 KB/s. */
  total: 60_000,
  /** Redirects that a GET of a list or an OCSP answer may follow; others follow none. */
  redirects: 2,
} as const;
