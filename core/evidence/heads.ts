// What did all chains look like at one moment? A head document, signed and kept where nobody can remove it, also when
// nothing happened: a missing number or a silent hour shows. It names a listing (scope -> head) by hash, and the
// document before it by hash, so that one hash held by another party vouches for everything earlier.

import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import type { ChainHead } from './chain.ts';

export interface HeadDocument {
  /** finId of the node. */
  readonly node: string;
  /** 1, 2, 3 ... without a gap. */
  readonly number: number;
  /** {@link headHash} of the document before; null at number 1. */
  readonly previous: string | null;
  readonly at: Date;
  /** SHA-256 of the listing's bytes, base64url. */
  readonly listing: string;
  readonly scopes: number;
  /** Scopes whose chain no longer follows from what was signed; the listing keeps their last good head. */
  readonly broken: readonly string[];
}

export interface SignedHead {
  readonly document: HeadDocument;
  readonly keyId: string;
  /** ECDSA P-256 over SHA-256 of {@link documentBytes}, DER. */
  readonly signature: Uint8Array;
}

export type Listing = ReadonlyMap<string, ChainHead>;

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

export function documentBytes({ node, number, previous, at, listing, scopes, broken }: HeadDocument): Buffer {
  const type = 'apodera/evidence-heads/v1';
  return Buffer.from(
    canonicalJson({ type, node, number, previous, at: at.toISOString(), listing, scopes, broken }),
  );
}

/** What the evidence key signs, 32 bytes. */
export const headDigest = (document: HeadDocument): Buffer => sha256(documentBytes(document));

/** Names a document to other nodes; base64url. */
export const headHash = (document: HeadDocument): string => headDigest(document).toString('base64url');

/** The object as it is kept. */
export function signedHeadBytes({ document, keyId, signature }: SignedHead): Buffer {
  const body: Json = JSON.parse(documentBytes(document).toString());
  const kept = { document: body, key_id: keyId, signature: Buffer.from(signature).toString('base64url') };
  return Buffer.from(canonicalJson(kept));
}

/** Reads what {@link signedHeadBytes} wrote; the signature is not checked here. Undefined for anything else. */
export function readSignedHead(bytes: Uint8Array): SignedHead | undefined {
  try {
    const {
      document,
      key_id: keyId,
      signature,
    } = JSON.parse(Buffer.from(bytes).toString()) as never as {
      document: Omit<HeadDocument, 'at'> & { at: string };
      key_id: string;
      signature: string;
    };
    const { node, number, previous, listing, scopes, broken } = document;
    const head = {
      document: { node, number, previous, at: new Date(document.at), listing, scopes, broken },
      keyId,
      signature: Buffer.from(signature, 'base64url'),
    };
    // Anything that is not byte for byte what we would write (a member more, a space) is not ours.
    return signedHeadBytes(head).equals(bytes) ? head : undefined;
  } catch {
    return undefined;
  }
}

export function listingBytes(listing: Listing): Buffer {
  const heads = Object.fromEntries([...listing].map(([scope, { seq, link }]) => [scope, { seq, link }]));
  return Buffer.from(canonicalJson({ type: 'apodera/evidence-listing/v1', heads }));
}

export const listingHash = (bytes: Uint8Array): string => sha256(bytes).toString('base64url');

/** Undefined where the bytes are not the listing of that hash. */
export function readListing(bytes: Uint8Array, hash: string): Listing | undefined {
  if (listingHash(bytes) !== hash) return undefined;
  const { heads } = JSON.parse(Buffer.from(bytes).toString()) as { heads: Record<string, ChainHead> };
  return new Map(Object.entries(heads));
}
