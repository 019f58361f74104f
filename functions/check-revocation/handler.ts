// Wires check-revocation, the first task of the enrolment workflow.

import { readConfig } from '../../adapters/config.ts';
import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { createEgress } from '../../adapters/http/egress.ts';
import { pathRevocation } from '../../adapters/http/path-revocation.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { putObject, s3Client } from '../../adapters/s3/s3.ts';
import { listRead } from '../../core/sweep/ports.ts';
import { type CheckRevocationOutcome, checkRevocation } from './check-revocation.ts';

const { evidenceBucket: Bucket, nodeStage } = readConfig(['evidenceBucket', 'nodeStage']);
const parts = nodeParts('check-revocation', { seals: false, queueUrls: {} });
const trust = nodeTrust(parts);
const s3 = s3Client();
// Only the local run's PSC lives on a private address; a deployed node never asks one.
const egress = createEgress({ allowPrivate: nodeStage === 'local' });

const sources = sweptSources(parts.table);
const known = async (id: string) => listRead(await sources.find(id));

async function keep(_kind: string, sha256: string, bytes: Uint8Array): Promise<void> {
  const object = { Bucket, Key: `bytes/${sha256}`, Body: bytes, ChecksumAlgorithm: 'SHA256' } as const;
  await putObject(s3, { ...object, IfNoneMatch: '*' }).catch((error: Error) => {
    // The same list was kept before.
    if (error.name !== 'PreconditionFailed') throw error;
  });
}

export async function handler(event: { readonly enrolmentId: string }): Promise<CheckRevocationOutcome> {
  await parts.clock.tune();
  return checkRevocation(
    {
      ...parts,
      ...trust,
      revocationOf: (path, profile, now) => pathRevocation({ egress, keep, known }, path, profile, now),
    },
    event,
  );
}
