import { expect, test } from 'vitest';
import { payoutReader } from '../../adapters/dynamodb/payout-reader.ts';
import { watchPayouts } from '../../functions/watch-payouts/watch-payouts.ts';
import { signedBy } from '../support/enrolment.ts';
import { forwardOf, said } from '../support/money-attacks.ts';
import { payoutBank, states } from '../support/payout-bank.ts';
import { otherNetwork } from '../support/payout-nodes.ts';
import { bank, debtor, network, payoutMessage } from '../support/payouts.ts';

// A payout operator of two networks. One of them makes up messages of a participant under a key that nobody enrolled:
// each is refused, signed and for ever, and no id of what the participant really orders through the other is burnt.

const { running, start } = payoutBank();
const otherId = '019e83b2-e580-7c9b-85ef-2df0cca0fd35';

async function forged(nodes: Awaited<ReturnType<typeof start>>, receiver: string, ids: readonly string[]) {
  const bytes = payoutMessage({ messageId: 'm', receiver, payouts: [{ id: 't' }] });
  const stranger = nodes.net.root.issue({
    subject: [{ type: 'CN', value: 'nobody' }] as never,
    keyLabel: 'stranger',
  });
  return forwardOf(nodes, 'm', [], {
    message: Buffer.from(bytes).toString('base64'),
    signature: await signedBy(stranger, bytes),
    transactions: ids.map((id) => ({ transaction_id: id, shinkansen_transaction_id: otherId })),
  });
}
const answers = (nodes: Awaited<ReturnType<typeof start>>) =>
  nodes.posted
    .filter(({ url }) => url.startsWith('https://other'))
    .map(({ body }) => JSON.parse(Buffer.from(body).toString()).document.parameters);

test('S3 N: a payout that another network made up first is paid all the same when its own network brings it', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
  const parameters = await forged(nodes, otherNetwork, ['t', 'also-mine']);
  expect((await said(nodes, otherNetwork, bank, 'payout.forward', parameters)).code).toBeUndefined();
  for (let round = 0; round < 2; round++) await nodes.operator.drain();
  expect(answers(nodes)).toMatchObject([
    { transaction_id: 't', status: 'error', response_message: expect.stringMatching(/^CERTIFICATE_UNKNOWN/) },
    { transaction_id: 'also-mine', status: 'error' },
  ]);
  await nodes.run();
  expect([await states(nodes, 't'), running.bank.payments.length]).toEqual([['ok', 'ok'], 1]);
});

test('S3 N: one that is made up of what was paid moves nothing, hears no more than of any other, and rings for nobody', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
  await nodes.run();
  const parameters = await forged(nodes, otherNetwork, ['t']);
  await said(nodes, otherNetwork, bank, 'payout.forward', parameters);
  for (let round = 0; round < 2; round++) await nodes.operator.drain();
  const [answer] = answers(nodes);
  expect(answer).toMatchObject({
    status: 'error',
    response_message: expect.stringMatching(/^CERTIFICATE_UN/),
  });
  expect(await states(nodes, 't')).toEqual(['ok', 'ok']);
  expect(nodes.operator.log.lines.some(({ code }) => code === 'OUTBOX_DEAD')).toBe(false);
});

test('S3 N: made up by its own network, the payout that stands is told again as it is', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
  await nodes.run();
  const ids = (await forwardOf(nodes, 'm', ['t'])).transactions;
  const parameters = { ...(await forged(nodes, network.finId, [])), transactions: ids };
  const before = nodes.posted.length;
  await said(nodes, network.finId, bank, 'payout.forward', parameters);
  for (let round = 0; round < 2; round++) await nodes.operator.drain();
  const [answer] = nodes.posted.slice(before).map(({ body }) => Buffer.from(body).toString());
  expect(answer).toContain('"response_status":"ok"');
  expect(await states(nodes, 't')).toEqual(['ok', 'ok']);
});

test('S6 what was refused to a network under an unknown certificate is never paid through it, whatever it brings later', async () => {
  const nodes = await start();
  const unknown = { pk: `CERT#${nodes.net.leaf.thumbprint}`, sk: 'STATUS' };
  const enrolled = (await nodes.op.table.get(unknown))!;
  await nodes.op.table.write({ delete: unknown });
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
  const forward = await forwardOf(nodes, 'm', ['t']);
  await nodes.run();
  expect((await states(nodes, 't'))[0]).toBe('error');
  await nodes.op.table.write({ put: enrolled });
  expect((await said(nodes, network.finId, bank, 'payout.forward', forward)).code).toBeUndefined();
  await nodes.run();
  expect([await states(nodes, 't'), running.bank.payments]).toEqual([['error', undefined], []]);
  // Asked about it after all, it is never seen, and buried.
  await said(nodes, network.finId, bank, 'payout.inquire', forward);
  await nodes.run();
  expect([await states(nodes, 't'), running.bank.payments]).toEqual([['error', 'tombstone'], []]);
  expect(await nodes.operator.ports.moves.find(debtor, 't')).toMatchObject({ network: network.finId });
});

test('S6 N: a network that comes again under another id of its own moves nothing and hears nothing; it stays open there and rings', async () => {
  const nodes = await start();
  await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
  const forward = await forwardOf(nodes, 'm', ['t']);
  await nodes.run();
  // A table that was restored has made a new id for what it does not remember.
  const key = { pk: `TX#${debtor}#t`, sk: 'PAYOUT' };
  const { response, ...item } = (await nodes.net.table.get(key))!;
  const forgotten = { ...item, state: 'pending', networkTransactionId: otherId, gsi1sk: otherId };
  await nodes.net.table.write({ put: forgotten as never });
  const transactions = [{ transaction_id: 't', shinkansen_transaction_id: otherId }];
  const before = nodes.posted.length;
  for (const action of ['payout.forward', 'payout.inquire'])
    await said(nodes, network.finId, bank, action, { ...forward, transactions });
  for (let round = 0; round < 2; round++) await nodes.operator.drain();
  expect(nodes.posted.length).toBe(before);
  expect([await states(nodes, 't'), running.bank.payments.length]).toEqual([['pending', 'ok'], 1]);
  nodes.advance(16 * 60);
  const rings: string[] = [];
  await watchPayouts({
    clock: nodes.net.clock,
    role: 'network',
    payouts: payoutReader(nodes.net.table),
    participants: async () => [{ finId: debtor, kind: 'participant' }],
    enqueue: async () => {},
    alarm: ({ transactionId }) => void rings.push(transactionId),
  });
  expect(rings).toEqual(['t']);
});

test.each([
  ['before all time', '00000000-0000-7000-8000-000000000000'],
  ['long after now', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
  ['in no time at all', 'n-1'],
])(
  'S6 N: a payout under an id that lies %s, where no watch would see it stay open, is not taken',
  async (_, id) => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    const transactions = [{ transaction_id: 't', shinkansen_transaction_id: id }];
    const forward = await forwardOf(nodes, 'm', [], { transactions });
    expect((await said(nodes, network.finId, bank, 'payout.forward', forward)).code).toBe(
      'PAYOUT_FORWARD_MALFORMED',
    );
    expect(await states(nodes, 't')).toEqual(['pending', undefined]);
  },
);
