// Wires the dossier to AWS: the node's table, its archive and its factor key. It reads and writes nothing; what it
// collects is for `apodera evidence verify` to judge.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { dossierPorts } from '../../adapters/dynamodb/dossier.ts';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { kmsPublicKeys } from '../../adapters/kms/signer.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { s3LargeBytes } from '../../adapters/s3/large-bytes.ts';
import type { Dossier } from '../../core/evidence/dossier.ts';
import { enrolmentDossier, payoutDossier } from '../../core/evidence/dossier-export.ts';
import type { DossierSettings } from './settings.ts';

export type DossierSubject =
  | { readonly participant: string; readonly payout: string }
  | { readonly enrolment: string };

export function exportDossier(config: DossierSettings, subject: DossierSubject): Promise<Dossier> {
  const s3 = new S3Client();
  const publicKey = kmsPublicKeys(new KMSClient());
  const ports = dossierPorts({
    node: config.nodeFinId,
    table: dynamoDbTable({ client: new DynamoDBClient(), name: config.tableName }),
    archive: s3Archive(s3, config.evidenceBucket),
    large: s3LargeBytes(s3, config.evidenceBucket),
    factorKey: () => publicKey(config.factorKeyId),
  });
  return 'enrolment' in subject
    ? enrolmentDossier(ports, subject.enrolment)
    : payoutDossier(ports, { participant: subject.participant, id: subject.payout });
}
