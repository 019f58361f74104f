// Did the node really record this, and when at the latest? Each record is hashed, followed link by link to the listing
// of a signed head, and believed only then. That the evidence key is the node's own is the verifier's to know.

import { createHash, type KeyObject, verify } from 'node:crypto';
import type { Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import { genesis, hashesTo, nextLink } from './chain.ts';
import type { Dossier, DossierHead, DossierRecord } from './dossier.ts';
import { documentBytes, type HeadDocument, type Listing, readListing, readSignedHead } from './heads.ts';
import { bodyHash } from './record.ts';

/** A record that is under a signed head. */
export interface ProvedRecord {
  readonly id: string;
  readonly scope: string;
  readonly kind: string;
  readonly at: Date;
  readonly actor: { readonly [name: string]: string | undefined };
  readonly subjects: { readonly [name: string]: string | undefined };
  readonly facts: { readonly [name: string]: Json | undefined };
  readonly sources: readonly { readonly kind: string; readonly sha256: string }[];
  readonly head: HeadDocument;
}

export interface ProvedHead {
  readonly document: HeadDocument;
  readonly listing: Listing;
}

/**
 * @param keys those of this node alone
 * @throws Refusal DOSSIER_HEAD_FORGED, DOSSIER_DIFFERS
 */
export function provedHead(
  node: string,
  number: number,
  { signed, listing }: DossierHead,
  keys: readonly KeyObject[],
): ProvedHead {
  const head = readSignedHead(Buffer.from(signed, 'base64'));
  const isOurs = head && keys.some((key) => isSignedBy(key, documentBytes(head.document), head.signature));
  if (!isOurs)
    throw new Refusal('DOSSIER_HEAD_FORGED', { parameter: String(number), expected: `a key of ${node}` });
  const { document } = head;
  // The name of the key is under no signature: the dossier has the node's there, and nothing else.
  if (head.keyId !== node) throw differs('key_id', node, head.keyId);
  if (document.number !== number) throw differs('number', String(number), String(document.number));
  if (document.node !== node) throw differs('node', node, document.node);
  const read = readListing(Buffer.from(listing, 'base64'), document.listing);
  if (!read) throw differs('listing', document.listing, sha256(Buffer.from(listing, 'base64')));
  return { document, listing: read };
}

function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return key.asymmetricKeyType === 'ec' && verify('sha256', bytes, key, signature);
}

/** @throws Refusal DOSSIER_RECORD_FORGED */
export function provedRecord(record: DossierRecord, heads: ReadonlyMap<number, ProvedHead>): ProvedRecord {
  const head = heads.get(record.head);
  const body = record.body as unknown as Omit<ProvedRecord, 'at' | 'head'> & { at: string; type: string };
  const forged = new Refusal('DOSSIER_RECORD_FORGED', { parameter: body?.kind });
  if (!head || body?.type !== 'apodera/evidence/v1' || typeof body.scope !== 'string') throw forged;
  const signed = head.listing.get(body.scope);
  if (!signed || !leadsTo(record, body.scope, signed)) throw forged;
  const { id, scope, kind, actor, subjects, facts, sources } = body;
  return { id, scope, kind, actor, subjects, facts, sources, at: new Date(body.at), head: head.document };
}

function leadsTo(record: DossierRecord, scope: string, signed: { seq: number; link: string }): boolean {
  const { body, seq, previous, following } = record;
  if (seq === 1 && previous !== genesis(scope).link) return false;
  const hash = bodyHash(body);
  if (!hashesTo(body, hash)) return false;
  let link = nextLink(scope, { seq: seq - 1, link: previous }, hash);
  for (const next of following) link = nextLink(scope, link, next);
  return link.seq === signed.seq && link.link === signed.link;
}

/** Every head must be there for a record. @throws Refusal DOSSIER_SURPLUS */
export function requireNeeded({ heads, records }: Dossier): void {
  const needed = new Set(records.map(({ head }) => String(head)));
  const surplus = Object.keys(heads).find((number) => !needed.has(number));
  if (surplus !== undefined) throw new Refusal('DOSSIER_SURPLUS', { parameter: `heads.${surplus}` });
}

/**
 * A signed message and the record that tells of it: these bytes, signed with that certificate. Any other certificate under
 * one of the verifier's anchors signs as well, and signs for nobody here.
 * @throws Refusal DOSSIER_DIFFERS
 */
export function requireTold(
  parameter: string,
  told: Pick<ProvedRecord, 'sources'>,
  signer: Json | undefined,
  { body, thumbprint }: { readonly body: Uint8Array; readonly thumbprint: string },
): void {
  const [named, found] = [messageOf(told), sha256(body)];
  if (named !== found) throw differs(parameter, String(named), found);
  if (signer !== thumbprint) throw differs(`${parameter}: signature`, String(signer), thumbprint);
}

/** SHA-256 of the message that a record rests on. */
export const messageOf = ({ sources }: Pick<ProvedRecord, 'sources'>) =>
  sources.find(({ kind }) => kind === 'message')?.sha256;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');

export const differs = (parameter: string, expected: string, found: string) =>
  new Refusal('DOSSIER_DIFFERS', { parameter, expected, found });
