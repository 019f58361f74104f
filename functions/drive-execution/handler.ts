// Wires drive-execution: reads the queue of outbox entries about executions.

import { SFNClient } from '@aws-sdk/client-sfn';
import { readConfig } from '../../adapters/config.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { taskTokens } from '../../adapters/dynamodb/task-tokens.ts';
import { kmsCipher } from '../../adapters/kms/cipher.ts';
import { lambdaClient } from '../../adapters/lambda/invoke.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { outboxReceiver } from '../../adapters/sqs/receive.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { driveExecution } from './drive-execution.ts';

const config = readConfig([
  'tokenKeyId',
  'executionQueueUrl',
  'enrolmentStateMachineArn',
  'disableStateMachineArn',
  'notifyEnrolmentFunction',
  'settleEnrolmentFunction',
  'followSuspensionFunction',
  'expireCertificatesFunction',
]);
const parts = nodeParts('drive-execution', {
  seals: false,
  queueUrls: { execution: config.executionQueueUrl },
});
const ports = {
  tokens: taskTokens(parts.table, kmsCipher(parts.kms, config.tokenKeyId)),
  executions: executions(new SFNClient(), lambdaClient(), {
    stateMachineArn: config.enrolmentStateMachineArn,
    disableStateMachineArn: config.disableStateMachineArn,
    functions: {
      notify: config.notifyEnrolmentFunction,
      settle: config.settleEnrolmentFunction,
      followSuspension: config.followSuspensionFunction,
      expire: config.expireCertificatesFunction,
    },
  }),
};
const drive = async (entry: OutboxEntry) => {
  await driveExecution(ports, entry);
  return undefined;
};
const receive = outboxReceiver({
  ...parts,
  store: outboxStore(parts.table),
  effects: {
    'enrolment.start': drive,
    'disable.start': drive,
    'execution.wake': drive,
    'enrolment.tell': drive,
    'enrolment.settle': drive,
    'certificate.expired': drive,
    'suspension.carryOut': drive,
    'suspension.overdue': drive,
  },
});

export async function handler(event: Parameters<typeof receive>[0]) {
  await parts.clock.tune();
  return receive(event);
}
