// Wires watch-payouts: every quarter of an hour over the last days, once a day over the last month.

import { readConfig } from '../../adapters/config.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { ConditionFailed } from '../../adapters/dynamodb/table.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { Payout } from '../../core/payout/payout.ts';
import { watchPayouts } from './watch-payouts.ts';

const config = readConfig(['nodeRole', 'deliverQueueUrl']);
const parts = nodeParts('watch-payouts', { seals: false, queueUrls: { deliver: config.deliverQueueUrl } });
const ports = {
  ...parts,
  role: config.nodeRole,
  payouts: payoutReader(parts.table),
  participants: parties(parts.table, parts.sealer).parties,
  async enqueue(entry: OutboxEntry) {
    await parts.enqueue(entry).catch((error: unknown) => {
      if (!(error instanceof ConditionFailed)) throw error;
    });
  },
  alarm: ({ participant, transactionId, createdAt }: Payout) =>
    parts.log.say('PAYOUT_PENDING_LONG', {
      participant,
      transactionId,
      seconds: Math.round((parts.clock.now().getTime() - createdAt.getTime()) / 1000),
    }),
};

export async function handler(): Promise<{ open: number }> {
  await parts.clock.tune();
  return watchPayouts(ports);
}
