import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { abandon } from '../../adapters/dynamodb/payout-reservation.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { Transient } from '../../core/errors.ts';
import { signDetached } from '../../core/message/jws.ts';
import { nodeMessageBytes } from '../../core/message/outgoing.ts';
import { type RunningBank, startBank } from '../../local/bank/serve.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { bank, codesOf, network, now, payer, payoutMessage, payoutWorld } from '../support/payouts.ts';

// Attacks on money (docs/threat-model.md): each is played, and fails.

let running: RunningBank;
beforeAll(async () => {
  running = await startBank();
});
afterAll(() => running.stop());
beforeEach(() => {
  running.bank.mode = 'ok';
  running.bank.payments.length = 0;
  const account = { currency: 'CLP', balanceMinor: 100_000_000n, holder: 'x' };
  running.bank.accounts.set('4242424242', { ...account, number: '4242424242', taxId: '76111111-6' });
  running.bank.accounts.set('99', { ...account, number: '99', taxId: '11111111-1' });
});
const start = () => payoutNodes({ bankUrl: running.url });
type Nodes = Awaited<ReturnType<typeof start>>;
const states = async (nodes: Nodes, id: string) => [
  (await nodes.network.ports.moves.find(payer, id))?.state,
  (await nodes.operator.ports.moves.find(payer, id))?.state,
];
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const institution = (finId: string) => ({ finId, finIdSchema: 'SHINKANSEN' });

/** A message between nodes, signed by whom it says it is from. */
async function said(nodes: Nodes, from: string, to: string, action: string, parameters: object, by = from) {
  const body = nodeMessageBytes(
    { id: `attack-${Math.random()}`, createdAt: nodes.net.clock.now() },
    { sender: institution(from), receiver: institution(to), action, parameters: parameters as never },
  );
  const key = nodes.keys[by]!;
  const signature = await signDetached(body, key.der, {
    sign: async (digest) => signPssDigest(key.key, digest),
  });
  const node = to === bank ? nodes.operator : nodes.network;
  const answer = await node.take(from, signature, body);
  return JSON.parse(Buffer.from(answer.body).toString()) as { code?: string };
}

async function forwardOf(nodes: Nodes, messageId: string, ids: readonly string[], change: object = {}) {
  const recorded = await nodes.network.ports.moves.original(payer, messageId);
  const transactions = await Promise.all(
    ids.map(async (id) => ({
      transaction_id: id,
      shinkansen_transaction_id: (await nodes.network.ports.moves.find(payer, id))?.networkTransactionId,
    })),
  );
  return {
    message: Buffer.from(recorded!.original.bytes).toString('base64'),
    signature: recorded!.original.signature,
    payout_operator: bank,
    transactions,
    not_after: hours(24).toISOString(),
    ...change,
  };
}

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
    expect((await nodes.operator.ports.moves.find(payer, 't'))?.response?.message).toContain(
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
    const key = { pk: `TX#${payer}#t`, sk: 'PAYOUT' };
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
    const payout = (await nodes.network.ports.moves.find(payer, 't'))!;
    const words = {
      participant: payer,
      transaction_id: 't',
      shinkansen_transaction_id: payout.networkTransactionId,
      status: 'ok',
      response_status: 'ok',
      response_message: null,
    };
    expect((await said(nodes, bank, network.finId, 'payout.answer', words)).code).toBeUndefined();
    expect((await nodes.network.ports.moves.find(payer, 't'))?.state).toBe('ok');
    expect(nodes.network.ports.alarms).toEqual(['t']);
    const counters = [...nodes.net.items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
    expect(counters.map(({ spent }) => Number(spent))).toEqual([1000, 1000, 1000]);
  });
});

describe('S7', () => {
  const words = (id: string, networkId: string, status = 'error') => ({
    participant: payer,
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
    const other = (await nodes.network.ports.moves.find(payer, 'other'))!.networkTransactionId;
    const own = (await nodes.network.ports.moves.find(payer, 't'))!.networkTransactionId;
    const say = (parameters: object) => said(nodes, bank, network.finId, 'payout.answer', parameters);
    expect((await say(words('other', other, 'ok'))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    expect((await say(words('t', other))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    await nodes.run();
    expect((await say(words('t', own))).code).toBe('PAYOUT_ANSWER_UNEXPECTED');
    expect((await nodes.network.ports.moves.find(payer, 't'))?.state).toBe('ok');
    expect((await nodes.network.ports.moves.find(payer, 'other'))?.state).toBe('pending');
  });

  test('S7 an answer in the name of an operator, signed by another node, moves nothing', async () => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't' }] });
    const own = (await nodes.network.ports.moves.find(payer, 't'))!.networkTransactionId;
    const forged = words('t', own, 'ok');
    const answer = await said(nodes, bank, network.finId, 'payout.answer', forged, network.finId);
    expect(answer.code).toBe('CERTIFICATE_OF_ANOTHER');
    expect((await nodes.network.ports.moves.find(payer, 't'))?.state).toBe('pending');
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
      if (swept) await abandon({ ...world.table, transact }, { pk: `MSG#${payer}#m`, sk: 'MESSAGE' });
      await transact(writes, options);
    };
    await expect(world.send({ messageId: 'm', payouts: many })).rejects.toBeInstanceOf(Transient);
    const left = [...world.items.values()].filter(({ pk }) => /^(TX|MSG|OUT)#/.test(pk));
    expect(left).toEqual([]);
    const counters = [...world.items.values()].filter(({ pk }) => pk.startsWith('LIM#'));
    expect(counters.every(({ spent }) => Number(spent) === 0)).toBe(true);
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
      await nodes[at].table.write({ put: { pk: `PART#${payer}`, sk: 'SUSPENSION' } });
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
