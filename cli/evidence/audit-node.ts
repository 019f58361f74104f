// Wires the audit to AWS: the node's table, its archive, and the public keys of KMS where none were given as files.

import type { KeyObject } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { auditedTable } from '../../adapters/dynamodb/evidence-audit.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { headVerifier } from '../../adapters/kms/heads.ts';
import { sealer } from '../../adapters/kms/seal.ts';
import { kmsPublicKeys } from '../../adapters/kms/signer.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { type AuditReport, audit } from '../../core/evidence/audit.ts';
import { heldHead } from '../../core/evidence/peer-heads.ts';
import type { LastHead } from '../../core/evidence/ports.ts';
import type { AuditSettings } from './settings.ts';

export interface NodeAudit {
  readonly config: AuditSettings;
  readonly now: Date;
  readonly evidenceKey: KeyObject | undefined;
  readonly sealKey: KeyObject | undefined;
  readonly peerHeads: readonly LastHead[];
}

export async function auditNode({
  config,
  now,
  evidenceKey,
  sealKey,
  peerHeads,
}: NodeAudit): Promise<AuditReport> {
  const kmsKey = kmsPublicKeys(new KMSClient());
  const given = (key: KeyObject | undefined) => (key ? async () => key : kmsKey);
  const table = dynamoDbTable({ client: new DynamoDBClient(), name: config.tableName });
  const archive = s3Archive(new S3Client(), config.evidenceBucket);
  const seals = sealer({
    acceptedKeyIds: [config.sealKeyId, ...config.pastSealKeyIds],
    publicKey: given(sealKey),
    // A broken seal is a finding here, not an alarm.
    log: { say: () => {} },
  });
  const { unchained, ...audited } = auditedTable(table, seals, archive);
  return audit({
    archive,
    isOurs: headVerifier([config.evidenceKeyId, ...config.pastEvidenceKeyIds], given(evidenceKey)),
    node: config.nodeFinId,
    now,
    peerHeads,
    chains: { ...dynamoDbEvidenceChains(table), unchained },
    ...audited,
  });
}

/** From the chain of this node's own evidence, in the order in which they came. */
export async function headsHeldOf(tableName: string, peer: string): Promise<readonly LastHead[]> {
  const table = dynamoDbTable({ client: new DynamoDBClient(), name: tableName });
  const heads: LastHead[] = [];
  for await (const { body } of dynamoDbEvidenceChains(table).links('node', 0)) {
    const head = heldHead(body, peer);
    if (head) heads.push(head);
  }
  return heads;
}
