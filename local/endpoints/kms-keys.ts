// Which keys does the local KMS hold, under which names? Key material lies in the data folder as plain text:
// these are a laptop's keys. What the keys may do is decided in kms.ts.

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openTable } from './journal.ts';
import type { LocalClock } from './timer.ts';
import { AwsError, type Json } from './wire.ts';

export type KeySpec = 'RSA_2048' | 'ECC_NIST_P256' | 'SYMMETRIC_DEFAULT' | 'HMAC_256';

export interface Key {
  readonly id: string;
  readonly spec: KeySpec;
  /** PKCS#8 PEM, or base64 of 32 random bytes. */
  readonly secret: string;
  readonly createdAt: string;
  readonly description: string;
}

export interface KeyRing {
  /** By key id, key ARN, `alias/...` or alias ARN. */
  find(name: string): Key;
  byId(id: string): Key | undefined;
  create(spec: KeySpec, description?: string, privateKeyPem?: string): Key;
  aliasTarget(alias: string): string | undefined;
  setAlias(alias: string, keyId: string): void;
  privateKey(key: Key): KeyObject;
  arnOf(id: string): string;
  metadata(key: Key): Json;
  close(): void;
}

export interface KmsOptions {
  readonly dataFolder: string;
  readonly clock: LocalClock;
  readonly region: string;
  readonly account: string;
}

export const signingAlgorithms: Partial<Record<KeySpec, readonly string[]>> = {
  RSA_2048: ['RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'],
  ECC_NIST_P256: ['ECDSA_SHA_256'],
};

export const usage: Record<KeySpec, string> = {
  RSA_2048: 'SIGN_VERIFY',
  ECC_NIST_P256: 'SIGN_VERIFY',
  SYMMETRIC_DEFAULT: 'ENCRYPT_DECRYPT',
  HMAC_256: 'GENERATE_VERIFY_MAC',
};

export function openKeyRing(options: KmsOptions): KeyRing {
  const keys = openTable<Key>(join(options.dataFolder, 'kms-keys.jsonl'));
  const aliases = openTable<string>(join(options.dataFolder, 'kms-aliases.jsonl'));
  const loaded = new Map<string, KeyObject>();
  const arnOf = (id: string): string => `arn:aws:kms:${options.region}:${options.account}:key/${id}`;
  return {
    find(name) {
      const local = name.startsWith('arn:') ? name.split(':').slice(5).join(':') : name;
      const id = local.startsWith('alias/') ? aliases.get(local) : local.replace(/^key\//, '');
      const key = keys.get(id ?? '');
      if (!key) throw new AwsError('NotFoundException', `Key "${name}" does not exist.`);
      return key;
    },
    byId: (id) => keys.get(id),
    create(spec, description = '', privateKeyPem = undefined) {
      const [id, createdAt] = [randomUUID(), options.clock.now().toISOString()];
      const key = { id, spec, secret: privateKeyPem ?? newSecret(spec), createdAt, description };
      keys.set(id, key);
      return key;
    },
    aliasTarget: (alias) => aliases.get(alias),
    setAlias: (alias, keyId) => aliases.set(alias, keyId),
    privateKey(key) {
      const object = loaded.get(key.id) ?? createPrivateKey(key.secret);
      loaded.set(key.id, object);
      return object;
    },
    arnOf,
    metadata: (key) => ({
      KeyId: key.id,
      Arn: arnOf(key.id),
      AWSAccountId: options.account,
      CreationDate: Date.parse(key.createdAt) / 1000,
      Enabled: true,
      KeyState: 'Enabled',
      KeySpec: key.spec,
      KeyUsage: usage[key.spec],
      Description: key.description,
      ...(signingAlgorithms[key.spec] ? { SigningAlgorithms: signingAlgorithms[key.spec] } : {}),
    }),
    close() {
      keys.close();
      aliases.close();
    },
  };
}

function newSecret(spec: KeySpec): string {
  if (spec === 'RSA_2048') return pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  if (spec === 'ECC_NIST_P256') return pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  return randomBytes(32).toString('base64');
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
