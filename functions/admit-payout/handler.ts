// Wires POST /v1/messages/payouts: the event becomes bytes, signature and caller; the outcome the published answers.

import { apiDoor } from '../../adapters/http/door.ts';
import { payoutsRefused, requirePayoutShape } from '../../adapters/http/payouts.ts';
import { SIGNATURE_HEADER } from '../../adapters/http/request.ts';
import { admitPayoutParts } from '../../adapters/payout-parts.ts';
import { admitPayout } from './admit-payout.ts';

const ports = { ...admitPayoutParts(), requireShape: requirePayoutShape };

export const handler = apiDoor(ports, async (request) => {
  const admitted = await admitPayout(ports, {
    body: request.body,
    signature: request.header(SIGNATURE_HEADER),
    caller: request.caller(),
  });
  if (admitted.outcome === 'REFUSED') return payoutsRefused(admitted.refusals, request.interactionId);
  const status = admitted.outcome === 'RECORDED' ? 200 : 409;
  return { status, body: { transactions: admitted.transactions } };
});
