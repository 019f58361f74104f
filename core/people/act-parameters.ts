// What may each kind of act say? snake_case, closed objects, every member checked; the hash that operators sign is
// over exactly these values, so nothing is added or dropped after they were read. It changes nothing itself.

import { normaliseTaxId, type TaxIdType, taxIdTypes } from '../certificate/holder/tax-id.ts';
import { Refusal } from '../errors.ts';
import type { Currency } from '../payout/amount.ts';
import { isPlainText } from '../plain-text.ts';
import { payoutPolicy } from '../policy.ts';
import { type Rule, rules } from './decision.ts';
import { type Locale, locales } from './person.ts';

export type PersonParameters = {
  readonly office: 'securityOfficer' | 'apoderado' | 'nodeOperator' | 'auditor';
  readonly participant: string | null;
  readonly name: string;
  readonly email: string;
  readonly tax_id: string;
  readonly tax_id_type: TaxIdType;
  readonly locale: Locale;
  /** RFC 3339; apoderado only. */
  readonly power_from: string | null;
  readonly power_until: string | null;
};

export type ProfileParameters = {
  readonly fin_id: string;
  readonly fin_id_schema: string;
  readonly name: string;
  readonly country: string;
  readonly tax_id: string;
  readonly time_zone: string;
  readonly locale: Locale;
  readonly mtls: 'optional' | 'required';
  readonly rule: Rule;
  readonly officer_confirmation: 'always' | 'relaxed';
  readonly payout_operators: readonly string[];
};

export type LimitsParameters = {
  readonly participant: string;
  readonly currency: Currency;
  /** Decimal strings: of the participant and day, and of one creditor and day. */
  readonly day: string;
  readonly creditor: string;
};

export type ActParameters = {
  'participant.onboard': {
    readonly profile: ProfileParameters;
    readonly people: readonly PersonParameters[];
  };
  'participant.change': { readonly profile: ProfileParameters };
  'person.invite': PersonParameters;
  'person.release': { readonly person_ids: readonly string[] };
  'person.reset': { readonly person_id: string };
  'person.end': { readonly person_id: string };
  'apiKey.issue': { readonly participant: string };
  'apiKey.end': { readonly participant: string; readonly key_id: string };
  'peer.pin': {
    readonly fin_id: string;
    readonly fin_id_schema: string;
    readonly kind: 'network' | 'payoutOperator';
    readonly name: string;
    readonly country: string;
    readonly tax_id: string;
    readonly time_zone: string;
    readonly locale: Locale;
    readonly api_url: string;
    /** Compared out of band by the operators of both nodes. */
    readonly certificate_thumbprint: string;
    /** base64 of DER, the certificate and its intermediates. */
    readonly certificate_chain: readonly string[];
  };
  /** Another node's next certificate, which its current one announced (S20). */
  'peer.confirmCertificate': {
    readonly fin_id: string;
    readonly enrolment_id: string;
    /** Compared out of band by the operators of both nodes. */
    readonly certificate_thumbprint: string;
  };
  /** Of another node, or of this one. */
  'peer.endCertificate': {
    readonly fin_id: string;
    readonly certificate_thumbprint: string;
    /** Somebody else may hold its key: every certificate of that node on it ends (S11). */
    readonly incident: boolean;
  };
  /** This node's own next certificate, on the key that it signs with. */
  'node.announceCertificate': {
    readonly certificate_thumbprint: string;
    /** base64 of DER, the certificate and its intermediates. */
    readonly certificate_chain: readonly string[];
    /** RFC 3339; null: in 30 days, or when the current one ends. */
    readonly signs_from: string | null;
  };
  'peer.setApiKey': {
    readonly fin_id: string;
    /** Hex SHA-256 of the API key that the peer gave us. */
    readonly api_key_sha256: string;
    /** The key, encrypted for the one function that applies acts. */
    readonly api_key_encrypted: string;
  };
  /** The manifest itself waits in the trust bucket under its hash (core/certificate/anchors.ts). */
  'anchors.change': {
    /** base64url SHA-256 of the manifest's bytes. */
    readonly manifest_sha256: string;
  };
  'limits.raise': LimitsParameters;
  'limits.lower': LimitsParameters;
  'policy.change': {
    readonly participant: string;
    /** S10: a message may name several payout operators, each of which then sees all of it. */
    readonly several_operators: boolean;
  };
  /** What became of a payout that nobody's core or node can tell any more. */
  'payout.settle': {
    readonly participant: string;
    readonly transaction_id: string;
    readonly outcome: 'ok' | 'error';
  };
  /** Messages that were given up are sent again. */
  'outbox.revive': { readonly entry_ids: readonly string[] };
  'participant.suspend': { readonly participant: string };
  /** Of this very suspension: one that came after is another one. */
  'suspension.confirm': { readonly participant: string; readonly suspension_id: string };
  'suspension.lift': { readonly participant: string; readonly suspension_id: string };
};

