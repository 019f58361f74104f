// Wires publish-truststore, started every five minutes.

import { readConfig } from '../../adapters/config.ts';
import { sweptSources } from '../../adapters/dynamodb/swept-sources.ts';
import { truststoreRecords } from '../../adapters/dynamodb/truststore.ts';
import { createEgress } from '../../adapters/http/egress.ts';
import { revocationWire } from '../../adapters/http/revocation-wire.ts';
import { kmsSigner } from '../../adapters/kms/signer.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { truststoreShelf } from '../../adapters/s3/truststore.ts';
import { publishTruststore } from './publish-truststore.ts';

const config = readConfig(['nodeStage', 'trustBucket', 'truststoreKeyId']);
const parts = nodeParts('publish-truststore', { seals: false, queueUrls: {} });
const ports = {
  clock: parts.clock,
  stage: config.nodeStage,
  trust: nodeTrust(parts).trust,
  sources: sweptSources(parts.table),
  // Only the local run's PSC lives on a private address.
  wire: revocationWire(createEgress({ allowPrivate: config.nodeStage === 'local' })),
  shelf: truststoreShelf(s3Client(), config.trustBucket),
  records: truststoreRecords(parts.table),
  signer: kmsSigner(parts.kms, config.truststoreKeyId, 'ECDSA_SHA_256'),
  leftOut: (authorities: readonly string[]) =>
    parts.log.say('TRUSTSTORE_LEFT_OUT', {
      count: authorities.length,
      ...(authorities[0] && { thumbprint: authorities[0] }),
    }),
};

export async function handler() {
  await parts.clock.tune();
  return publishTruststore(ports);
}
