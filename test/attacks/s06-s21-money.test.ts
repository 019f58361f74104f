import { describe, expect, test } from 'vitest';
import { sweepReservations } from '../../adapters/dynamodb/payout-reservation.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { Transient } from '../../core/errors.ts';
import { forwardOf, said } from '../support/money-attacks.ts';
import { payoutBank, states } from '../support/payout-bank.ts';
import { bank, codesOf, debtor, network, now, payoutMessage, payoutWorld } from '../support/payouts.ts';

// Attacks on money (docs/threat-model.md): each is played, and fails. Here: what is said of a payout, and what it costs.

const { running, start } = payoutBank();
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe('S6', () => {
  test('S6 what the operator calls never seen it refuses for ever, and the network releases', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    const parameters = await forwardOf(nodes, 'm', ['t']);
    // Bytes left, nothing came back, the time is over.
    nodes.faults.beforeSend = () => {
      throw new Error('the line is dead');
    };
    await nodes.network.drain();
    nodes.faults.beforeSend = undefined;
    nodes.advance(25 * 3600);
    await nodes.network.sweep();
    await nodes.run();
    expect(await states(nodes, 't')).toEqual(['error', 'tombstone']);
    const counters = [...nodes.net.items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
    expect(counters.map(({ spent }) => Number(spent))).toEqual([0, 0, 0]);
    await said(nodes, network.finId, bank, 'payout.forward', parameters);
    await nodes.run();
    expect(await states(nodes, 't')).toEqual(['error', 'tombstone']);
    expect(running.bank.payments).toEqual([]);
  });

  test.each([
    [
      'bytes that the participant did not sign',
      () => ({ message: base64(payoutMessage({ payouts: [{ id: 't' }] })) }),
      'SIGNATURE_INVALID',
    ],
    [
      'a participant whom the operator does not know',
      () => ({ message: base64(payoutMessage({ sender: 'NADIE', payouts: [{ id: 't' }] })) }),
      'PARTICIPANT_UNKNOWN',
    ],
    [
      'a message to another network',
      () => ({ message: base64(payoutMessage({ receiver: 'OTRA_RED', payouts: [{ id: 't' }] })) }),
      'RECEIVER_NOT_THIS_NODE',
    ],
    ['a payout of another operator', () => ({ payout_operator: 'OTRO_BANCO_CL' }), 'PAYOUT_NOT_OURS'],
    [
      'a payout that the message does not name',
      () => ({ transactions: [{ transaction_id: 'other', shinkansen_transaction_id: 'n-1' }] }),
      'PAYOUT_NOT_OURS',
    ],
  ] as const)(
    'S6 N: an inquiry after %s burns nothing, and is told why under a signature',
    async (_, change, code) => {
      const nodes = await start();
      await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
      const parameters = await forwardOf(nodes, 'm', ['t'], change());
      const before = nodes.posted.length;
      expect((await said(nodes, network.finId, bank, 'payout.inquire', parameters)).code).toBeUndefined();
      for (let round = 0; round < 2; round++) await nodes.operator.drain();
      const [answer] = nodes.posted.slice(before).map(({ body }) => Buffer.from(body).toString());
      expect(answer).toContain('"action":"payout.answer"');
      expect(answer).toContain(`"response_message":"${code}: `);
      expect([...nodes.op.items.values()].filter(({ pk }) => pk.startsWith('TX#'))).toEqual([]);
      // Whoever really ordered it is paid.
      const forward = await forwardOf(nodes, 'm', ['t']);
      expect((await said(nodes, network.finId, bank, 'payout.forward', forward)).code).toBeUndefined();
      await nodes.run();
      expect(running.bank.payments).toHaveLength(1);
    },
  );

  test('S6 N: an inquiry hears nothing of a payout that another network forwarded, and moves nothing of it', async () => {
    const nodes = await start();
    await nodes.net.send({ messageId: 'm', payouts: [{ id: 't' }] });
    const asked = await forwardOf(nodes, 'm', ['t']);
    await nodes.run();
    expect(running.bank.payments).toHaveLength(1);
    const key = { pk: `TX#${debtor}#t`, sk: 'PAYOUT' };
    await nodes.op.table.write({ update: key, change: { set: { network: 'OTRA_RED' } } });
    const before = nodes.posted.length;
    const other = [
      { transaction_id: 't', shinkansen_transaction_id: '019e83b2-e580-7c9b-85ef-2df0cca0fd35' },
    ];
    await said(nodes, network.finId, bank, 'payout.inquire', { ...asked, transactions: other });
    for (let round = 0; round < 2; round++) await nodes.operator.drain();
    const [answer = ''] = nodes.posted.slice(before).map(({ body }) => Buffer.from(body).toString());
    expect(answer).toContain('"response_message":"TRANSACTION_ID_REUSED: ');
    expect(answer).not.toContain('"response_status":"ok"');
    expect(await nodes.op.table.get(key)).toMatchObject({ state: 'ok', network: 'OTRA_RED' });
  });

  test('S6 an ok after an error is recorded, debited again and rings', async () => {
    running.bank.mode = 'error';
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't' }] });
    await nodes.run();
    const payout = (await nodes.network.ports.moves.find(debtor, 't'))!;
    const words = {
      participant: debtor,
      transaction_id: 't',
      shinkansen_transaction_id: payout.networkTransactionId,
      status: 'ok',
      response_status: 'ok',
      response_message: null,
    };
    expect((await said(nodes, bank, network.finId, 'payout.answer', words)).code).toBeUndefined();
    expect((await nodes.network.ports.moves.find(debtor, 't'))?.state).toBe('ok');
    expect(nodes.network.ports.alarms).toEqual(['PAYOUT_OK_AFTER_ERROR t']);
    const counters = [...nodes.net.items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
    expect(counters.map(({ spent }) => Number(spent))).toEqual([1000, 1000, 1000]);
  });
});

