// Wires deliver-message: announcements of the queue "deliver", one entry each.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSEvent } from 'aws-lambda';
import { readConfig } from '../../adapters/config.ts';
import { deliverParts } from '../../adapters/deliver-parts.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { enrolmentAnswer } from '../../adapters/http/enrolment.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { payoutDeliveryParts } from '../../adapters/payout-delivery-parts.ts';
import { s3LargeBytes } from '../../adapters/s3/large-bytes.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { secretReader } from '../../adapters/secrets-manager/secrets.ts';
import { type Effect, GiveUp, outboxReceiver, TryAgain } from '../../adapters/sqs/receive.ts';
import { disableDeliveries } from './disable-deliveries.ts';
import { type Delivery, enrolmentDeliveries } from './enrolment-deliveries.ts';
import { nodeCertificateDeliveries } from './node-certificate-deliveries.ts';
import { payoutDeliveries } from './payout-deliveries.ts';

const config = readConfig(['evidenceBucket', 'deliverQueueUrl', 'executionQueueUrl', 'payoutsFrozen']);
const queueUrls = { deliver: config.deliverQueueUrl, execution: config.executionQueueUrl };
const parts = nodeParts('deliver-message', { seals: false, queueUrls });
const large = s3LargeBytes(s3Client(), config.evidenceBucket);
const ports = {
  ...parts,
  ...deliverParts(parts, secretReader(new SecretsManagerClient())),
  sent: sentMessages(parts.table, large),
  decisions: decisions(parts.table, parts.announce),
  disables: disableStore(parts.table, parts.announce),
  acts: acts(parts.table, parts.announce),
  parties: parties(parts.table, parts.sealer),
  suspensions: suspensions(parts.table, parts.announce),
  describe: enrolmentAnswer,
};

/** Delivered, or nobody to tell: done. A refusal rings, because what we say should never be refused. */
const effectOf =
  (deliver: Delivery): Effect =>
  async (entry) => {
    const delivered = await deliver(entry);
    if (delivered.outcome === 'NOT_NOW')
      throw new TryAgain(delivered.because, delivered.retryAfter, delivered.alone);
    if (delivered.outcome === 'REFUSED') throw new GiveUp(delivered.code);
    return undefined;
  };

const payouts = {
  ...ports,
  ...payoutDeliveryParts(parts, large),
  frozen: config.payoutsFrozen === 'yes',
};

const deliveries = Object.entries({
  ...enrolmentDeliveries(ports),
  ...disableDeliveries(ports),
  ...nodeCertificateDeliveries(ports),
  ...payoutDeliveries(payouts),
});
const effects = Object.fromEntries(deliveries.map(([kind, deliver]) => [kind, effectOf(deliver)]));
const receive = outboxReceiver({ ...parts, store: outboxStore(parts.table), effects });

export async function handler(event: SQSEvent) {
  await parts.clock.tune();
  return receive(event);
}
