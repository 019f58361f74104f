// Wires POST /v1/messages/payouts: the event becomes bytes, signature and caller; the outcome the published answers.

import { readConfig } from '../../adapters/config.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { payoutsRefused, requirePayoutShape } from '../../adapters/http/payouts.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { admitPayoutParts } from '../../adapters/payout-parts.ts';
import { Refusal } from '../../core/errors.ts';
import { admitPayout } from './admit-payout.ts';

const ports = { ...admitPayoutParts(), requireShape: requirePayoutShape };

const { payoutsFrozen } = readConfig(['payoutsFrozen']);

export const handler = apiDoor(ports, async (request) => {
  // What was recorded before the restore is not all known here: 409 and 200 would both be guesses.
  if (payoutsFrozen === 'yes')
    return payoutsRefused([new Refusal('PAYOUTS_FROZEN', { retryable: true })], request.interactionId);
  const admitted = await admitPayout(ports, {
    body: request.body,
    signature: request.header(SIGNATURE_HEADER),
    caller: request.caller(),
  });
  if (admitted.outcome === 'REFUSED') return payoutsRefused(admitted.refusals, request.interactionId);
  const status = admitted.outcome === 'RECORDED' ? 200 : 409;
  return { status, body: { transactions: admitted.transactions } };
});
