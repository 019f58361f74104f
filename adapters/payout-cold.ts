// What the payout functions need only when they meet something for the first time: a key of KMS, the anchor manifest
// and a stored chain to prove, a message too large for its item. Loaded on that first use, so that the start stays light.

import type { Sealer } from '../core/ports.ts';
import { chainProver } from '../core/trust.ts';
import { readConfig } from './config.ts';
import { chainKey } from './dynamodb/enrolment-items.ts';
import { people } from './dynamodb/people.ts';
import type { Table } from './dynamodb/table.ts';
import { kmsClient } from './kms/kms.ts';
import { kmsPublicKeys } from './kms/signer.ts';
import { s3LargeBytes } from './s3/large-bytes.ts';
import { s3Client } from './s3/s3.ts';
import { trustSource } from './s3/trust.ts';

export const sealKeys = () => kmsPublicKeys(kmsClient());

export function largeBytes() {
  return s3LargeBytes(s3Client(), readConfig(['evidenceBucket']).evidenceBucket);
}

export function prover(table: Table, sealer: Sealer) {
  const config = readConfig(['nodeStage', 'trustBucket', 'factorKeyId', 'sealKeyId', 'pastSealKeyIds']);
  const publicKey = kmsPublicKeys(kmsClient());
  const trust = trustSource({
    client: s3Client(),
    bucket: config.trustBucket,
    table,
    sealer,
    people: people(table, sealer),
    stage: config.nodeStage,
    factorPublicKey: () => publicKey(config.factorKeyId),
    async manifestKeys() {
      const ids = [config.sealKeyId, ...config.pastSealKeyIds];
      return new Map(await Promise.all(ids.map(async (id) => [id, await publicKey(id)] as const)));
    },
  });
  return chainProver(trust, {
    async chainOf(thumbprint) {
      return (await table.get(chainKey(thumbprint)))?.path as readonly Uint8Array[] | undefined;
    },
  });
}
