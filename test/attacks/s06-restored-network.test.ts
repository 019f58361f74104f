import { expect, test } from 'vitest';
import { statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { type Nodes, payoutBank, states } from '../support/payout-bank.ts';

// A network whose table was set back in time has forgotten that a payout left. Its payout operator has not.

const { running, start } = payoutBank();

/** Paid and told; then the network's table is what it was before anything left, but for a certificate disabled since. */
async function paidAndForgotten() {
  const nodes = await start();
  await nodes.net.send({ payouts: [{ id: 't' }] });
  const backup = structuredClone([...nodes.net.items]);
  await nodes.run();
  expect(await states(nodes, 't')).toEqual(['ok', 'ok']);
  nodes.net.items.clear();
  for (const [name, item] of backup) nodes.net.items.set(name, item);
  const change = { set: { networkStatus: 'disabled' }, remove: ['seal'] };
  await nodes.net.table.write({ update: statusKey(nodes.net.leaf.thumbprint), change });
  return nodes;
}

async function later(nodes: Nodes, seconds: number) {
  nodes.advance(seconds);
  await nodes.network.sweep();
  await nodes.operator.sweep();
  await nodes.run();
}

const spent = (nodes: Nodes) =>
  [...nodes.net.items.values()].filter(({ pk }) => pk.startsWith('LIM#')).map((one) => Number(one.spent));

test('S6 a network whose table was set back says no "no" of its own while it is frozen, and then hears that it was paid', async () => {
  const nodes = await paidAndForgotten();
  nodes.network.ports.frozen = true;
  await later(nodes, 3600);
  expect((await states(nodes, 't'))[0]).toBe('pending');
  await later(nodes, 24 * 3600);
  expect(await states(nodes, 't')).toEqual(['ok', 'ok']);
  expect([spent(nodes), running.bank.payments.length]).toEqual([[1000, 1000, 1000], 1]);
  const told = nodes.webhook.received.map(({ body }) => Buffer.from(body).toString());
  expect(told.filter((one) => !one.includes('"response_status":"ok"'))).toEqual([]);
});

test('S6 what is overdue is asked after, also where the table does not know that it left', async () => {
  const nodes = await paidAndForgotten();
  await later(nodes, 25 * 3600);
  expect(await states(nodes, 't')).toEqual(['ok', 'ok']);
  expect(spent(nodes)).toEqual([1000, 1000, 1000]);
});
