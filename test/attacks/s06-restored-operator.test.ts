import { expect, test } from 'vitest';
import { statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { payoutKey, payoutMessageKey } from '../../adapters/dynamodb/payout-items.ts';
import { Transient } from '../../core/errors.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import type { Executor, ExecutorOutcome } from '../../core/payout/executor.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { bank, debtor, fintech } from '../support/payouts.ts';

// A payout operator whose table was set back in time has forgotten what it paid. Its bank's core has not.

const t = { participant: debtor, transactionId: 't-1' };

/** A core with books of its own. */
function core({ idempotent = true } = {}) {
  const books = new Map<string, ExecutorOutcome>();
  const state = { paid: 0, down: false, books };
  const executor: Executor = {
    idempotent,
    holderOf: async () => fintech.taxId,
    creditorAccount: async () => undefined,
    async pay({ key }) {
      const known = idempotent && books.get(key);
      if (known) return known;
      state.paid++;
      books.set(key, { outcome: 'OK', reference: `B-${state.paid}` });
      return books.get(key)!;
    },
    async find(key) {
      if (state.down) throw new Transient('TransientExecutor', 'the core is down');
      return books.get(key) ?? { outcome: 'NEVER_SEEN' };
    },
  };
  return { state, executor };
}

type Nodes = Awaited<ReturnType<typeof payoutNodes>>;

/** Paid, but the answer is lost on its way; then the operator's table is set back. */
async function paidAndForgotten(setBack: 'before it came' | 'received', options = {}) {
  const { state, executor } = core(options);
  const nodes = await payoutNodes({ bankUrl: 'http://none', executor });
  await nodes.net.send({ messageId: 'pay-1', payouts: [{ id: 't-1', amount: '1500' }] });
  nodes.faults.beforeSend = () => {
    if (state.paid > 0) throw new Error('the line is down');
  };
  await nodes.run();
  expect(state.paid).toBe(1);
  nodes.faults.beforeSend = undefined;
  const { items } = nodes.op;
  for (const [key, { pk, sk }] of items) {
    const ours = pk === payoutKey(debtor, 't-1').pk || pk === payoutMessageKey(debtor, 'pay-1').pk;
    if (pk.startsWith('LIM#') || pk.startsWith('OUT') || (setBack === 'before it came' && ours))
      items.delete(key);
    else if (ours && sk === 'PAYOUT') {
      const { response, counters, ...item } = items.get(key)!;
      items.set(key, { ...item, pk, sk, state: 'received', counters: [], day: '' });
    }
  }
  return { nodes, state };
}

const execute = (nodes: Nodes) =>
  nodes.operator.ports.moves.enqueue(
    newOutboxEntry({
      id: 'again',
      queue: 'payment',
      kind: 'payout.execute',
      refs: t,
      now: nodes.op.clock.now(),
    }),
  );

/** What the network does once nothing may start any more. */
async function asked(nodes: Nodes, id = 'inquire-1') {
  nodes.advance(25 * 3600);
  const refs = { participant: debtor, messageId: 'pay-1', receiver: bank };
  const now = nodes.net.clock.now();
  const inquiry = { id, queue: 'deliver', kind: 'payout.inquire', refs, receiver: bank, now } as const;
  await nodes.network.ports.moves.enqueue(newOutboxEntry(inquiry));
  await nodes.run();
}

const states = async ({ network, operator }: Nodes) => [
  (await network.ports.moves.find(debtor, 't-1'))?.state,
  (await operator.ports.moves.find(debtor, 't-1'))?.state,
];

test('S6 a payout operator whose table was set back does not say "never seen" of what it paid', async () => {
  const { nodes } = await paidAndForgotten('before it came');
  nodes.operator.ports.frozen = true;
  await asked(nodes);
  expect(nodes.posted.at(-1)?.url).toMatch(/^https:\/\/bank/);
  expect(await states(nodes)).toEqual(['pending', undefined]);
});

test('S6 thawed, it asks its core by the key before it answers, and tells what was paid', async () => {
  const { nodes, state } = await paidAndForgotten('before it came');
  state.down = true;
  await asked(nodes);
  expect(await states(nodes)).toEqual(['pending', 'tombstone']);
  state.down = false;
  nodes.advance(3600);
  await nodes.operator.sweep();
  await nodes.run();
  expect([await states(nodes), state.paid]).toEqual([['ok', 'ok'], 1]);
  expect(await nodes.operator.ports.moves.find(debtor, 't-1')).toMatchObject({
    amountMinor: 1500n,
    messageId: 'pay-1',
  });
});

test('S6 a core that is still at it is asked again, and nothing is said meanwhile', async () => {
  const { nodes, state } = await paidAndForgotten('before it came');
  const [[key, paid] = ['', undefined]] = state.books;
  state.books.set(key, { outcome: 'UNKNOWN' });
  await asked(nodes);
  expect(await states(nodes)).toEqual(['pending', 'tombstone']);
  state.books.set(key, paid!);
  nodes.advance(3600);
  await nodes.operator.sweep();
  await nodes.run();
  expect(await states(nodes)).toEqual(['ok', 'ok']);
});

test('S6 what neither its table nor its core ever saw is never seen', async () => {
  const { nodes, state } = await paidAndForgotten('before it came');
  state.books.clear();
  await asked(nodes);
  expect(await states(nodes)).toEqual(['error', 'tombstone']);
  const { response } = (await nodes.network.ports.moves.find(debtor, 't-1'))!;
  expect(response?.status).toBe('error_expired');
});

test('S6 what stands as received after a restore and may not start any more is told as its core says', async () => {
  const { nodes, state } = await paidAndForgotten('received');
  nodes.advance(25 * 3600);
  await execute(nodes);
  await nodes.run();
  expect([await states(nodes), state.paid]).toEqual([['ok', 'ok'], 1]);
});

test('S6 a certificate that was disabled since the payment makes no error of a payout that was paid', async () => {
  const { nodes, state } = await paidAndForgotten('received');
  const change = { set: { networkStatus: 'disabled' }, remove: ['seal'] };
  await nodes.op.table.write({ update: statusKey(nodes.net.leaf.thumbprint), change });
  await execute(nodes);
  await nodes.run();
  expect([await states(nodes), state.paid]).toEqual([['ok', 'ok'], 1]);
});

test('S6 what we refuse is not paid later because the core could not tell of it at first', async () => {
  const { nodes, state } = await paidAndForgotten('received');
  const [key = ''] = state.books.keys();
  const change = { set: { networkStatus: 'disabled' }, remove: ['seal'] };
  await nodes.op.table.write({ update: statusKey(nodes.net.leaf.thumbprint), change });
  state.books.set(key, { outcome: 'UNKNOWN' });
  await execute(nodes);
  await nodes.run();
  state.books.clear();
  nodes.advance(3600);
  await nodes.operator.sweep();
  await nodes.run();
  expect([await states(nodes), state.paid]).toEqual([['error', 'error'], 1]);
});

test('S6 a core that promises no idempotency is asked before it is called: a restored order is not paid twice', async () => {
  const { nodes, state } = await paidAndForgotten('received', { idempotent: false });
  await execute(nodes);
  await nodes.run();
  expect([await states(nodes), state.paid]).toEqual([['ok', 'ok'], 1]);
});

test('S6 asked after a payout whose certificate it has forgotten too, it says nothing: people decide', async () => {
  const { nodes } = await paidAndForgotten('before it came');
  await nodes.op.table.write({ delete: statusKey(nodes.net.leaf.thumbprint) });
  await asked(nodes);
  expect(await states(nodes)).toEqual(['pending', undefined]);
  expect(JSON.stringify(nodes.operator.log.lines)).toContain('PAYMENT_WITHOUT_RECORD');
});
