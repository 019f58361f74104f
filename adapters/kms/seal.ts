// Seals by a KMS key (P-256), checked here with its public key: one KMS call to seal, none to check (S22).
// What was checked once is compared by bytes afterwards, for as long as this process lives.

import { createHash, type KeyObject, verify } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import type { Sealer, Signer } from '../../core/ports.ts';
import { type SealContent, sealedBytes, sealOver } from '../../core/seal.ts';
import type { Log } from '../logger.ts';

export interface SealerOptions {
  /** Seals; absent in functions that only read what was sealed. */
  readonly signer?: Signer;
  /** The seal key in force and earlier ones whose seals still count; a seal that names another key is broken. */
  readonly acceptedKeyIds: readonly string[];
  readonly publicKey: (keyId: string) => Promise<KeyObject>;
  readonly log: Log;
}

// 10,000 digests of 32 bytes are some 2 MB; the certificates in use at one node stay below that.
const rememberedSeals = 10_000;

export function sealer({ signer, acceptedKeyIds, publicKey, log }: SealerOptions): Sealer {
  const good = new Set<string>();
  return {
    async seal(content) {
      if (!signer) throw new Error('this function may not seal: it was given no signer');
      const signature = Buffer.from(await signer.sign(sealOver(content))).toString('base64url');
      const { version, proofs } = content;
      const over = Object.entries(content.content).flatMap(([name, value]) =>
        value === undefined ? [] : [name],
      );
      return { version, proofs: [...proofs], keyId: signer.keyId, over: over.sort(), signature };
    },
    async check(content, seal) {
      const bytes = bytesOf(content);
      if (!bytes || !seal || typeof seal.signature !== 'string' || seal.version !== content.version)
        throw broken(log, content);
      const signature = Buffer.from(seal.signature, 'base64url');
      const known = createHash('sha256')
        .update(bytes)
        .update('\n')
        .update(seal.keyId)
        .update('\n')
        .update(signature);
      const name = known.digest('base64');
      if (good.has(name)) return;
      if (!acceptedKeyIds.includes(seal.keyId)) throw broken(log, content);
      if (!verify('sha256', bytes, await publicKey(seal.keyId), signature)) throw broken(log, content);
      if (good.size >= rememberedSeals) good.delete(good.values().next().value!);
      good.add(name);
    },
  };
}

/** Undefined for content that no seal of ours can cover: what an attacker put there may be anything. */
function bytesOf(content: SealContent): Buffer | undefined {
  try {
    return sealedBytes(content);
  } catch {
    return undefined;
  }
}

function broken(log: Log, content: SealContent): Refusal {
  log.say('SEAL_BROKEN', { item: content.key.split('#')[0]!, itemVersion: Number(content.version) });
  return new Refusal('SEAL_BROKEN', { parameter: content.key.split('#')[0] });
}
