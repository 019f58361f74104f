// What does a mailed link carry? A random id of 160 bits, stored as its SHA-256 and never otherwise; no task token,
// no person, no enrolment stands in it. It says nothing of what the link may do.

import { createHash } from 'node:crypto';

export type LinkId = string & { readonly __brand: 'LinkId' };

/** What a link leads to; itself it grants nothing: each target asks for a factor or a code. */
export type LinkTarget =
  | { readonly kind: 'task'; readonly decisionId: string; readonly personId: string }
  | { readonly kind: 'invitation'; readonly invitationId: string }
  | {
      readonly kind: 'suspension';
      readonly participant: string;
      readonly suspensionId: string;
      readonly personId: string;
    };

export interface Link {
  readonly target: LinkTarget;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** @param random 20 bytes of a cryptographic source. 160 bits, base64url, 27 characters. */
export function newLinkId(random: Uint8Array): LinkId {
  if (random.length < 16) throw new RangeError('a link id needs at least 128 bits');
  return Buffer.from(random).toString('base64url') as LinkId;
}

/** Hex SHA-256; undefined for what cannot be a link id, so that nothing is looked up for it. */
export function linkHash(linkId: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{22,64}$/.test(linkId)) return undefined;
  return createHash('sha256').update(`apodera/link/v1\n${linkId}`).digest('hex');
}
