// What is handed to somebody who was not there? One file about one payout, or one enrolment: the bytes, signatures,
// certificates and answers as they were, and the records that tell of them, each with its way to a signed head. Here: its
// form, and only that; nothing stands in it that dossier-verify.ts does not hold against a signature or a hash.

import { canonicalJson, type Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';

/** base64, as everywhere below where bytes stand. */
export interface SignedMessage {
  readonly message: string;
  /** Detached JWS; null where an API key alone vouched for the message. */
  readonly signature: string | null;
}

export interface DossierPayout extends SignedMessage {
  readonly participant: string;
  readonly transaction_id: string;
  /** At a payout operator: what the network signed around the message when it forwarded this payout; absent in old ones. */
  readonly envelope?: SignedMessage | null;
  /** The payout operator's signed word, once there is one. */
  readonly answer: SignedMessage | null;
}

export interface DossierPasskey {
  readonly credential_id: string;
  /** SPKI. */
  readonly public_key: string;
  readonly rp_id: string;
}

export interface DossierEnrolment extends SignedMessage {
  readonly enrolment_id: string;
  readonly participant: string;
  /** At a payout operator: what the network signed around the message. */
  readonly envelope: SignedMessage | null;
  readonly answers: readonly SignedMessage[];
  /** What people agreed to with their second factor, as `core/people/proof.ts` has it. */
  readonly proofs: readonly Json[];
  /** The passkeys that answered for them. */
  readonly passkeys: readonly DossierPasskey[];
}

export interface DossierCertificate {
  /** DER, leaf first, the anchor excluded. */
  readonly path: readonly string[];
  /** x5t#S256 of the anchor: the verifier must hold it already. */
  readonly anchor: string;
}

/** A record and its way to the signed head that covers it. */
export interface DossierRecord {
  readonly body: Json;
  readonly seq: number;
  /** Link before it. */
  readonly previous: string;
  /** Hashes of the records that were chained after it, up to the head's. */
  readonly following: readonly string[];
  readonly head: number;
}

export interface DossierHead {
  /** The signed head, with the node in place of the key's name, which nothing signs; and the listing that it names. */
  readonly signed: string;
  readonly listing: string;
}

export interface Dossier {
  readonly type: 'apodera/dossier/v1';
  /** fin_id of the node whose evidence it is. */
  readonly node: string;
  readonly payout: DossierPayout | null;
  readonly enrolments: readonly DossierEnrolment[];
  /** By x5t#S256. */
  readonly certificates: { readonly [thumbprint: string]: DossierCertificate };
  /** Lists and OCSP answers by their SHA-256, base64url. */
  readonly revocation: { readonly [sha256: string]: string };
  readonly records: readonly DossierRecord[];
  /** By number. */
  readonly heads: { readonly [number: string]: DossierHead };
  /** SPKI of the node's factor key; null where no proof needs it. */
  readonly factor_key: string | null;
}

type Shape =
  | 'text'
  | 'bytes'
  | 'count'
  | 'any'
  /** `since`: what was written before it was a member has none. */
  | { readonly maybe: Shape; readonly since?: '2026-11-23' }
  | { readonly each: Shape }
  | { readonly named: Shape }
  | { readonly members: Readonly<Record<string, Shape>> };

const signed: Readonly<Record<string, Shape>> = { message: 'bytes', signature: { maybe: 'text' } };
const shape: Shape = {
  members: {
    type: 'text',
    node: 'text',
    payout: {
      maybe: {
        members: {
          ...signed,
          participant: 'text',
          transaction_id: 'text',
          envelope: { maybe: { members: signed }, since: '2026-11-23' },
          answer: { maybe: { members: signed } },
        },
      },
    },
    enrolments: {
      each: {
        members: {
          ...signed,
          enrolment_id: 'text',
          participant: 'text',
          envelope: { maybe: { members: signed } },
          answers: { each: { members: signed } },
          proofs: { each: 'any' },
          passkeys: {
            each: {
              members: { credential_id: 'text', public_key: 'bytes', rp_id: 'text' },
            },
          },
        },
      },
    },
    certificates: { named: { members: { path: { each: 'bytes' }, anchor: 'text' } } },
    revocation: { named: 'bytes' },
    records: {
      each: {
        members: {
          body: 'any',
          seq: 'count',
          previous: 'text',
          following: { each: 'text' },
          head: 'count',
        },
      },
    },
    heads: { named: { members: { signed: 'bytes', listing: 'bytes' } } },
    factor_key: { maybe: 'bytes' },
  },
};

/** RFC 8785 and a newline: each dossier has one spelling only. */
export function dossierBytes(dossier: Dossier): Buffer {
  return Buffer.from(`${canonicalJson(dossier as unknown as Json)}\n`);
}

/** @throws Refusal DOSSIER_UNREADABLE, with the place */
export function readDossier(bytes: Uint8Array): Dossier {
  const buffer = Buffer.from(bytes);
  let value: Json;
  try {
    value = JSON.parse(buffer.toString('utf8')) as Json;
  } catch {
    throw unreadable('the file', 'JSON');
  }
  requireShape(value, shape, 'the file');
  const dossier = value as unknown as Dossier;
  if (dossier.type !== 'apodera/dossier/v1') throw unreadable('type', 'apodera/dossier/v1');
  // A space more, another order, another spelling of a character: not what was written.
  if (!spelledAs(dossier, buffer)) throw unreadable('the file', 'RFC 8785 JSON and one newline');
  return dossier;
}

function spelledAs(dossier: Dossier, bytes: Buffer): boolean {
  try {
    return dossierBytes(dossier).equals(bytes);
  } catch {
    return false;
  }
}

function requireShape(value: Json | undefined, expected: Shape, place: string): void {
  if (expected === 'any') return;
  if (typeof expected === 'string') requirePlain(value, expected, place);
  else if ('maybe' in expected) {
    const isOlder = value === undefined && expected.since !== undefined;
    if (value !== null && !isOlder) requireShape(value, expected.maybe, place);
  } else if ('each' in expected) {
    if (!Array.isArray(value)) throw unreadable(place, 'a list');
    for (const [at, one] of value.entries()) requireShape(one, expected.each, `${place}[${at}]`);
  } else requireObject(value, expected, place);
}

type ObjectShape = Extract<Shape, { named: Shape } | { members: Readonly<Record<string, Shape>> }>;

function requireObject(value: Json | undefined, expected: ObjectShape, place: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(place, 'an object');
  const record = value as { readonly [name: string]: Json | undefined };
  if ('named' in expected) {
    for (const [name, one] of Object.entries(record)) requireShape(one, expected.named, `${place}.${name}`);
    return;
  }
  const names = Object.keys(expected.members);
  const unknown = Object.keys(record).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unreadable(`${place}.${unknown}`, 'no such member');
  for (const name of names) requireShape(record[name], expected.members[name]!, `${place}.${name}`);
}

function requirePlain(value: Json | undefined, expected: 'text' | 'bytes' | 'count', place: string): void {
  const holds =
    expected === 'count'
      ? Number.isSafeInteger(value) && (value as number) > 0
      : typeof value === 'string' &&
        (expected === 'text' || Buffer.from(value, 'base64').toString('base64') === value);
  if (!holds) throw unreadable(place, { text: 'text', bytes: 'base64', count: 'a number' }[expected]);
}

const unreadable = (parameter: string, expected: string) =>
  new Refusal('DOSSIER_UNREADABLE', { parameter: parameter.replace(/^the file\./, ''), expected });
