import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readEnvelope } from '../../core/message/envelope.ts';
import { type RunningBank, startBank } from '../../local/bank/serve.ts';
import { forwardOf, said } from '../support/money-attacks.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { bank, debtor, network, otherBank } from '../support/payouts.ts';

// One message of payouts for two payout operators (docs/payout.md): what each of them sees, does and says.

let one: RunningBank;
let other: RunningBank;
const account = { currency: 'CLP', holder: 'Fintech SpA', taxId: '76111111-6' };
beforeAll(async () => {
  [one, other] = await Promise.all([startBank(), startBank()]);
});
afterAll(() => Promise.all([one.stop(), other.stop()]));
beforeEach(() => {
  for (const [{ bank: core }, number] of [
    [one, '4242424242'],
    [other, '77'],
  ] as const) {
    core.payments.length = 0;
    core.accounts.clear();
    core.accounts.set(number, { ...account, number, balanceMinor: 100_000n });
  }
});
const start = () => payoutNodes({ bankUrl: one.url, otherBankUrl: other.url });
type Nodes = Awaited<ReturnType<typeof start>>;

const at = (operator: string, id: string, amount: string) =>
  operator === bank ? { operator, id, amount } : { operator, id, amount, debtorAccount: '77' };
const mixed = {
  messageId: 'm',
  payouts: [at(bank, 'a-1', '1000'), at(otherBank, 'b-1', '20'), at(bank, 'a-2', '3000')],
};
const ids = ['a-1', 'b-1', 'a-2'];

const paidBy = ({ bank: core }: RunningBank) => core.payments.map(({ key }) => key.split('~')[1]);
const states = (nodes: Nodes, of: keyof Pick<Nodes, 'network' | 'operator' | 'otherOperator'>) =>
  Promise.all(ids.map(async (id) => (await nodes[of].ports.moves.find(debtor, id))?.state));

/** What was posted between nodes under this action, in its order. */
const words = (nodes: Nodes, action: string) =>
  nodes.posted.flatMap(({ body }) => {
    const { header, document } = readEnvelope(body);
    const parameters = document.parameters as unknown as Words;
    return document.action === action ? [{ ...header, parameters }] : [];
  });
interface Words {
  readonly payout_operator: string;
  readonly transaction_id: string;
  readonly transactions: readonly { readonly transaction_id: string }[];
}
const heard = ({ webhook }: Nodes) =>
  webhook.received.flatMap(({ body }) => {
    const { responses } = readEnvelope(body).document as unknown as {
      responses: readonly { transaction_id: string; response_status: string }[];
    };
    return responses.map((response) => `${response.transaction_id} ${response.response_status}`);
  });

test('each payout operator is told of its own payouts, executes and answers these alone, and each response comes once', async () => {
  const nodes = await start();
  expect((await nodes.net.send(mixed)).outcome).toBe('RECORDED');
  await nodes.run();
  const forwards = words(nodes, 'payout.forward').map(({ receiver, parameters }) => [
    receiver.finId,
    parameters.payout_operator,
    parameters.transactions.map(({ transaction_id }) => transaction_id),
  ]);
  expect(forwards.sort()).toEqual([
    [bank, bank, ['a-1', 'a-2']],
    [otherBank, otherBank, ['b-1']],
  ]);
  expect([paidBy(one).sort(), paidBy(other)]).toEqual([['a-1', 'a-2'], ['b-1']]);
  expect(one.bank.accounts.get('4242424242')?.balanceMinor).toBe(96_000n);
  expect(other.bank.accounts.get('77')?.balanceMinor).toBe(99_980n);
  const answers = words(nodes, 'payout.answer').map(
    ({ sender, parameters }) => `${sender.finId} ${parameters.transaction_id}`,
  );
  expect(answers.sort()).toEqual([`${bank} a-1`, `${bank} a-2`, `${otherBank} b-1`]);
  expect(await states(nodes, 'network')).toEqual(['ok', 'ok', 'ok']);
  expect(await states(nodes, 'operator')).toEqual(['ok', undefined, 'ok']);
  expect(await states(nodes, 'otherOperator')).toEqual([undefined, 'ok', undefined]);
  expect(nodes.webhook.received).toHaveLength(3);
  expect(heard(nodes).sort()).toEqual(['a-1 ok', 'a-2 ok', 'b-1 ok']);
});

test('a payout operator that is down holds up none of the other, and pays its own once it is back', async () => {
  const nodes = await start();
  nodes.faults.beforeSend = (url) => {
    if (url.startsWith('https://second-bank')) throw new Error('the line is dead');
  };
  await nodes.net.send(mixed);
  await nodes.run();
  expect(await states(nodes, 'network')).toEqual(['ok', 'pending', 'ok']);
  expect(heard(nodes).sort()).toEqual(['a-1 ok', 'a-2 ok']);
  nodes.faults.beforeSend = undefined;
  nodes.advance(3700);
  for (const node of [nodes.network, nodes.operator, nodes.otherOperator]) await node.sweep();
  await nodes.run();
  expect(await states(nodes, 'network')).toEqual(['ok', 'ok', 'ok']);
  expect([paidBy(one).sort(), paidBy(other)]).toEqual([['a-1', 'a-2'], ['b-1']]);
  expect(heard(nodes).sort()).toEqual(['a-1 ok', 'a-2 ok', 'b-1 ok']);
});

test("neither payout operator's word moves what the message names for the other, nor can it be had to execute it", async () => {
  const nodes = await start();
  await nodes.net.send(mixed);
  const { networkTransactionId } = (await nodes.network.ports.moves.find(debtor, 'a-1'))!;
  for (const status of ['ok', 'error']) {
    const forged = {
      participant: debtor,
      transaction_id: 'a-1',
      shinkansen_transaction_id: networkTransactionId,
      ...{ status, response_status: status, response_message: null },
    };
    const answer = await said(nodes, otherBank, network.finId, 'payout.answer', forged);
    expect(answer.code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    // In the other's name, under its own key.
    const masked = await said(nodes, bank, network.finId, 'payout.answer', forged, otherBank);
    expect(masked.code).toBe('CERTIFICATE_OF_ANOTHER');
  }
  const misled = await forwardOf(nodes, 'm', ['a-1'], { payout_operator: otherBank });
  expect((await said(nodes, network.finId, otherBank, 'payout.forward', misled)).code).toBe(
    'PAYOUT_NOT_OURS',
  );
  expect(await states(nodes, 'network')).toEqual(['pending', 'pending', 'pending']);
  expect([nodes.webhook.received, paidBy(one), paidBy(other)]).toEqual([[], [], []]);
  await nodes.run();
  expect([paidBy(one).sort(), paidBy(other)]).toEqual([['a-1', 'a-2'], ['b-1']]);
  expect(await states(nodes, 'otherOperator')).toEqual([undefined, 'ok', undefined]);
});
