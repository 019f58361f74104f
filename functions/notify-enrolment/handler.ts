// Wires notify-enrolment, a task of the enrolment workflow.

import { readConfig } from '../../adapters/config.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { lastSensitiveChange } from '../../adapters/dynamodb/sensitive-changes.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import {
  type NotifyEnrolmentInput,
  type NotifyEnrolmentOutcome,
  notifyEnrolment,
} from './notify-enrolment.ts';

const { mailQueueUrl, deliverQueueUrl } = readConfig(['mailQueueUrl', 'deliverQueueUrl']);
const parts = nodeParts('notify-enrolment', {
  seals: false,
  queueUrls: { mail: mailQueueUrl, deliver: deliverQueueUrl },
});
const { table, sealer, announcer } = parts;
const ports = {
  ...parts,
  enrolments: enrolmentStore({ table, announcer }),
  statuses: statusStore(table, sealer),
  parties: parties(table, sealer),
  people: people(table, sealer),
  lastSensitiveChange: (participant: string) => lastSensitiveChange(table, participant),
};

export async function handler(event: NotifyEnrolmentInput): Promise<NotifyEnrolmentOutcome> {
  await parts.clock.tune();
  return notifyEnrolment(ports, event);
}
