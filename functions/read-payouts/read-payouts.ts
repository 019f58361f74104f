// What became of my payouts? One by either of its ids, or a list, with the payout operator's own signed words.
// Nobody learns whether somebody else's exists.

import { Refusal } from '../../core/errors.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { PayoutReader } from '../../core/payout/ports.ts';

export interface ReadPayoutsPorts {
  readonly payouts: PayoutReader;
}

/** @throws Refusal PAYOUT_UNKNOWN */
export async function readPayout(
  { payouts }: ReadPayoutsPorts,
  participant: string,
  id: string,
): Promise<Payout> {
  const payout = await payouts.find(participant, id);
  if (!payout) throw new Refusal('PAYOUT_UNKNOWN');
  return payout;
}

export interface PayoutQuery {
  readonly cursor: string | undefined;
  readonly limit: string | undefined;
  readonly status: string | undefined;
}

const mostPerPage = 100;
const states = ['pending', 'ok', 'error'];

/** @throws Refusal QUERY_MALFORMED, CURSOR_MALFORMED */
export async function listPayouts(
  { payouts }: ReadPayoutsPorts,
  participant: string,
  { cursor, limit = '50', status }: PayoutQuery,
): Promise<Awaited<ReturnType<PayoutReader['list']>>> {
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > mostPerPage)
    throw new Refusal('QUERY_MALFORMED', { parameter: 'limit', expected: `1 to ${mostPerPage}` });
  if (status !== undefined && !states.includes(status))
    throw new Refusal('QUERY_MALFORMED', { parameter: 'status', expected: states.join(', ') });
  return payouts.list(participant, {
    limit: Number(limit),
    ...(cursor !== undefined && { cursor }),
    ...(status !== undefined && { state: status }),
  });
}
