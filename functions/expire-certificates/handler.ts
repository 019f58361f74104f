// Wires expire-certificates, started once a day.

import { readConfig } from '../../adapters/config.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { expireCertificates } from './expire-certificates.ts';

const config = readConfig(['nodeRole', 'mailQueueUrl', 'deliverQueueUrl', 'executionQueueUrl']);
const parts = nodeParts('expire-certificates', {
  seals: false,
  queueUrls: {
    mail: config.mailQueueUrl,
    deliver: config.deliverQueueUrl,
    execution: config.executionQueueUrl,
  },
});
const ports = {
  ...parts,
  role: config.nodeRole,
  parties: parties(parts.table, parts.sealer),
  people: people(parts.table, parts.sealer),
  disables: disableStore(parts.table, parts.announce),
  lateUses: lateUses(parts.table, parts.announce),
  warn: (participant: string, thumbprint: string) =>
    parts.log.say('ROTATION_HELD', { participant, thumbprint }),
};

export async function handler() {
  await parts.clock.tune();
  return expireCertificates(ports);
}
