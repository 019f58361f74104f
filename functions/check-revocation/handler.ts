// Wires check-revocation, the first task of the enrolment workflow.

import { readConfig } from '../../adapters/config.ts';
import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { createEgress } from '../../adapters/http/egress.ts';
import { pathRevocation } from '../../adapters/http/path-revocation.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { s3KeptBytes } from '../../adapters/s3/kept-bytes.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { listRead } from '../../core/sweep/ports.ts';
import { type CheckRevocationOutcome, checkRevocation } from './check-revocation.ts';

const { evidenceBucket, nodeStage } = readConfig(['evidenceBucket', 'nodeStage']);
const parts = nodeParts('check-revocation', { seals: false, queueUrls: {} });
const trust = nodeTrust(parts);
const keep = s3KeptBytes(s3Client(), evidenceBucket);
// Only the local run's PSC lives on a private address; a deployed node never asks one.
const egress = createEgress({ allowPrivate: nodeStage === 'local' });

const sources = sweptSources(parts.table);
const known = async (id: string) => listRead(await sources.find(id));

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
