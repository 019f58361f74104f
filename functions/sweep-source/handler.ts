// Wires sweep-source, a task of the revocation sweep.

import { readConfig } from '../../adapters/config.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { createEgress } from '../../adapters/http/egress.ts';
import { revocationWire } from '../../adapters/http/revocation-wire.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { s3KeptBytes } from '../../adapters/s3/kept-bytes.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { sweepSource } from './sweep-source.ts';

const config = readConfig([
  'nodeRole',
  'nodeStage',
  'evidenceBucket',
  'mailQueueUrl',
  'deliverQueueUrl',
  'executionQueueUrl',
]);
const parts = nodeParts('sweep-source', {
  seals: false,
  queueUrls: {
    mail: config.mailQueueUrl,
    deliver: config.deliverQueueUrl,
    execution: config.executionQueueUrl,
  },
});
const ports = {
  ...parts,
  ...nodeTrust(parts),
  role: config.nodeRole,
  sources: sweptSources(parts.table),
  disables: disableStore(parts.table, parts.announce),
  // Only the local run's PSC lives on a private address.
  wire: revocationWire(createEgress({ allowPrivate: config.nodeStage === 'local' })),
  keep: s3KeptBytes(s3Client(), config.evidenceBucket),
  alarm: ({ id }: { readonly id: string }, refusal: string) =>
    parts.log.say('REVOCATION_SOURCE_FAILING', { source: id, refusal }),
};

export async function handler(event: { readonly source: string }) {
  await parts.clock.tune();
  return sweepSource(ports, event);
}
