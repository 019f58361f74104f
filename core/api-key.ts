// Which participant does this API key speak for, and does it still? (M1) A key is 32 random bytes, shown once,
// stored as its SHA-256: with that much entropy a slow hash protects nothing. At most two are
// valid at a time. What a key alone may do is the contract's matter (openapi.yaml, x-apodera-proof).

import { hash } from 'node:crypto';
import { Refusal } from './errors.ts';
import { apiKeyPolicy } from './policy.ts';

/** `apo_<stage>_<43 characters of base64url>`: recognisable for secret scanners, and of one stage only. */
export type ApiKey = string & { readonly __brand: 'ApiKey' };

/** Hex SHA-256 of the whole key. */
export type ApiKeyDigest = string & { readonly __brand: 'ApiKeyDigest' };

/** What is sealed: the grant. Its end needs no seal. */
export interface ApiKeyGrant {
  readonly digest: ApiKeyDigest;
  readonly keyId: string;
  /** fin_id of who may use it: a participant or another node. */
  readonly participant: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly version: 1;
}

export interface ApiKeyRecord extends ApiKeyGrant {
  readonly endedAt?: Date;
}

declare const counting: unique symbol;

/** Proof that the key is known and valid now. Only checkApiKey makes one. */
export type CountingApiKey = ApiKeyRecord & { readonly [counting]: true };

const FORM = /^apo_(local|dev|prod)_[A-Za-z0-9_-]{43}$/;
const RANDOM_BYTES = 32;
const DAY = 24 * 60 * 60_000;

/** @param random 32 bytes of the system's generator. */
export function makeApiKey(stage: 'local' | 'dev' | 'prod', random: Uint8Array): ApiKey {
  if (random.length !== RANDOM_BYTES) throw new TypeError(`expected 32 random bytes, found ${random.length}`);
  return `apo_${stage}_${Buffer.from(random).toString('base64url')}` as ApiKey;
}

/** The digest to look up, or undefined for what cannot be a key. */
export function digestOfApiKey(text: string | undefined): ApiKeyDigest | undefined {
  if (text === undefined || !FORM.test(text)) return undefined;
  return hash('sha256', text, 'hex') as ApiKeyDigest;
}

export function grantApiKey(
  grant: { readonly key: ApiKey; readonly keyId: string; readonly participant: string },
  now: Date,
  lifeDays: number = apiKeyPolicy.lifeDays,
): ApiKeyGrant {
  const { key, keyId, participant } = grant;
  const expiresAt = new Date(now.getTime() + lifeDays * DAY);
  return { digest: digestOfApiKey(key)!, keyId, participant, createdAt: now, expiresAt, version: 1 };
}

/** One code for all: who tries keys learns nothing of which exist. @throws Refusal API_KEY_NOT_VALID */
export function checkApiKey(record: ApiKeyRecord | undefined, now: Date): CountingApiKey {
  if (!record || !isValid(record, now)) throw new Refusal('API_KEY_NOT_VALID');
  return record as CountingApiKey;
}

/** A third key is never issued: end one first, or wait (S12). @throws Refusal API_KEYS_BOTH_VALID */
export function admitAnotherKey(
  keys: readonly Pick<ApiKeyRecord, 'expiresAt' | 'endedAt'>[],
  now: Date,
): void {
  if (keys.filter((key) => isValid(key, now)).length >= apiKeyPolicy.atOnce) {
    throw new Refusal('API_KEYS_BOTH_VALID', { expected: `at most ${apiKeyPolicy.atOnce} valid keys` });
  }
}

/** The one that lasts longest, and which step of the ladder it has come to; undefined while there is time. */
export function keyThatEnds<Key extends Pick<ApiKeyRecord, 'expiresAt' | 'endedAt'>>(
  keys: readonly Key[],
  now: Date,
): { readonly key: Key; readonly days: number } | undefined {
  const [key] = keys.filter((one) => isValid(one, now)).toSorted((a, b) => +b.expiresAt - +a.expiresAt);
  const days = key && apiKeyPolicy.reminderDays.findLast((step) => +key.expiresAt - +now <= step * DAY);
  return key && days !== undefined ? { key, days } : undefined;
}

function isValid({ expiresAt, endedAt }: Pick<ApiKeyRecord, 'expiresAt' | 'endedAt'>, now: Date): boolean {
  // No end lies ahead: it is written when it comes, and it stands outside the seal.
  return now < expiresAt && endedAt === undefined;
}
