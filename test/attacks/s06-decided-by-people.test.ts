import { expect, test } from 'vitest';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { Transient } from '../../core/errors.ts';
import type { Executor, ExecutorOutcome } from '../../core/payout/executor.ts';
import { tell } from '../../core/payout/moving.ts';
import type { PayoutMove } from '../../core/payout/ports.ts';
import { settlePayout } from '../../functions/apply-act/payout-acts.ts';
import { watchPayouts } from '../../functions/watch-payouts/watch-payouts.ts';
import { type Posted, payoutNodes } from '../support/payout-nodes.ts';
import { bank, debtor, fintech } from '../support/payouts.ts';

// Two node operators say what became of a payout while its core is silent; then the core speaks, and says otherwise.

/** A core that answers when it is told to, and whose answer to `pay` was lost. */
async function silentCore() {
  const core = { says: { outcome: 'UNKNOWN' } as ExecutorOutcome, duringPay: async () => {} };
  const executor: { -readonly [K in keyof Executor]: Executor[K] } = {
    idempotent: true,
    holderOf: async () => fintech.taxId,
    creditorAccount: async () => undefined,
    async pay() {
      await core.duringPay();
      return core.says;
    },
    find: async () => core.says,
  };
  const nodes = await payoutNodes({ bankUrl: 'http://none', executor });
  const moves = nodes.operator.ports.moves;
  const find = async () => (await moves.find(debtor, 't-1'))!;
  /** As apply-act does it for `payout.settle`. */
  const decide = async (to: 'ok' | 'error') => {
    const response = {
      id: 'R',
      status: to,
      message: 'Decided by two node operators.',
      at: nodes.op.clock.now(),
    };
    await moves.move({ from: await find(), to, response, release: to === 'error', evidence: [], outbox: [] });
  };
  const decideAtNetwork = async (to: 'ok' | 'error') => {
    const { moves } = nodes.network.ports;
    const from = (await moves.find(debtor, 't-1'))!;
    const at = nodes.net.clock.now();
    const making = { evidenceId: 'E', entryId: 'O', responseId: 'N', by: 'apply-act', now: at };
    const response = { id: 'N', status: to, message: 'Decided by two node operators.', at };
    const outbox = [tell('payout.respond', from, debtor, making)];
    await moves.move({ from, to, response, release: to === 'error', evidence: [], outbox });
  };
  const later = async (seconds: number) => {
    nodes.advance(seconds);
    await nodes.network.sweep();
    await nodes.operator.sweep();
    await nodes.run();
  };
  await nodes.net.send({ payouts: [{ id: 't-1', amount: '1500' }] });
  const spent = () =>
    [...nodes.op.items.values()].filter(({ pk }) => pk.startsWith('LIM#')).map((one) => Number(one.spent));
  const rang = () => nodes.operator.log.lines.some(({ code }) => code === 'OUTBOX_DEAD');
  return { nodes, core, executor, find, decide, decideAtNetwork, later, spent, rang };
}

test('S6 a core that paid after people said "error" is heard: debited again, told, and it rings', async () => {
  const it = await silentCore();
  await it.nodes.run();
  expect((await it.find()).state).toBe('executing');
  await it.decide('error');
  expect(it.spent()).toEqual([0, 0, 0]);
  it.core.says = { outcome: 'OK', reference: 'B-1' };
  await it.later(120);
  expect((await it.find()).state).toBe('ok');
  expect(it.spent()).toEqual([1500, 1500, 1500]);
  expect(it.rang()).toBe(true);
  expect((await it.nodes.network.ports.moves.find(debtor, 't-1'))!.state).toBe('ok');
});

test('S6 people who say "error" during the very call do not hide that it paid', async () => {
  const it = await silentCore();
  it.core.says = { outcome: 'OK', reference: 'B-1' };
  it.core.duringPay = () => it.decide('error');
  await it.nodes.run();
  expect([(await it.find()).state, it.spent(), it.rang()]).toEqual(['ok', [1500, 1500, 1500], true]);
});

test('S6 a core that nobody asks any more is asked again once people have decided', async () => {
  const it = await silentCore();
  Object.assign(it.executor, { idempotent: false });
  it.core.duringPay = async () => {
    it.core.says = { outcome: 'NEVER_SEEN' } as never;
    throw new Transient('TransientExecutor', 'the order hangs on its way');
  };
  it.core.says = { outcome: 'NEVER_SEEN' } as never;
  await it.nodes.run();
  await it.later(16 * 60);
  expect([(await it.find()).state, it.rang()]).toEqual(['executing', true]);
  const { moves, ids } = it.nodes.operator.ports;
  const ports = { payouts: moves, ids, role: 'payoutOperator', nodeFinId: bank };
  const { grants, effects } = await settlePayout(
    ports as never,
    { participant: debtor, transaction_id: 't-1', outcome: 'error' },
    { actId: 'A', now: it.nodes.op.clock.now() } as never,
  );
  const [{ move }] = grants as unknown as [{ move: PayoutMove }];
  await moves.move({ ...move, ...effects });
  it.core.says = { outcome: 'OK', reference: 'it got through after all' };
  for (const seconds of [3600, 3600]) await it.later(seconds);
  expect([(await it.find()).state, it.spent()]).toEqual(['ok', [1500, 1500, 1500]]);
  expect((await it.nodes.network.ports.moves.find(debtor, 't-1'))!.state).toBe('ok');
});

test('S6 a core that refused after people said "ok" rings, and no limit is released by it', async () => {
  const it = await silentCore();
  it.core.duringPay = () => it.decide('ok');
  it.core.says = { outcome: 'ERROR', status: 'error_creditor_account_closed', message: '' };
  await it.nodes.run();
  expect([(await it.find()).state, it.spent(), it.rang()]).toEqual(['ok', [1500, 1500, 1500], true]);
});