export type ActKind = keyof ActParameters;

type Check = (value: unknown, path: string) => void;

const fail = (path: string, expected: string): never => {
  throw new Refusal('ACT_PARAMETERS_INVALID', { parameter: path, expected });
};
const text =
  (pattern: RegExp, expected: string): Check =>
  (value, path) => {
    // What is signed must be what is read: no text that turns others round, hides or piles up.
    if (typeof value !== 'string' || !pattern.test(value) || !isPlainText(value)) fail(path, expected);
  };
const either =
  (...allowed: readonly string[]): Check =>
  (value, path) => {
    if (!allowed.includes(value as string)) fail(path, allowed.join(', '));
  };
const orNull =
  (check: Check): Check =>
  (value, path) => {
    if (value !== null) check(value, path);
  };
const list =
  (check: Check, most: number): Check =>
  (value, path) => {
    if (!Array.isArray(value) || value.length > most) return fail(path, `a list of at most ${most}`);
    for (const [index, entry] of value.entries()) check(entry, `${path}[${index}]`);
  };
const shape =
  (members: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(path, 'an object');
    for (const name of Object.keys(value))
      if (!Object.hasOwn(members, name)) fail(`${path}.${name}`, 'no such member');
    for (const [name, check] of Object.entries(members))
      check((value as Record<string, unknown>)[name], `${path}.${name}`);
  };

const finId = text(/^[A-Za-z0-9._-]{1,64}$/, 'a fin_id of 1 to 64 characters');
const id = text(/^[A-Za-z0-9._-]{1,64}$/, 'an id');
// Letters, marks, digits, spaces and what names of people and companies hold; no line breaks, no markup.
const name = text(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,'’&()/+-]{1,99}$/u, 'a name of 2 to 100 characters');
const taxId = text(/^[A-Za-z0-9./-]{4,24}$/, 'a tax id of 4 to 24 characters');
const time = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'a time in RFC 3339, UTC');
const email = text(/^[^\s@<>"',;:\\]{1,64}@[A-Za-z0-9.-]{1,190}$/, 'an e-mail address');
const url = text(/^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._~/-]*)?$/, 'a URL');
const zone: Check = (value, path) => {
  try {
    if (typeof value === 'string' && value.length < 64 && new Intl.DateTimeFormat('en', { timeZone: value }))
      return;
  } catch {}
  fail(path, 'an IANA time zone');
};

