import { expect, test } from 'vitest';
import { Refusal } from '../../core/errors.ts';
import { networkTransactionIds } from '../../core/payout/ids.ts';
import type { ReceivePayoutPorts } from '../../functions/receive-node-message/forwarded-payouts.ts';
import { refuseForward } from '../../functions/receive-node-message/receive-inquiry.ts';
import { bank, debtor, network, now } from '../support/payouts.ts';

test('a forward of a thousand is refused some at once, each with a word: a function has 29 seconds', async () => {
  const idOf = networkTransactionIds(now, new Uint8Array(16).fill(7));
  const transactions = Array.from({ length: 1000 }, (_, place) => ({
    transactionId: `t-${place}`,
    networkTransactionId: idOf(place),
  }));
  const refused: string[] = [];
  let [waiting, most, rounds, id] = [0, 0, 0, 0];
  const moves = {
    find: async () => undefined,
    async refuseFrom(_: string, { transactionId }: { transactionId: string }) {
      if (++waiting === 1) rounds++;
      most = Math.max(most, waiting);
      await new Promise(setImmediate);
      waiting--;
      refused.push(transactionId);
      return true;
    },
  };
  const node = { finId: bank, finIdSchema: 'SHINKANSEN' };
  const ports = { clock: { now: () => now }, ids: { next: () => `id-${id++}` }, node, moves };
  const original = { bytes: new Uint8Array(), signature: '' };
  const forward = { original, payoutOperator: bank, transactions, notAfter: now };
  await refuseForward(
    ports as unknown as ReceivePayoutPorts,
    { participant: debtor, messageId: 'm', forward, from: network },
    new Refusal('CERTIFICATE_UNKNOWN'),
  );
  expect(new Set(refused).size).toBe(1000);
  expect(rounds).toBeLessThanOrEqual(50);
  // Not all of them either: the table and the queue are others' too.
  expect(most).toBeLessThanOrEqual(50);
});
