// Wires the sweep of the outbox: run by a schedule every minute.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { nodeClock } from '../../adapters/clock.ts';
import { readConfig } from '../../adapters/config.ts';
import { dynamoDbTable } from '../../adapters/dynamodb/dynamodb.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { nodeLog } from '../../adapters/logger.ts';
import { sqsAnnouncer } from '../../adapters/sqs/announce.ts';
import { sqsClient } from '../../adapters/sqs/send.ts';
import { sweepOutbox } from './sweep-outbox.ts';

const config = readConfig([
  'tableName',
  'mailQueueUrl',
  'deliverQueueUrl',
  'executionQueueUrl',
  'paymentQueueUrl',
]);
const clock = nodeClock();
const log = nodeLog('sweep-outbox');
const queueUrls = {
  mail: config.mailQueueUrl,
  deliver: config.deliverQueueUrl,
  execution: config.executionQueueUrl,
  payment: config.paymentQueueUrl,
};
const ports = {
  store: outboxStore(dynamoDbTable({ client: new DynamoDBClient(), name: config.tableName })),
  announcer: sqsAnnouncer({ client: sqsClient(), queueUrls, clock, log }),
  clock,
};

export async function handler(): Promise<{ announced: number }> {
  await clock.tune();
  return sweepOutbox(ports);
}
