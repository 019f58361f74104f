// Wires GET /v1/payouts and GET /v1/payouts/{id}.

import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { payoutAnswer, payoutDetail } from '../../adapters/http/payouts.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { listPayouts, readPayout } from './read-payouts.ts';

const parts = nodeParts('read-payouts', { seals: false, queueUrls: {} });
const ports = { payouts: payoutReader(parts.table) };

export const handler = apiDoor(parts, async (request) => {
  const { participant } = request.caller();
  const { id } = request.pathParameters;
  if (id !== undefined) {
    const payout = await readPayout(ports, participant, id);
    return { status: 200, body: payoutDetail(payout, await ports.payouts.answerOf(payout)) };
  }
  const [cursor, limit, status] = ['cursor', 'limit', 'status'].map((name) => request.query(name));
  const { items, cursor: next } = await listPayouts(ports, participant, { cursor, limit, status });
  return { status: 200, body: { payouts: items.map(payoutAnswer), next_cursor: next ?? null } };
});
