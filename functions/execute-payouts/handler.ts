// Wires execute-payouts: announcements of the queue "payment", one payout each. The one function that reaches the bank's
// core; it signs nothing, and what it has to tell goes through the outbox to deliver-message.

import type { SQSEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { payoutExecutionParts } from '../../adapters/payout-delivery-parts.ts';
import { s3LargeBytes } from '../../adapters/s3/large-bytes.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { type Effect, GiveUp, outboxReceiver, TryAgain } from '../../adapters/sqs/receive.ts';
import { executePayout } from './execute-payout.ts';

const config = readConfig(['evidenceBucket', 'deliverQueueUrl', 'paymentQueueUrl', 'payoutsFrozen']);
const { nodeFinId, nodeFinIdSchema } = readConfig(['nodeFinId', 'nodeFinIdSchema']);
const queueUrls = { deliver: config.deliverQueueUrl, payment: config.paymentQueueUrl };
const parts = nodeParts('execute-payouts', { seals: false, queueUrls });
const ports = {
  ...parts,
  ...payoutExecutionParts(parts, s3LargeBytes(s3Client(), config.evidenceBucket)),
  node: { finId: nodeFinId, finIdSchema: nodeFinIdSchema },
  frozen: config.payoutsFrozen === 'yes',
};

const execute: Effect = async (entry) => {
  const executed = await executePayout(ports, entry);
  if (executed.outcome === 'NOT_NOW') throw new TryAgain(executed.because);
  if (executed.outcome === 'STUCK') throw new GiveUp(executed.code);
  return undefined;
};
const effects = { 'payout.execute': execute };
const receive = outboxReceiver({ ...parts, store: outboxStore(parts.table), effects });

export async function handler(event: SQSEvent) {
  await parts.clock.tune();
  return receive(event);
}
