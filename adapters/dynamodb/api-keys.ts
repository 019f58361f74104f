// Where do API keys stand? Each under its digest, the grant sealed (S22); its end needs no seal and takes the grant's
// away, so that removing it brings nothing back; and one list per participant, whose version makes "at most two" hold
// under a race.

import type { ApiKeyDigest, ApiKeyGrant, ApiKeyRecord } from '../../core/api-key.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import { type Seal, type SealContent, sealOver } from '../../core/seal.ts';
import {
  absent,
  equals,
  type Item,
  type Key,
  keyName,
  number,
  present,
  type Table,
  text,
  type Write,
} from './table.ts';

/** A participant's keys without their digests' items; `version` 0: there never was one. */
export interface KeyRing {
  readonly participant: string;
  readonly keys: readonly RingKey[];
  readonly version: number;
}

export type RingKey = Omit<ApiKeyRecord, 'participant' | 'version'>;

export interface KeyWrites {
  readonly writes: readonly Write[];
  /** For the evidence record of the same transaction. */
  readonly mark: StateMark;
}

export interface ApiKeys {
  /** @throws Refusal SEAL_BROKEN */
  find(digest: ApiKeyDigest): Promise<ApiKeyRecord | undefined>;
  heldBy(participant: string): Promise<KeyRing>;
  /** Writes of the caller's transaction; ConditionFailed there: the ring has moved, read again. */
  issue(grant: ApiKeyGrant, ring: KeyRing, proofs: readonly string[]): Promise<KeyWrites>;
  /** The same for ending one; undefined where the ring holds no such key. */
  end(keyId: string, ring: KeyRing, now: Date): KeyWrites | undefined;
}

/** Ended and expired keys stay listed this long, for people to see. */
const LISTED_MS = 90 * 24 * 60 * 60_000;

export const apiKeyKey = (digest: string): Key => ({ pk: `KEY#${digest}`, sk: 'KEY' });
const keyRingKey = (participant: string): Key => ({ pk: `KEY#RING#${participant}`, sk: 'RING' });

export function apiKeys(table: Table, sealer: Sealer): ApiKeys {
  return {
    async find(digest) {
      const item = await table.get(apiKeyKey(digest));
      if (!item) return undefined;
      const grant = grantOf(digest, item);
      const seal = item.seal as Seal | undefined;
      // Its end took the seal away: an ended key grants nothing, and without its end it does not open.
      if (item.endedAt !== undefined) return { ...grant, endedAt: new Date(text(item, 'endedAt')) };
      await sealer.check(contentOf(grant, seal?.proofs ?? []), seal);
      return grant;
    },
    async heldBy(participant) {
      const item = await table.get(keyRingKey(participant));
      if (!item) return { participant, keys: [], version: 0 };
      return {
        participant,
        keys: (item.keys as readonly Item[]).map(ringKeyOf),
        version: number(item, 'version'),
      };
    },
    async issue(grant, ring, proofs) {
      const over = contentOf(grant, proofs);
      const item = { ...apiKeyKey(grant.digest), ...over.content, seal: { ...(await sealer.seal(over)) } };
      const { participant, version: _, ...ringKey } = grant;
      const kept = ring.keys.filter((key) => grant.createdAt.getTime() - key.expiresAt.getTime() < LISTED_MS);
      const writes = [
        { put: item, when: absent() },
        ringWrite({ ...ring, participant, keys: [...kept, ringKey] }),
      ];
      return { writes, mark: { item: over.key, version: 1, seal: sealOver(over).toString('base64url') } };
    },
    end(keyId, ring, now) {
      const key = ring.keys.find((candidate) => candidate.keyId === keyId);
      if (!key) return undefined;
      const endedAt = now.toISOString();
      const keys = ring.keys.map((other) => (other.keyId === keyId ? { ...other, endedAt: now } : other));
      const change = { set: { endedAt }, remove: ['seal'] };
      const update = { update: apiKeyKey(key.digest), change, when: present() };
      const mark = { item: keyName(apiKeyKey(key.digest)), version: 1, holds: { endedAt } };
      return { writes: [update, ringWrite({ ...ring, keys })], mark };
    },
  };
}

function ringWrite(ring: KeyRing): Write {
  const keys = ring.keys.map((key) => ({
    digest: key.digest,
    keyId: key.keyId,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt.toISOString(),
    endedAt: key.endedAt?.toISOString(),
  }));
  const when = ring.version === 0 ? absent() : equals('version', ring.version);
  return { put: { ...keyRingKey(ring.participant), keys, version: ring.version + 1 }, when };
}

function ringKeyOf(item: Item): RingKey {
  return {
    digest: text(item, 'digest') as ApiKeyDigest,
    keyId: text(item, 'keyId'),
    createdAt: new Date(text(item, 'createdAt')),
    expiresAt: new Date(text(item, 'expiresAt')),
    ...(item.endedAt !== undefined && { endedAt: new Date(text(item, 'endedAt')) }),
  };
}

function grantOf(digest: ApiKeyDigest, item: Item): ApiKeyGrant {
  return {
    digest,
    keyId: text(item, 'keyId'),
    participant: text(item, 'participant'),
    createdAt: new Date(text(item, 'createdAt')),
    expiresAt: new Date(text(item, 'expiresAt')),
    version: 1,
  };
}

function contentOf(grant: ApiKeyGrant, proofs: readonly string[]): SealContent & { readonly content: Item } {
  const { digest, keyId, participant, createdAt, expiresAt, version } = grant;
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  return {
    key: keyName(apiKeyKey(digest)),
    content: { keyId, participant, ...times, version },
    version,
    proofs,
  };
}