const company = {
  fin_id: finId,
  fin_id_schema: text(/^[A-Z0-9_-]{1,32}$/, 'a fin_id_schema'),
  name,
  country: text(/^[A-Z]{2}$/, 'ISO 3166-1 alpha-2'),
  tax_id: taxId,
  time_zone: zone,
  locale: either(...locales),
};
const profile = shape({
  ...company,
  mtls: either('optional', 'required'),
  rule: either(...rules),
  officer_confirmation: either('always', 'relaxed'),
  payout_operators: list(finId, 20),
});
const person = shape({
  office: either('securityOfficer', 'apoderado', 'nodeOperator', 'auditor'),
  participant: orNull(finId),
  name,
  email,
  tax_id: taxId,
  tax_id_type: either(...taxIdTypes),
  locale: either(...locales),
  power_from: orNull(time),
  power_until: orNull(time),
});
const amount = text(/^\d{1,18}(\.\d{1,6})?$/, 'a decimal amount');
const limits = shape({
  participant: finId,
  currency: either(...Object.keys(payoutPolicy.currencies)),
  day: amount,
  creditor: amount,
});
const yesOrNo: Check = (value, path) => {
  if (typeof value !== 'boolean') fail(path, 'true or false');
};
const sha256Hex = text(/^[0-9a-f]{64}$/, 'SHA-256 in hex');
const thumbprint = text(/^[A-Za-z0-9_-]{43}$/, 'x5t#S256');
const chain = list(text(/^[A-Za-z0-9+/]{100,20000}={0,2}$/, 'base64 of a certificate'), 8);

const checks: Record<ActKind, Check> = {
  'participant.onboard': shape({ profile, people: list(person, 10) }),
  'participant.change': shape({ profile }),
  'limits.raise': limits,
  'limits.lower': limits,
  'policy.change': shape({ participant: finId, several_operators: yesOrNo }),
  'payout.settle': shape({
    participant: finId,
    transaction_id: text(/^[A-Za-z0-9._:-]{1,64}$/, 'the transaction_id of a payout'),
    outcome: either('ok', 'error'),
  }),
  'outbox.revive': shape({ entry_ids: list(text(/^[A-Za-z0-9._:~#-]{1,256}$/, 'the id of an entry'), 20) }),
  'person.invite': person,
  'person.release': shape({ person_ids: list(id, 20) }),
  'person.reset': shape({ person_id: id }),
  'person.end': shape({ person_id: id }),
  'apiKey.issue': shape({ participant: finId }),
  'apiKey.end': shape({ participant: finId, key_id: id }),
  'peer.pin': shape({
    ...company,
    kind: either('network', 'payoutOperator'),
    api_url: url,
    certificate_thumbprint: thumbprint,
    certificate_chain: chain,
  }),
  'peer.confirmCertificate': shape({ fin_id: finId, enrolment_id: id, certificate_thumbprint: thumbprint }),
  'peer.endCertificate': shape({
    fin_id: finId,
    certificate_thumbprint: thumbprint,
    incident: yesOrNo,
  }),
  'node.announceCertificate': shape({
    certificate_thumbprint: thumbprint,
    certificate_chain: chain,
    signs_from: orNull(time),
  }),
  'peer.setApiKey': shape({
    fin_id: finId,
    api_key_sha256: sha256Hex,
    api_key_encrypted: text(/^[A-Za-z0-9_-]{40,2000}$/, 'the encrypted key'),
  }),
  'anchors.change': shape({ manifest_sha256: thumbprint }),
  'participant.suspend': shape({ participant: finId }),
  'suspension.confirm': shape({ participant: finId, suspension_id: id }),
  'suspension.lift': shape({ participant: finId, suspension_id: id }),
};

/** @throws Refusal ACT_PARAMETERS_INVALID naming the member */
export function parseActParameters<K extends ActKind>(kind: K, value: unknown): ActParameters[K] {
  checks[kind](value, 'parameters');
  return value as ActParameters[K];
}

/**
 * Of the people of one act: an office that belongs to a participant names it, the node's own name none; the tax id is
 * one of its kind, check digit included, for a certificate's holder is later found by it.
 * @throws Refusal ACT_PARAMETERS_INVALID, TAX_ID_MALFORMED, TAX_ID_CHECK_DIGIT_WRONG
 */
export function admitPersonParameters(person: PersonParameters): void {
  normaliseTaxId(person.tax_id_type, person.tax_id, 'tax_id');
  const own = person.office === 'nodeOperator' || person.office === 'auditor';
  if (own !== (person.participant === null))
    fail('participant', own ? 'null' : 'the fin_id of the participant');
  if ((person.office === 'apoderado') !== (person.power_from !== null))
    fail('power_from', person.office === 'apoderado' ? 'when the power begins' : 'null');
}
