// Wires GET /v1/payouts and GET /v1/payouts/{id}.

import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { payoutAnswer } from '../../adapters/http/payouts.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { listPayouts, readPayout } from './read-payouts.ts';

const parts = nodeParts('read-payouts', { seals: false, queueUrls: {} });
const ports = { payouts: payoutReader(parts.table) };

export const handler = apiDoor(parts, async (request) => {
  const { participant } = request.caller();
  const { id } = request.pathParameters;
  if (id !== undefined) return { status: 200, body: payoutAnswer(await readPayout(ports, participant, id)) };
  const [cursor, limit, status] = ['cursor', 'limit', 'status'].map((name) => request.query(name));
  const { items, cursor: next } = await listPayouts(ports, participant, { cursor, limit, status });
  return { status: 200, body: { payouts: items.map(payoutAnswer), next_cursor: next ?? null } };
});
