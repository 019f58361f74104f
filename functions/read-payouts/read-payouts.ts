// What became of my payouts? One by either of its ids, or a list, with the payout operator's own signed words.
// Nobody learns whether somebody else's exists.

import { Refusal } from '../../core/errors.ts';
import { dayRange } from '../../core/payout/day.ts';
import { type Payout, publishedState, statesPublishedAs } from '../../core/payout/payout.ts';
import type { PayoutReader } from '../../core/payout/ports.ts';

export interface ReadPayoutsPorts {
  readonly payouts: PayoutReader;
  timeZone(participant: string): Promise<string>;
}

/** @throws Refusal PAYOUT_UNKNOWN */
export async function readPayout(
  { payouts }: Pick<ReadPayoutsPorts, 'payouts'>,
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
  readonly messageId?: string | undefined;
  readonly transactionId?: string | undefined;
  /** YYYY-MM-DD where the participant is. */
  readonly day?: string | undefined;
}

const mostPerPage = 100;
const states = ['pending', 'ok', 'error'];

/** @throws Refusal QUERY_MALFORMED, CURSOR_MALFORMED */
export async function listPayouts(
  { payouts, timeZone }: ReadPayoutsPorts,
  participant: string,
  { cursor, limit = '50', status, messageId, transactionId, day }: PayoutQuery,
): Promise<Awaited<ReturnType<PayoutReader['list']>>> {
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > mostPerPage)
    throw new Refusal('QUERY_MALFORMED', { parameter: 'limit', expected: `1 to ${mostPerPage}` });
  if (status !== undefined && !states.includes(status))
    throw new Refusal('QUERY_MALFORMED', { parameter: 'status', expected: states.join(', ') });
  if (transactionId !== undefined) {
    const found = await payouts.find(participant, transactionId);
    // By the participant's own id only: the network's has a path of its own.
    const own = found?.transactionId === transactionId && (!status || publishedState(found.state) === status);
    return { items: own && (!messageId || found.messageId === messageId) ? [found] : [] };
  }
  return payouts.list(participant, {
    limit: Number(limit),
    ...(messageId !== undefined && { messageId }),
    ...(day !== undefined && dayRange(await timeZone(participant), day)),
    ...(cursor !== undefined && { cursor }),
    ...(status !== undefined && { states: statesPublishedAs(status) }),
  });
}
