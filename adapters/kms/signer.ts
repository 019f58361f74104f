// How does a node sign without holding a key? KMS signs a digest; the public key is fetched once and kept.

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { Transient } from '../../core/errors.ts';
import type { Signer } from '../../core/ports.ts';
import { passesByItself } from '../passing.ts';
import { getPublicKey, type Kms, sign } from './kms.ts';

/**
 * `RSASSA_PSS_SHA_256` signs messages between nodes, `RSASSA_PKCS1_V1_5_SHA_256` certificate requests for the same key,
 * `ECDSA_SHA_256` seals, factors and evidence heads.
 */
export type KmsAlgorithm = Extract<
  SigningAlgorithmSpec,
  'RSASSA_PSS_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'ECDSA_SHA_256'
>;

export function kmsSigner(client: Kms, keyId: string, SigningAlgorithm: KmsAlgorithm): Signer {
  return {
    keyId,
    async sign(digest) {
      const answer = await busyIsTransient(
        sign(client, { KeyId: keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm }),
      );
      return answer.Signature!;
    },
  };
}

/** One call per key and process; a call that failed is not kept. */
export function kmsPublicKeys(client: Kms): (keyId: string) => Promise<KeyObject> {
  const keys = new Map<string, Promise<KeyObject>>();
  return (keyId) => {
    let key = keys.get(keyId);
    if (!key) {
      key = busyIsTransient(getPublicKey(client, { KeyId: keyId })).then(({ PublicKey }) =>
        createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' }),
      );
      key.catch(() => keys.delete(keyId));
      keys.set(keyId, key);
    }
    return key;
  };
}

const busyNames = new Set([
  'ThrottlingException',
  'LimitExceededException',
  'KMSInternalException',
  'DependencyTimeoutException',
  'KeyUnavailableException',
]);

async function busyIsTransient<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!passesByItself(error, busyNames)) throw error;
    throw new Transient('TransientKmsBusy', `KMS is busy: ${(error as Error).name}`, { cause: error });
  }
}
