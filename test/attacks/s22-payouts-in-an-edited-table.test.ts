import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { payoutItem } from '../../adapters/dynamodb/payout-items.ts';
import { toExecute } from '../../core/payout/moving.ts';
import { foundIn } from '../support/audit.ts';
import { evidenceNode } from '../support/evidence.ts';
import { type Nodes, payoutBank } from '../support/payout-bank.ts';
import { bank, debtor, network, now, otherBank, payoutMessage } from '../support/payouts.ts';

// D: somebody writes a node's table. At the payout operator no item makes money move that its participant did not order
// under a certificate enrolled there; at either node a payout of which something is told without a record is found.

const { running, start } = payoutBank();

/** Whatever a payout operator would have written, had it begun this payout. */
async function begun(nodes: Nodes, body: Uint8Array, signature: string) {
  const digest = createHash('sha256').update(body).digest('hex');
  const message = { kind: 'payouts', subject: 'payouts', state: 'committed', digest, seed: '' };
  const at = now.toISOString();
  const put = { pk: `MSG#${debtor}#forged`, sk: 'MESSAGE', ...message, at, bytes: body, signature };
  const payout = {
    ...{ participant: debtor, transactionId: 't', messageId: 'forged', place: 0, payoutOperator: bank },
    ...{ networkTransactionId: '019e83b2-e580-7c9b-85ef-2df0cca0fd35', currency: 'CLP' as const },
    ...{ amountMinor: 1000n, state: 'executing' as const, createdAt: now, day: '2026-06-01' },
    ...{ network: network.finId, notAfter: new Date(now.getTime() + 3_600_000) },
  };
  const counters = [`LIM#${debtor}#CLP#2026-06-01#day#`];
  await nodes.op.table.write({ put });
  await nodes.op.table.write({ put: payoutItem({ ...payout, counters }) });
  await nodes.operator.ports.moves.enqueue(toExecute('forged', payout, now));
  await nodes.run();
}
const rang = ({ operator }: Nodes) => operator.log.lines.some(({ code }) => code === 'OUTBOX_DEAD');

test('S22 D: bytes that nobody signed are not paid because the table says that they were begun', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'signed', payouts: [{ id: 'other' }] });
  const { original } = (await nodes.network.ports.moves.original(debtor, 'signed'))!;
  await begun(nodes, payoutMessage({ messageId: 'forged', payouts: [{ id: 't' }] }), original.signature);
  expect(running.bank.payments.filter(({ key }) => key.endsWith('~t'))).toEqual([]);
  expect(rang(nodes)).toBe(true);
});

test.each([
  ['a suspended participant', { pk: `PART#${debtor}`, sk: 'SUSPENSION' }, '4242424242'],
  ['an account of somebody else', undefined, '99'],
])('S22 D: a payout of %s is not paid because the table says that it was begun', async (_, put, account) => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't', debtorAccount: account }] });
  const { original } = (await nodes.network.ports.moves.original(debtor, 'm'))!;
  nodes.net.queues.lose();
  if (put) await nodes.op.table.write({ put });
  await begun(nodes, original.bytes, original.signature);
  expect(running.bank.payments).toEqual([]);
  expect(rang(nodes)).toBe(true);
});

test('S22 D: a payout that its participant ordered of another operator is not paid here because the table says so', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't', operator: otherBank }] });
  const { original } = (await nodes.network.ports.moves.original(debtor, 'm'))!;
  nodes.net.queues.lose();
  await begun(nodes, original.bytes, original.signature);
  expect(running.bank.payments).toEqual([]);
  expect(rang(nodes)).toBe(true);
});

test('S22 D: the same item over what the participant did sign is taken up and paid, once', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
  const { original } = (await nodes.network.ports.moves.original(debtor, 'm'))!;
  nodes.net.queues.lose();
  await begun(nodes, original.bytes, original.signature);
  expect(running.bank.payments).toHaveLength(1);
});

test.each(['net', 'op'] as const)(
  'S23 D: a payout that is told otherwise than it was recorded is found (%s)',
  async (at) => {
    const nodes = await start();
    const { items, table, clock, sealer } = nodes[at];
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 'paid' }] });
    await nodes.net.send({ messageId: 'n', payouts: [{ id: 'foreign', debtorAccount: '99' }] });
    await nodes.run();
    await nodes.net.send({ messageId: 'o', payouts: [{ id: 'open' }] });
    running.bank.mode = 'slow';
    for (let round = 0; round < 2; round++) await nodes.network.drain();
    const evidence = evidenceNode(items, table, { clock, sealer });
    await evidence.chain();
    const states = async () =>
      (await foundIn(evidence)).filter((found) => found.startsWith('STATE_') && found.includes('TX#'));
    expect(await states()).toEqual([]);
    for (const [id, state] of [
      ['paid', 'error'],
      ['foreign', 'ok'],
      ['open', 'ok'],
    ])
      await table.write({
        update: { pk: `TX#${debtor}#${id}`, sk: 'PAYOUT' },
        change: { set: { state: state! } },
      });
    expect(await states()).toEqual([
      `STATE_DIFFERS TX#${debtor}#foreign|PAYOUT state`,
      `STATE_DIFFERS TX#${debtor}#paid|PAYOUT state`,
      `STATE_WITHOUT_RECORD TX#${debtor}#open|PAYOUT`,
    ]);
  },
);
