// Wires GET /v1/payouts and GET /v1/payouts/{id}.

import { parties } from '../../adapters/dynamodb/parties.ts';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { payoutAnswer, payoutDetail } from '../../adapters/http/payouts.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { listPayouts, readPayout } from './read-payouts.ts';

const parts = nodeParts('read-payouts', { seals: false, queueUrls: {} });
const known = parties(parts.table, parts.sealer);
const ports = {
  payouts: payoutReader(parts.table),
  async timeZone(participant: string) {
    return (await known.party(participant))?.timeZone ?? 'UTC';
  },
};

export const handler = apiDoor(parts, async (request) => {
  const { participant } = request.caller();
  const { id } = request.pathParameters;
  if (id !== undefined) {
    const payout = await readPayout(ports, participant, id);
    return { status: 200, body: payoutDetail(payout, await ports.payouts.answerOf(payout)) };
  }
  const { items, cursor: next } = await listPayouts(ports, participant, {
    cursor: request.query('cursor'),
    limit: request.query('limit'),
    status: request.query('status'),
    messageId: request.query('message_id'),
    transactionId: request.query('transaction_id'),
    day: request.query('day'),
  });
  return { status: 200, body: { payouts: items.map(payoutAnswer), next_cursor: next ?? null } };
});
