// What do deliveries and executions of payouts stand on beside the other deliveries? The payouts themselves, the node's
// trust (an operator verifies again by itself), participants' settings and URLs, and, for executions alone, the bank's core.

import type { Executor } from '../core/payout/executor.ts';
import { urlInForce } from '../core/webhook.ts';
import { type Config, readConfig } from './config.ts';
import { payoutMoves } from './dynamodb/payout-moves.ts';
import { payoutSettingsKey, payoutSettingsOf } from './dynamodb/payout-settings.ts';
import type { LargeBytes } from './dynamodb/sent-messages.ts';
import { webhooks } from './dynamodb/webhooks.ts';
import { httpExecutor } from './executor/http.ts';
import type { NodeParts } from './node-parts.ts';
import { nodeTrust } from './node-trust.ts';

export function payoutDeliveryParts(parts: NodeParts, large: LargeBytes) {
  const { table, sealer } = parts;
  const trust = nodeTrust(parts);
  const hooks = webhooks(table, sealer);
  return {
    moves: payoutMoves({ ...parts, large }),
    statuses: trust.statuses,
    suspended: (finId: string) => trust.parties.frozen(finId),
    async institution(finId: string) {
      return trust.parties.party(finId);
    },
    async payoutsUrl(participant: string, now: Date) {
      const webhook = await hooks.find(participant, 'payouts');
      return webhook && urlInForce(webhook, now).url;
    },
  };
}

export function payoutExecutionParts(parts: NodeParts, large: LargeBytes) {
  const { table, sealer } = parts;
  const trust = nodeTrust(parts);
  return {
    moves: payoutMoves({ ...parts, large }),
    statuses: trust.statuses,
    chains: trust.chains,
    proved: trust.proved,
    executor: bankCore(readConfig(['executorUrl', 'executorIdempotent'])),
    async debtor(finId: string) {
      const party = await trust.parties.party(finId);
      if (!party) return undefined;
      const settings = await payoutSettingsOf(sealer, await table.get(payoutSettingsKey(finId)));
      return { ...party, settings, suspended: await trust.parties.frozen(finId) };
    },
  };
}

/** As its operator names and describes it. */
export function bankCore({
  executorUrl,
  executorIdempotent,
}: Config<'executorUrl' | 'executorIdempotent'>): Executor {
  if (!executorUrl) return noExecutor;
  return httpExecutor({ url: executorUrl, idempotent: executorIdempotent === 'yes' });
}

const unnamed = async (): Promise<never> => {
  throw new Error('"EXECUTOR_URL" is not set: this node was asked to execute a payout');
};
/** A network executes nothing. */
const noExecutor: Executor = {
  idempotent: false,
  holderOf: unnamed,
  creditorAccount: unnamed,
  pay: unnamed,
  find: unnamed,
};
