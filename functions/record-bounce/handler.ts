// Wires record-bounce: reads what SES publishes of bounces, complaints and refusals through SNS.

import type { SNSEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { bouncePorts } from './bounce-ports.ts';
import { bounceOf, handleBounce } from './record-bounce.ts';

const { mailQueueUrl } = readConfig(['mailQueueUrl']);
const parts = nodeParts('record-bounce', { seals: false, queueUrls: { mail: mailQueueUrl } });
const ports = bouncePorts(parts);

export async function handler(event: SNSEvent): Promise<{ readonly persons: number }> {
  await parts.clock.tune();
  let persons = 0;
  for (const { Sns } of event.Records) {
    const bounce = bounceOf(Sns.Message);
    if (bounce) persons += (await handleBounce(ports, bounce)).persons;
  }
  return { persons };
}
