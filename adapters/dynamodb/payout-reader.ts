// What may a participant see of its payouts? By its own transaction_id or the network's, and as a list, newest first.
// Payouts of a large message show only once the message is committed: before, they can still be refused.

import { leastIdAt } from '../../core/payout/ids.ts';
import type { PayoutReader } from '../../core/payout/ports.ts';
import { requireOwnCursor } from './own-cursor.ts';
import {
  payoutAnswerOf,
  payoutKey,
  payoutMessageKey,
  payoutOf,
  payoutsIndex,
  type StoredPayout,
} from './payout-items.ts';
import { all, type Condition, equals, oneOf, type Table } from './table.ts';

const networkId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Before and after every id. */
const [START, END] = ['0', 'g'];

export function payoutReader(table: Table): PayoutReader {
  async function committed(payouts: readonly StoredPayout[]): Promise<readonly StoredPayout[]> {
    const large = payouts.filter((payout) => payout.large);
    if (large.length === 0) return payouts;
    const keys = large.map(({ participant, messageId }) => payoutMessageKey(participant, messageId));
    const messages = await table.getMany(keys);
    const open = new Set(large.filter((_, at) => messages[at]?.state !== 'committed'));
    return payouts.filter((payout) => !open.has(payout));
  }

  async function byNetworkId(participant: string, id: string) {
    const range = { is: '=', value: id } as const;
    const { items } = await table.query({ hash: payoutsIndex(participant), index: 'GSI1', range });
    return items[0];
  }

  return {
    async find(participant, id) {
      const own = await table.get(payoutKey(participant, id));
      const item = own ?? (networkId.test(id) ? await byNetworkId(participant, id) : undefined);
      const [payout] = item ? await committed([payoutOf(item)]) : [];
      return payout;
    },
    answerOf: (payout) => payoutAnswerOf(table, payout.participant, payout.transactionId),
    async list(participant, { limit, cursor, states, from, to, messageId }) {
      const range = { from: from ? leastIdAt(from) : START, to: to ? leastIdAt(to) : END };
      if (cursor !== undefined) requireOwnCursor(cursor, payoutsIndex(participant), range);
      const filters: Condition[] = [
        ...(states === undefined ? [] : [oneOf('state', states)]),
        ...(messageId === undefined ? [] : [equals('messageId', messageId)]),
      ];
      const page = await table.query({
        hash: payoutsIndex(participant),
        index: 'GSI1',
        backward: true,
        limit,
        range,
        ...(cursor !== undefined && { cursor }),
        ...(filters.length > 0 && { filter: all(...filters) }),
      });
      const items = await committed(page.items.map(payoutOf));
      return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
    },
  };
}
