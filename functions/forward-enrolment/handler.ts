// Wires forward-enrolment, a task of the enrolment workflow that waits for a payout operator.

import { readConfig } from '../../adapters/config.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { taskTokens } from '../../adapters/dynamodb/task-tokens.ts';
import { kmsCipher } from '../../adapters/kms/cipher.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { type ForwardEnrolmentInput, forwardEnrolment } from './forward-enrolment.ts';

const { tokenKeyId, deliverQueueUrl, executionQueueUrl } = readConfig([
  'tokenKeyId',
  'deliverQueueUrl',
  'executionQueueUrl',
]);
const parts = nodeParts('forward-enrolment', {
  seals: false,
  queueUrls: { deliver: deliverQueueUrl, execution: executionQueueUrl },
});
const ports = {
  ...parts,
  enrolments: enrolmentStore(parts),
  tokens: taskTokens(parts.table, kmsCipher(parts.kms, tokenKeyId)),
};

export async function handler(event: ForwardEnrolmentInput): Promise<void> {
  await parts.clock.tune();
  await forwardEnrolment(ports, event);
}
