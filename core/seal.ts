// Did this node itself grant what a table item says? An item that grants a right carries a seal: a signature over
// its key, content, version and the digests of the proofs that allowed it (S22). Taking a right away needs no seal.
// It does not say whether the right is still in force, nor find a rollback to an older seal: evidence audit does.

import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';

export interface SealContent {
  /** The item's key, `pk|sk`: a seal copied to another item is broken there. */
  readonly key: string;
  /** Exactly the attributes that grant. What may change without a seal (an end, a counter) stays out. */
  readonly content: { readonly [name: string]: Json | undefined };
  /** Grows with every grant; `evidence audit` finds an item that went back. */
  readonly version: number;
  /** SHA-256 digests (base64url) of the proofs that allowed this: votes, signed messages, acts. */
  readonly proofs: readonly string[];
}

/** The attribute `seal` of a sealed item. */
export type Seal = {
  readonly version: number;
  readonly proofs: readonly string[];
  readonly keyId: string;
  /** Names of the attributes under the seal, for an audit that knows no noun; who opens an item says them itself. */
  readonly over: readonly string[];
  /** ECDSA P-256 over {@link sealOver}, DER, base64url. */
  readonly signature: string;
};

declare const sealed: unique symbol;
/** What was read from a table and whose seal was checked in this process. Only `openSealed` makes it. */
export type Sealed<T> = T & { readonly [sealed]: true };

/** The bytes under the seal: RFC 8785 JSON. */
export function sealedBytes(over: SealContent): Buffer {
  const { key, content, version, proofs } = over;
  return Buffer.from(canonicalJson({ type: 'apodera/seal/v1', key, content, version, proofs }), 'utf8');
}

/** SHA-256 of {@link sealedBytes}: what the seal key signs and what evidence names. */
export function sealOver(over: SealContent): Buffer {
  return createHash('sha256').update(sealedBytes(over)).digest();
}

/**
 * Brands a loaded value after its seal has been checked.
 * @param check Sealer.check, or what stands for it.
 */
export async function openSealed<T extends { readonly [name: string]: Json | undefined }>(
  sealer: { check(content: SealContent, seal: Seal | undefined): Promise<void> },
  key: string,
  content: T,
  seal: Seal | undefined,
): Promise<Sealed<T>> {
  await sealer.check({ key, content, version: seal?.version ?? 0, proofs: seal?.proofs ?? [] }, seal);
  return content as Sealed<T>;
}
