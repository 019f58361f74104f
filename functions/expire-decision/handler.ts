// Wires expire-decision: called by the workflow when nobody has answered in time.

import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { type ExpireDecisionInput, expireDecision } from './expire-decision.ts';

const parts = nodeParts('expire-decision', { seals: false, queueUrls: {} });
const ports = { ...parts, decisions: decisions(parts.table, parts.announce) };

export async function handler(event: ExpireDecisionInput) {
  await parts.clock.tune();
  return expireDecision(ports, event);
}