test('S6 an ok after an error rings also where the process died once it had written it', async () => {
  running.bank.mode = 'error';
  const nodes = await start();
  await nodes.net.send({ payouts: [{ id: 't' }] });
  await nodes.run();
  const { networkTransactionId } = (await nodes.network.ports.moves.find(debtor, 't'))!;
  const words = {
    participant: debtor,
    transaction_id: 't',
    shinkansen_transaction_id: networkTransactionId,
    ...{ status: 'ok', response_status: 'ok', response_message: null },
  };
  const { moves } = nodes.network.ports;
  const { move } = moves;
  moves.move = async (asked) => {
    await move(asked);
    throw new Transient('TransientGone', 'the process is gone');
  };
  expect((await said(nodes, bank, network.finId, 'payout.answer', words)).status).toBe(503);
  moves.move = move;
  expect((await said(nodes, bank, network.finId, 'payout.answer', words)).status).toBe(200);
  expect([await states(nodes, 't'), nodes.network.ports.alarms]).toEqual([
    ['ok', 'error'],
    ['PAYOUT_OK_AFTER_ERROR t'],
  ]);
});

describe('S7', () => {
  const words = (id: string, networkId: string, status = 'error') => ({
    participant: debtor,
    transaction_id: id,
    shinkansen_transaction_id: networkId,
    status,
    response_status: status,
    response_message: null,
  });

  test('S7 no answer moves a payout of another operator, of another id, or a final one', async () => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 'other', operator: 'OTRO_BANCO_CL' }] });
    await nodes.net.send({ payouts: [{ id: 't' }] });
    const other = (await nodes.network.ports.moves.find(debtor, 'other'))!.networkTransactionId;
    const own = (await nodes.network.ports.moves.find(debtor, 't'))!.networkTransactionId;
    const say = (parameters: object) => said(nodes, bank, network.finId, 'payout.answer', parameters);
    expect((await say(words('other', other, 'ok'))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    expect((await say(words('t', other))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    await nodes.run();
    expect((await say(words('t', other))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    expect(nodes.network.ports.alarms).toEqual([]);
    expect((await say(words('t', own))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    expect(nodes.network.ports.alarms).toEqual(['PAYOUT_ERROR_AFTER_OK t']);
    expect((await nodes.network.ports.moves.find(debtor, 't'))?.state).toBe('ok');
    expect((await nodes.network.ports.moves.find(debtor, 'other'))?.state).toBe('pending');
  });

  test.each([
    ['ok', 'error'],
    ['error', 'ok'],
  ])('S7 an answer that says %s and %s at once moves nothing', async (status, responseStatus) => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't' }] });
    const own = (await nodes.network.ports.moves.find(debtor, 't'))!.networkTransactionId;
    const both = { ...words('t', own, status), response_status: responseStatus };
    const answer = await said(nodes, bank, network.finId, 'payout.answer', both);
    expect(answer.code).toBe('PAYOUT_FORWARD_MALFORMED');
    expect((await nodes.network.ports.moves.find(debtor, 't'))?.state).toBe('pending');
  });

  test('S7 an error that the bank’s core calls "ok" is told as an error by both words', async () => {
    const nodes = await start();
    const { bank: core } = running;
    core.pay = (order) => ({ ...order, status: 'error', code: 'ok', message: '' });
    await nodes.net.send({ payouts: [{ id: 't' }] });
    await nodes.run();
    Reflect.deleteProperty(core, 'pay');
    const payout = await nodes.network.ports.moves.find(debtor, 't');
    expect([payout?.state, payout?.response?.status]).toEqual(['error', 'error']);
  });

  test('S7 an answer in the name of an operator, signed by another node, moves nothing', async () => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't' }] });
    const own = (await nodes.network.ports.moves.find(debtor, 't'))!.networkTransactionId;
    const forged = words('t', own, 'ok');
    const answer = await said(nodes, bank, network.finId, 'payout.answer', forged, network.finId);
    expect(answer.code).toBe('CERTIFICATE_OF_ANOTHER');
    expect((await nodes.network.ports.moves.find(debtor, 't'))?.state).toBe('pending');
  });
});

