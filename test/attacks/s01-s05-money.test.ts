import { describe, expect, test } from 'vitest';
import { forwardOf, hours, said } from '../support/money-attacks.ts';
import { payoutBank, states } from '../support/payout-bank.ts';
import { bank, codesOf, debtor, network, now, payoutMessage, payoutWorld } from '../support/payouts.ts';

// Attacks on money (docs/threat-model.md): each is played, and fails. Here: who orders, through whom, and when.

const { running, start } = payoutBank();

describe('S1', () => {
  test("S1 a payout from somebody else's account is refused by the bank's own word on its holder", async () => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't', debtorAccount: '99' }] });
    await nodes.run();
    expect(await states(nodes, 't')).toEqual(['error', 'error']);
    expect(running.bank.payments).toEqual([]);
    expect(Buffer.from(nodes.webhook.received[0]!.body).toString()).toContain('DEBTOR_ACCOUNT_OF_ANOTHER');
  });
});

describe('S2', () => {
  test('S2 a network that forwards more than the limit finds the operator counting by itself', async () => {
    const nodes = await start();
    for (const at of [1, 2]) {
      await nodes.net.send({ messageId: `m-${at}`, payouts: [{ id: `t-${at}`, amount: '3000000' }] });
      // The network forgets what it counted.
      for (const { pk, sk } of [...nodes.net.items.values()].filter((one) => one.pk.startsWith('LIM#')))
        await nodes.net.table.write({ delete: { pk, sk } });
    }
    await nodes.run();
    const found = [...(await states(nodes, 't-1')), ...(await states(nodes, 't-2'))].sort();
    expect(found).toEqual(['error', 'error', 'ok', 'ok']);
    expect(running.bank.payments).toHaveLength(1);
  });
});

describe('S3', () => {
  test('S3 a payout addressed to one network is not executed in the envelope of another sender', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    const parameters = await forwardOf(nodes, 'm', ['t']);
    const answer = await said(nodes, bank, bank, 'payout.forward', parameters);
    expect(answer.code).toBe('ACTION_UNEXPECTED');
    expect(running.bank.payments).toEqual([]);
  });

  test('S3 the same payout brought twice under new envelopes is one payout', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    await nodes.run();
    await said(nodes, network.finId, bank, 'payout.forward', await forwardOf(nodes, 'm', ['t']));
    const other = { transaction_id: 't', shinkansen_transaction_id: '019e83b2-e580-7c9b-85ef-2df0cca0fd35' };
    await said(
      nodes,
      network.finId,
      bank,
      'payout.forward',
      await forwardOf(nodes, 'm', [], { transactions: [other] }),
    );
    await nodes.run();
    expect(running.bank.payments).toHaveLength(1);
  });

  test('S3 N: two payouts under one id of the network are two payments, and none passes for the other', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't-1' }, { id: 't-2', account: '456' }] });
    const one = '019e83b2-e580-7c9b-85ef-2df0cca0fd35';
    const named = (id: string) => ({ transaction_id: id, shinkansen_transaction_id: one });
    const forward = (transactions: object[]) => forwardOf(nodes, 'm', [], { transactions });
    const both = await forward([named('t-1'), named('t-2')]);
    expect((await said(nodes, network.finId, bank, 'payout.forward', both)).code).toBeUndefined();
    for (let round = 0; round < 2; round++) await nodes.operator.drain();
    expect(running.bank.payments.map(({ creditorAccount }) => creditorAccount).sort()).toEqual([
      '123',
      '456',
    ]);
    for (const wrong of [
      [named('t-1'), named('t-1')],
      [named('../t-1')],
      [{ ...named('t-1'), shinkansen_transaction_id: '\ud800' }],
    ])
      expect((await said(nodes, network.finId, bank, 'payout.forward', await forward(wrong))).code).toBe(
        'PAYOUT_FORWARD_MALFORMED',
      );
  });

  test.each(['..', '.', '\ud800', '99/../4242424242', '%2e%2e'])(
    'S1 the debtor account %j is nobody’s: it leads to no other path of the core, and to no fault',
    async (debtorAccount) => {
      const nodes = await start();
      await nodes.net.send({ payouts: [{ id: 't', debtorAccount }] });
      await nodes.run();
      expect([await states(nodes, 't'), running.bank.payments]).toEqual([['error', 'error'], []]);
    },
  );

  test('S3 bytes that the participant did not sign are refused whatever the network signs', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    const forged = payoutMessage({ messageId: 'm', payouts: [{ id: 't', amount: '999' }] });
    const change = { message: Buffer.from(forged).toString('base64') };
    const parameters = await forwardOf(nodes, 'm', ['t'], change);
    expect((await said(nodes, network.finId, bank, 'payout.forward', parameters)).code).toBe(
      'SIGNATURE_INVALID',
    );
    const unnamed = await forwardOf(nodes, 'm', ['t'], { payout_operator: 'OTRO_BANCO_CL' });
    expect((await said(nodes, network.finId, bank, 'payout.forward', unnamed)).code).toBe('PAYOUT_NOT_OURS');
  });
});

describe('S4', () => {
  test.each([
    [hours(-25), 'MESSAGE_TOO_OLD'],
    [new Date(now.getTime() + 11 * 60_000), 'MESSAGE_FROM_THE_FUTURE'],
  ])('S4 a message dated %s that is not recorded is refused', async (creationDate, code) => {
    const world = await payoutWorld();
    expect(codesOf(await world.send({ creationDate }))).toEqual([code]);
  });

  test('S4 a recorded message answers 409 at any age', async () => {
    const world = await payoutWorld();
    const body = payoutMessage();
    const first = await world.send(body);
    world.clock.set(hours(24 * 300));
    expect(await world.send(body)).toEqual({ ...first, outcome: 'KNOWN' });
  });

  test('S4 the operator starts nothing 48 h after the participant made it, whatever notAfter says', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    const parameters = await forwardOf(nodes, 'm', ['t'], { not_after: hours(1000).toISOString() });
    nodes.advance(49 * 3600);
    expect((await said(nodes, network.finId, bank, 'payout.forward', parameters)).code).toBeUndefined();
    await nodes.operator.drain();
    expect((await nodes.operator.ports.moves.find(debtor, 't'))?.response?.message).toContain(
      'PAYOUT_FORWARD_OVERDUE',
    );
    expect(running.bank.payments).toEqual([]);
  });
});

describe('S5', () => {
  test('S5 a payout for later is refused; one for the past is for now', async () => {
    const world = await payoutWorld();
    const later = new Date(now.getTime() + 11 * 60_000).toISOString();
    expect(codesOf(await world.send({ payouts: [{ executionDate: later }] }))).toEqual([
      'EXECUTION_DATE_AHEAD',
    ]);
    const past = { executionDate: '2020-01-01T00:00:00-04:00' };
    expect(codesOf(await world.send({ payouts: [past] }))).toEqual(['RECORDED']);
  });
});
