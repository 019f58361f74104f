import { expect, test } from 'vitest';
import { payoutKey } from '../../adapters/dynamodb/payout-items.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import type { Executor } from '../../core/payout/executor.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { bank, fintech, payer } from '../support/payouts.ts';

test('S6 a payout operator whose table was set back does not say "never seen" of what it paid', async () => {
  let paid = 0;
  const executor: Executor = {
    idempotent: true,
    holderOf: async () => fintech.taxId,
    async pay() {
      paid++;
      return { outcome: 'OK', reference: 'B-1' };
    },
    find: async () => ({ outcome: 'OK', reference: 'B-1' }),
  };
  const nodes = await payoutNodes({ bankUrl: 'http://none', executor });
  await nodes.net.send({ messageId: 'pay-1', payouts: [{ id: 't-1', amount: '1500' }] });
  // The answer is lost on its way, then the table.
  nodes.faults.beforeSend = () => {
    if (paid > 0) throw new Error('the line is down');
  };
  await nodes.run();
  expect(paid).toBe(1);
  nodes.faults.beforeSend = undefined;
  for (const [key, item] of nodes.op.items)
    if (item.pk === payoutKey(payer, 't-1').pk || item.pk.startsWith('OUT')) nodes.op.items.delete(key);

  nodes.operator.ports.frozen = true;
  nodes.advance(25 * 3600);
  const refs = { participant: payer, messageId: 'pay-1', receiver: bank };
  const now = nodes.net.clock.now();
  const inquiry = {
    id: 'inquire-1',
    queue: 'deliver',
    kind: 'payout.inquire',
    refs,
    receiver: bank,
    now,
  } as const;
  await nodes.network.ports.moves.enqueue(newOutboxEntry(inquiry));
  await nodes.run();
  expect(nodes.posted.at(-1)?.url).toMatch(/^https:\/\/bank/);
  expect(await nodes.operator.ports.moves.find(payer, 't-1')).toBeUndefined();
  expect((await nodes.network.ports.moves.find(payer, 't-1'))!.state).toBe('pending');
});
