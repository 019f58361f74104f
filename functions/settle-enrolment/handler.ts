// Wires settle-enrolment: called by the workflow with its finding, and by drive-execution when an operator answered.

import { readConfig } from '../../adapters/config.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { lastSensitiveChange } from '../../adapters/dynamodb/sensitive-changes.ts';
import { enrolling } from '../../adapters/enrolling.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import {
  type SettleEnrolmentOutcome,
  type SettleEnrolmentPorts,
  settleEnrolment,
} from './settle-enrolment.ts';

const { deliverQueueUrl } = readConfig(['deliverQueueUrl']);
const parts = nodeParts('settle-enrolment', { seals: true, queueUrls: { deliver: deliverQueueUrl } });
const trust = nodeTrust(parts, { seals: true });
const ports: SettleEnrolmentPorts = {
  ...parts,
  ...trust,
  ...enrolling(parts.table, trust),
  decisions: decisions(parts.table, parts.announce),
  acts: acts(parts.table, parts.announce),
  lastSensitiveChange: (participant: string) => lastSensitiveChange(parts.table, participant),
  warn: (code, about, because) => parts.log.say(code, { ...about, refusal: because }),
};

export async function handler(event: {
  readonly enrolmentId: string;
  readonly finding?: string;
}): Promise<SettleEnrolmentOutcome> {
  await parts.clock.tune();
  // The workflow comes here at its end; an answer that came by itself leaves the others time.
  return settleEnrolment(ports, { ...event, final: event.finding !== undefined });
}