test('S6 what the core itself refused is asked no second time and does not ring', async () => {
  const it = await silentCore();
  it.core.says = { outcome: 'ERROR', status: 'error_creditor_account_closed', message: '' };
  await it.nodes.run();
  await it.later(120);
  expect([(await it.find()).state, it.spent(), it.rang()]).toEqual(['error', [0, 0, 0], false]);
});

test('S6 people may end what was not started in time while the core is down, and its later word is heard', async () => {
  const it = await silentCore();
  const { find: found } = it.executor;
  it.executor.find = async () => Promise.reject(new Transient('TransientExecutor', 'down'));
  it.executor.holderOf = async () => Promise.reject(new Transient('TransientExecutor', 'down'));
  await it.nodes.run();
  await it.later(25 * 3600);
  expect((await it.find()).state).toBe('received');
  await it.decide('error');
  it.executor.find = found;
  it.core.says = { outcome: 'OK', reference: 'paid before a restore' };
  await it.later(3600);
  expect([(await it.find()).state, it.rang()]).toEqual(['ok', true]);
});

test.each(['OK', 'NEVER_SEEN'] as const)(
  'S6 one that our rules refuse while the core will not say whether it knows it is paid by nobody, rings and waits for two people; then the core says %s',
  async (word) => {
    const it = await silentCore();
    let calls = 0;
    it.core.duringPay = async () => void calls++;
    await it.nodes.op.table.write({ put: { pk: `PART#${debtor}`, sk: 'SUSPENSION' } });
    const atNetwork = async () => (await it.nodes.network.ports.moves.find(debtor, 't-1'))!.state;
    for (const seconds of [0, 120, 16 * 60, 25 * 3600]) {
      await it.later(seconds);
      expect([(await it.find()).state, await atNetwork(), calls]).toEqual(['received', 'pending', 0]);
    }
    const rings: string[] = [];
    await watchPayouts({
      clock: it.nodes.op.clock,
      role: 'payoutOperator',
      payouts: payoutReader(it.nodes.op.table),
      participants: async () => [{ finId: debtor, kind: 'participant' }],
      enqueue: async () => {},
      alarm: ({ transactionId }) => void rings.push(transactionId),
    });
    expect(rings).toEqual(['t-1']);
    await it.decide('error');
    it.core.says = word === 'OK' ? { outcome: 'OK', reference: 'B-1' } : ({ outcome: word } as never);
    await it.later(3600);
    expect([(await it.find()).state, it.rang(), calls]).toEqual(
      word === 'OK' ? ['ok', true, 0] : ['error', false, 0],
    );
  },
);

const heard = (posted: readonly Posted[]) =>
  posted.map(({ body }) => /"response_status":"(\w+)"/.exec(Buffer.from(body).toString())?.[1]);

test('S6 an error that the webhook did not hear is not told any more once the ok has taken its place', async () => {
  const it = await silentCore();
  const { webhook } = it.nodes;
  await it.nodes.run();
  webhook.answer = 503;
  await it.decideAtNetwork('error');
  await it.nodes.network.sweep();
  await it.nodes.run();
  expect(heard(webhook.received)).toEqual(['error']);
  it.core.says = { outcome: 'OK', reference: 'B-1' };
  await it.later(600);
  expect(it.nodes.network.ports.alarms).toEqual(['PAYOUT_OK_AFTER_ERROR t-1']);
  const unheard = webhook.received.length;
  webhook.answer = 200;
  for (const seconds of [3600, 3600]) await it.later(seconds);
  expect(heard(webhook.received.slice(unheard))).toEqual(['ok']);
});

test('S6 an error of the payout operator after people of the network said "ok" moves nothing, and rings at both', async () => {
  const it = await silentCore();
  await it.nodes.run();
  await it.decideAtNetwork('ok');
  it.core.says = { outcome: 'ERROR', status: 'error_creditor_account_closed', message: '' };
  for (const seconds of [600, 3600]) await it.later(seconds);
  const { ports } = it.nodes.network;
  expect([(await ports.moves.find(debtor, 't-1'))?.state, (await it.find()).state]).toEqual(['ok', 'error']);
  expect([ports.alarms, it.rang()]).toEqual([['PAYOUT_ERROR_AFTER_OK t-1'], true]);
});

test.each(['ok', 'error'] as const)(
  'S6 where people of the network said %s, the payout operator’s own signed word of the same is kept, and told to nobody again',
  async (status) => {
    const it = await silentCore();
    const { webhook, network } = it.nodes;
    await it.nodes.run();
    await it.decideAtNetwork(status);
    await it.nodes.network.sweep();
    await it.nodes.run();
    expect(await network.ports.moves.answerOf(debtor, 't-1')).toBeUndefined();
    it.core.says =
      status === 'ok'
        ? { outcome: 'OK', reference: 'B-1' }
        : { outcome: 'ERROR', status: 'error_creditor_account_closed', message: '' };
    for (const seconds of [600, 3600]) await it.later(seconds);
    const words = await network.ports.moves.answerOf(debtor, 't-1');
    expect(Buffer.from(words!.bytes).toString()).toContain(`"status":"${status}"`);
    expect((await network.ports.moves.find(debtor, 't-1'))?.response?.id).toBe('N');
    expect([heard(webhook.received), network.ports.alarms]).toEqual([[status], []]);
    const records = [...it.nodes.net.items.values()].map(({ record }) => record as { kind?: string });
    expect(records.filter((one) => one?.kind === 'payout.answered')).toHaveLength(1);
  },
);
