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
