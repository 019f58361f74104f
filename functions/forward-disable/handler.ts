// Wires forward-disable, the task of the disable workflow that tells one payout operator.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readConfig } from '../../adapters/config.ts';
import { deliverParts } from '../../adapters/deliver-parts.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { undeliveredDisables } from '../../adapters/dynamodb/undelivered.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { s3LargeBytes } from '../../adapters/s3/large-bytes.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { secretReader } from '../../adapters/secrets-manager/secrets.ts';
import { type ForwardDisableInput, type ForwardDisableOutcome, forwardDisable } from './forward-disable.ts';

const { evidenceBucket } = readConfig(['evidenceBucket']);
const parts = nodeParts('forward-disable', { seals: false, queueUrls: {} });
const ports = {
  ...parts,
  ...deliverParts(parts, secretReader(new SecretsManagerClient())),
  sent: sentMessages(parts.table, s3LargeBytes(s3Client(), evidenceBucket)),
  disables: disableStore(parts.table, parts.announce),
  undelivered: undeliveredDisables(parts.table, parts.announce),
};

export async function handler(event: ForwardDisableInput): Promise<ForwardDisableOutcome> {
  await parts.clock.tune();
  return forwardDisable(ports, event);
}
