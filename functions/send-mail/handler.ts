// Wires send-mail: reads the queue of outbox entries about mails.

import { randomBytes } from 'node:crypto';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { readConfig } from '../../adapters/config.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { invitations } from '../../adapters/dynamodb/invitations.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { mailbox } from '../../adapters/dynamodb/mailbox.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { MailRefused, sesSender } from '../../adapters/mail/ses.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { GiveUp, outboxReceiver } from '../../adapters/sqs/receive.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { bouncePorts } from '../record-bounce/bounce-ports.ts';
import { handleBounce, idOf } from '../record-bounce/record-bounce.ts';
import { letterOf, sendMail } from './send-mail.ts';

const config = readConfig([
  'mailFrom',
  'mailConfigurationSet',
  'nodeName',
  'nodeTimeZone',
  'pagesOrigin',
  'mailQueueUrl',
]);
const parts = nodeParts('send-mail', { seals: false, queueUrls: { mail: config.mailQueueUrl } });
const { table, sealer } = parts;
const ports = {
  ...parts,
  random: (bytes: number) => randomBytes(bytes),
  people: people(table, sealer),
  parties: parties(table, sealer),
  decisions: decisions(table, parts.announce),
  enrolments: enrolmentStore(parts),
  invitations: invitations(table, sealer),
  acts: acts(table, parts.announce),
  disables: disableStore(table, parts.announce),
  suspensions: suspensions(table, parts.announce),
  links: links(table),
  mailbox: mailbox(table),
  send: sesSender({
    client: new SESv2Client(),
    from: config.mailFrom,
    name: config.nodeName,
    configurationSet: config.mailConfigurationSet,
  }),
  nodeName: config.nodeName,
  timeZone: config.nodeTimeZone,
  origin: config.pagesOrigin,
};
const bouncing = bouncePorts(parts);
const send = async (entry: OutboxEntry) => {
  try {
    await sendMail(ports, entry);
  } catch (error) {
    if (!(error instanceof MailRefused)) throw error;
    await handleBounce(bouncing, { kind: 'refused', addresses: [error.to], id: idOf(entry.id) });
    throw new GiveUp(error.message);
  }
  return undefined;
};
const effects = Object.fromEntries(Object.keys(letterOf).map((kind) => [kind, send]));
const receive = outboxReceiver({ ...parts, store: outboxStore(table), effects });

export async function handler(event: Parameters<typeof receive>[0]) {
  await parts.clock.tune();
  return receive(event);
}