describe('S8', () => {
  const settings = { limits: { CLP: { day: 10_000n, creditor: 1_000n } }, severalOperators: false };

  test.each([
    ['another spelling of the tax id', { creditor: '22.222.222-2', account: '9' }, 'LIMIT_CREDITOR'],
    ['another tax id and the same account', { creditor: '3-5', account: '0123' }, 'LIMIT_ACCOUNT'],
    ['an id_schema nobody knows', { schema: 'PASSPORT', account: '7', amount: '101' }, 'LIMIT_CREDITOR'],
  ])('S8 %s does not open the limit again', async (_, evasion, code) => {
    const world = await payoutWorld({ settings });
    expect(codesOf(await world.send({ payouts: [{ amount: '1000' }] }))).toEqual(['RECORDED']);
    const outcome = await world.send({ payouts: [{ id: 't', amount: '1', ...evasion }] });
    expect(codesOf(outcome)).toEqual([code]);
    const text = outcome.outcome === 'REFUSED' ? outcome.refusals[0].message : '';
    expect(text).toContain('t');
    expect(text).not.toMatch(/22222222|123/);
  });

  test.each(['0', '-5', '1e9', '0.5', '1.0000000000000000001', '１'])(
    'S8 the amount %s is refused',
    async (amount) => {
      const world = await payoutWorld();
      expect(codesOf(await world.send({ payouts: [{ amount }] }))[0]).toMatch(/^(AMOUNT_|BODY_SCHEMA)/);
    },
  );
});

