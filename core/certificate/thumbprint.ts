// By what name do we know a certificate? By `x5t#S256` (RFC 7515 §4.1.8): base64url of SHA-256 over its DER.
// It says nothing of trust.

import { createHash, hash } from 'node:crypto';

export type Thumbprint = string & { readonly __brand: 'Thumbprint' };

/** 43 characters of base64url, no padding. */
export function thumbprintOf(der: Uint8Array): Thumbprint {
  return hash('sha256', der, 'base64url') as Thumbprint;
}

/** SHA-256 over SubjectPublicKeyInfo, base64url: names a key, whatever certificate carries it (S11). */
export function keyThumbprintOf(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('base64url');
}
