// Wires the signing of evidence heads: a schedule every 5 minutes, one concurrent execution.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { nodeClock } from '../../adapters/clock.ts';
import { readConfig } from '../../adapters/config.ts';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { headVerifier } from '../../adapters/kms/heads.ts';
import { kmsClient } from '../../adapters/kms/kms.ts';
import { kmsPublicKeys, kmsSigner } from '../../adapters/kms/signer.ts';
import { nodeLog } from '../../adapters/logger.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { signEvidenceHeads } from './sign-evidence-heads.ts';

const config = readConfig([
  'tableName',
  'evidenceBucket',
  'evidenceKeyId',
  'pastEvidenceKeyIds',
  'nodeFinId',
  'evidenceRetentionDays',
]);
const clock = nodeClock();
const kms = kmsClient();
const acceptedKeyIds = [config.evidenceKeyId, ...config.pastEvidenceKeyIds];
const ports = {
  chains: dynamoDbEvidenceChains(dynamoDbTable({ client: new DynamoDBClient(), name: config.tableName })),
  archive: s3Archive(s3Client(), config.evidenceBucket),
  signer: kmsSigner(kms, config.evidenceKeyId, 'ECDSA_SHA_256'),
  isOurs: headVerifier(acceptedKeyIds, kmsPublicKeys(kms)),
  node: config.nodeFinId,
  retentionDays: config.evidenceRetentionDays,
  clock,
  log: nodeLog('sign-evidence-heads'),
};

export async function handler(): Promise<{ number: number; broken: number }> {
  await clock.tune();
  return signEvidenceHeads(ports);
}