describe('S9', () => {
  const many = Array.from({ length: 120 }, (_, at) => ({
    id: `t-${at}`,
    creditor: `${at}-1`,
    account: `${at + 7}`,
  }));
  /** No reservation lives so long. */
  const later = new Date(now.getTime() + 24 * 3_600_000);

  test('S9 a duplicate of a message that is still reserving hears 503, and nothing is promised', async () => {
    const world = await payoutWorld();
    const body = payoutMessage({ messageId: 'm', payouts: many });
    let during: readonly string[] = [];
    const table = world.table as { transact: Table['transact'] };
    const transact = world.table.transact.bind(world.table);
    let count = 0;
    table.transact = async (writes, options) => {
      if (++count === 3) during = codesOf(await world.send(body));
      await transact(writes, options);
    };
    expect(codesOf(await world.send(body))).toEqual(['RECORDED']);
    expect(during).toEqual(['PAYOUT_IN_PROGRESS']);
  });

  test('S9 a reservation that a sweep took away never commits', async () => {
    const world = await payoutWorld();
    const table = world.table as { transact: Table['transact'] };
    const transact = world.table.transact.bind(world.table);
    let count = 0;
    table.transact = async (writes, options) => {
      const swept = ++count === 4;
      if (swept) expect(await sweepReservations({ ...world.table, transact }, later)).toBe(1);
      await transact(writes, options);
    };
    await expect(world.send({ messageId: 'm', payouts: many })).rejects.toBeInstanceOf(Transient);
    const left = [...world.items.values()].filter(({ pk }) => /^(TX|MSG|OUT)#/.test(pk));
    expect(left).toEqual([]);
    const counters = [...world.items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
    expect(counters.every(({ spent }) => Number(spent) === 0)).toBe(true);
  });

  test('S9 who undoes a reservation too late undoes nothing of the message’s next attempt', async () => {
    const world = await payoutWorld();
    const body = payoutMessage({ messageId: 'm', payouts: many });
    const table = world.table as { transact: Table['transact'] };
    const transact = world.table.transact.bind(world.table);
    /** What happens before the n-th write of whoever sends next. */
    const atWrite = (n: number, act: () => Promise<unknown>) => {
      let count = 0;
      table.transact = async (writes, options) => {
        if (++count === n) await act();
        await transact(writes, options);
      };
    };
    const commit = 6;
    atWrite(commit, () => Promise.reject(new Transient('TransientGone', 'the process is gone')));
    await expect(world.send(body)).rejects.toBeInstanceOf(Transient);
    // One sweep has read what to undo and stands still; another undoes it; the participant tries again.
    let goOn = () => {};
    const still = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let writes = 0;
    const slow: Table = {
      ...world.table,
      async transact(all, options) {
        if (++writes > 1) await still;
        await transact(all, options);
      },
    };
    const late = sweepReservations(slow, later);
    while (writes < 2) await Promise.resolve();
    expect(await sweepReservations({ ...world.table, transact }, later)).toBe(1);
    atWrite(commit, async () => {
      goOn();
      await late;
    });
    expect(codesOf(await world.send(body))).toEqual(['RECORDED']);
    const kept = [...world.items.values()].filter(({ pk }) => pk.startsWith('TX#'));
    const counters = [...world.items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
    const spent = counters.filter(({ pk }) => pk.includes('#day#')).map((one) => Number(one.spent));
    expect([kept.length, spent]).toEqual([many.length, [1000 * many.length]]);
  });
});

describe('S10', () => {
  const payouts = [{ operator: bank }, { operator: 'OTRO_BANCO_CL' }];

  test('S10 a message that several operators would see is refused unless people allowed it', async () => {
    const world = await payoutWorld();
    expect(codesOf(await world.send({ payouts }))).toEqual(['SEVERAL_PAYOUT_OPERATORS']);
    const limits = { CLP: { day: 10_000n, creditor: 10_000n } };
    const allowed = await payoutWorld({ settings: { limits, severalOperators: true } });
    expect(codesOf(await allowed.send({ payouts }))).toEqual(['RECORDED']);
    expect(allowed.queues.announced).toHaveLength(2);
  });
});

describe('S19', () => {
  test('S19 a certificate pays only through operators that accepted it', async () => {
    const world = await payoutWorld({ status: { acceptingOperators: ['OTRO_BANCO_CL'] } });
    expect(codesOf(await world.send())).toEqual(['PAYOUT_OPERATOR_NOT_ACCEPTED']);
    expect(codesOf(await world.send({ payouts: [{ operator: 'OTRO_BANCO_CL' }] }))).toEqual(['RECORDED']);
  });
});

describe('S21', () => {
  test.each(['net', 'op'] as const)(
    'S21 a suspension set at the %s after acceptance stops the payout',
    async (at) => {
      const nodes = await start();
      await nodes.net.send({ payouts: [{ id: 't' }] });
      await nodes[at].table.write({ put: { pk: `PART#${debtor}`, sk: 'SUSPENSION' } });
      await nodes.run();
      expect((await states(nodes, 't'))[0]).toBe('error');
      expect(running.bank.payments).toEqual([]);
    },
  );

  test.each(['net', 'op'] as const)(
    'S21 a certificate disabled at the %s after acceptance stops it too',
    async (at) => {
      const nodes = await start();
      await nodes.net.send({ payouts: [{ id: 't' }] });
      await nodes[at].table.write({
        update: { pk: `CERT#${nodes.net.leaf.thumbprint}`, sk: 'STATUS' },
        change: { set: { networkStatus: 'disabled' }, remove: ['seal'] },
      });
      await nodes.run();
      expect((await states(nodes, 't'))[0]).toBe('error');
      expect(running.bank.payments).toEqual([]);
    },
  );
});
