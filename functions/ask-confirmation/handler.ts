// Wires ask-confirmation: called by the workflow's waiting state with its task token.

import { readConfig } from '../../adapters/config.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { taskTokens } from '../../adapters/dynamodb/task-tokens.ts';
import { kmsCipher } from '../../adapters/kms/cipher.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { type AskConfirmationInput, askConfirmation } from './ask-confirmation.ts';

const config = readConfig(['tokenKeyId', 'mailQueueUrl', 'executionQueueUrl']);
const queueUrls = { mail: config.mailQueueUrl, execution: config.executionQueueUrl };
const parts = nodeParts('ask-confirmation', { seals: false, queueUrls });
const ports = {
  ...parts,
  enrolments: enrolmentStore(parts),
  parties: parties(parts.table, parts.sealer),
  people: people(parts.table, parts.sealer),
  decisions: decisions(parts.table, parts.announce),
  acts: acts(parts.table, parts.announce),
  tokens: taskTokens(parts.table, kmsCipher(parts.kms, config.tokenKeyId)),
  announceWake: parts.enqueue,
};

export async function handler(event: AskConfirmationInput) {
  await parts.clock.tune();
  return askConfirmation(ports, event);
}
