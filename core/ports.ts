// What do all flows need from outside? The clock, ids, signers, seals. A flow's own ports stand beside its rules.

import type { Seal, SealContent } from './seal.ts';

export interface Clock {
  now(): Date;
}

export interface Ids {
  /** 26 characters of Crockford base32, ordered by time of making, unguessable beyond it (80 random bits). */
  next(): string;
}

/** A private key that signs and never shows itself. */
export interface Signer {
  /** What names the key: a KMS key ARN or id, a PKCS#11 label, a thumbprint of a test key. */
  readonly keyId: string;
  /**
   * @param digest SHA-256 of what is signed, 32 bytes.
   * @returns RSA: RSASSA-PSS with SHA-256, MGF1 with SHA-256, salt of 32 bytes. P-256: ECDSA as DER (RFC 3279 §2.2.3).
   */
  sign(digest: Uint8Array): Promise<Uint8Array>;
}

/** Puts seals on what grants a right and checks them when a process loads the item (S22). */
export interface Sealer {
  seal(content: SealContent): Promise<Seal>;
  /** @throws Refusal SEAL_BROKEN when the seal is missing, made by another key, or over anything else. */
  check(content: SealContent, seal: Seal | undefined): Promise<void>;
}
