// Wires follow-suspension: invoked by drive-execution from the outbox.

import { readConfig } from '../../adapters/config.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { type FollowSuspensionInput, followSuspension } from './follow-suspension.ts';

const config = readConfig(['nodeRole', 'mailQueueUrl', 'deliverQueueUrl', 'executionQueueUrl']);
const queueUrls = {
  mail: config.mailQueueUrl,
  deliver: config.deliverQueueUrl,
  execution: config.executionQueueUrl,
};
const parts = nodeParts('follow-suspension', { seals: false, queueUrls });
const { table, sealer, announce } = parts;
const ports = {
  ...parts,
  role: config.nodeRole,
  people: people(table, sealer),
  disables: disableStore(table, announce),
  suspensions: suspensions(table, announce),
  apiKeys: apiKeys(table, sealer),
  ledger: ledger(table, sealer, announce),
  alarm: (participant: string) => parts.log.say('SUSPENSION_OVERDUE', { participant }),
};

export async function handler(event: FollowSuspensionInput) {
  await parts.clock.tune();
  return followSuspension(ports, event);
}
