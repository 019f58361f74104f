import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { SignatureError, verifyBody } from '../../clients/typescript/signature.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { validatePath } from '../../core/certificate/path.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, verifyDetached } from '../../core/message/jws.ts';
import type { Executor } from '../../core/payout/executor.ts';
import { signingCertificatesOf } from '../../functions/read-certificates/read-certificates.ts';
import { debtorAccount, type Nodes, payoutBank, states } from '../support/payout-bank.ts';
import { bank, debtor, fintech, network } from '../support/payouts.ts';

// The 14 steps of docs/payout.md between a participant, the network, a payout operator and its bank.

const { running, start } = payoutBank({ balanceMinor: 100_000n, taxId: '76.111.111-6' });
const balance = () => running.bank.accounts.get(debtorAccount)?.balanceMinor;
const spent = (nodes: Nodes, at: 'net' | 'op') =>
  [...nodes[at].items.values()].filter(({ pk }) => pk.startsWith('LIM#')).map((one) => Number(one.spent));

/** Lets waiting entries come due, as time and the sweep do. */
async function later(nodes: Nodes, seconds: number) {
  nodes.advance(seconds);
  await nodes.network.sweep();
  await nodes.operator.sweep();
  await nodes.run();
}

describe('a payout', () => {
  test('moves money once, and its participant hears a response that published clients can verify', async () => {
    const nodes = await start();
    const sent = await nodes.net.send({ payouts: [{ id: 't-1', amount: '1500' }] });
    await nodes.run();
    expect(await states(nodes, 't-1')).toEqual(['ok', 'ok']);
    expect([balance(), running.bank.payments.length]).toEqual([98_500n, 1]);
    const [hook, ...more] = nodes.webhook.received;
    expect(more).toEqual([]);
    const { document } = JSON.parse(Buffer.from(hook!.body).toString()) as {
      document: { header: Record<string, unknown>; responses: Record<string, unknown>[] };
    };
    expect(document.header).toMatchObject({
      sender: { fin_id: 'SHINKANSEN', fin_id_schema: 'SHINKANSEN' },
      receiver: { fin_id: debtor },
    });
    const lines = sent.outcome === 'RECORDED' ? sent.transactions : [];
    expect(document.responses).toEqual([
      {
        transaction_type: 'payout',
        transaction_id: 't-1',
        shinkansen_transaction_id: lines[0]?.shinkansen_transaction_id,
        shinkansen_transaction_status: 'ok',
        shinkansen_transaction_message: 'ok',
        response_id: expect.any(String),
        response_status: 'ok',
        response_message: '',
      },
    ]);
    const jws = readDetachedJws(hook!.headers['Shinkansen-JWS-Signature']);
    const { publicKey } = new X509Certificate(nodes.keys[network.finId]!.der);
    verifyDetached(jws, hook!.body, { thumbprint: nodes.keys[network.finId]!.thumbprint, publicKey });
    expect(hook!.headers['Shinkansen-Api-Key']).toBeUndefined();
  });

  test("keeps the operator's own signed words at the network (A-073)", async () => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    const words = await nodes.network.ports.moves.answerOf(debtor, 't-1');
    const jws = readDetachedJws(words!.signature);
    expect(jws.thumbprint).toBe(nodes.keys[bank]!.thumbprint);
  });

  test("A-073 its participant proves the operator's words by the certificate that the network lists, to an anchor of its own", async () => {
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    const words = await nodes.network.ports.moves.answerOf(debtor, 't-1');
    const { table, sealer, clock, root } = nodes.net;
    const ports = {
      clock,
      statuses: statusStore(table, sealer),
      enrolments: enrolmentStore({ table, announcer: nodes.net.queues }),
      parties: parties(table, sealer),
    };
    const listed = await signingCertificatesOf(ports, bank);
    expect(listed.map(({ thumbprint, signs }) => [thumbprint, signs])).toEqual([
      [nodes.keys[bank]!.thumbprint, true],
    ]);
    const [{ der, issuers }] = listed as [(typeof listed)[number]];
    const anchors = [{ certificate: parseCertificate(root.der) }];
    const path = validatePath({ chain: [der, ...issuers], anchors, now: clock.now(), policy: {} });
    verifyBody(words!.bytes, words!.signature, [path.leaf.der]);
    expect(readEnvelope(words!.bytes).header.sender.finId).toBe(bank);
    const forged = Buffer.from(Buffer.from(words!.bytes).toString().replace('"ok"', '"no"'));
    expect(() => verifyBody(forged, words!.signature, [path.leaf.der])).toThrow(SignatureError);
  });

  test('the core refuses ends as error at both nodes, releases both limits and moves no money', async () => {
    running.bank.mode = 'error';
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    expect(await states(nodes, 't-1')).toEqual(['error', 'error']);
    expect([...spent(nodes, 'net'), ...spent(nodes, 'op')]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(balance()).toBe(100_000n);
    expect(Buffer.from(nodes.webhook.received[0]!.body).toString()).toContain(
      'error_creditor_account_closed',
    );
  });

  test('whose answer the core loses is asked for by its key and paid once', async () => {
    running.bank.mode = 'unknown';
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    expect(await states(nodes, 't-1')).toEqual(['pending', 'executing']);
    await later(nodes, 120);
    expect(await states(nodes, 't-1')).toEqual(['ok', 'ok']);
    expect([running.bank.payments.length, balance()]).toEqual([1, 99_000n]);
  });

  test('that the core does slowly stays pending until the core says more', async () => {
    running.bank.mode = 'slow';
    const nodes = await start();
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    expect(await states(nodes, 't-1')).toEqual(['pending', 'executing']);
    await later(nodes, 120);
    expect(await states(nodes, 't-1')).toEqual(['ok', 'ok']);
    expect(running.bank.payments).toHaveLength(1);
  });

  test('that a core without idempotency never saw is left to people', async () => {
    let calls = 0;
    const executor: Executor = {
      idempotent: false,
      holderOf: async () => fintech.taxId,
      creditorAccount: async () => undefined,
      async pay() {
        calls++;
        return { outcome: 'UNKNOWN' };
      },
      find: async () => ({ outcome: 'NEVER_SEEN' }),
    };
    const nodes = await start(executor);
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    await later(nodes, 120);
    await later(nodes, 7200);
    expect([calls, await states(nodes, 't-1')]).toEqual([1, ['pending', 'executing']]);
    expect(nodes.operator.log.lines.map(({ code }) => code)).toContain('OUTBOX_DEAD');
  });

  test('of several goes out each once, and one that fails holds up no other', async () => {
    const nodes = await start();
    await nodes.net.send({
      payouts: [{ id: 'a' }, { id: 'b', debtorAccount: '99' }, { id: 'c', amount: '2000' }],
    });
    await nodes.run();
    expect(await states(nodes, 'a')).toEqual(['ok', 'ok']);
    expect(await states(nodes, 'b')).toEqual(['error', 'error']);
    expect(await states(nodes, 'c')).toEqual(['ok', 'ok']);
    expect(balance()).toBe(97_000n);
    expect(nodes.webhook.received).toHaveLength(3);
  });

  test('whose forward or answer is lost on the way is delivered again and paid once', async () => {
    const nodes = await start();
    let sends = 0;
    nodes.faults.beforeSend = () => {
      if (sends++ % 2 === 0) throw new Error('the connection broke');
    };
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    for (let round = 0; round < 6; round++) {
      await nodes.run();
      await later(nodes, 3700);
    }
    expect(await states(nodes, 't-1')).toEqual(['ok', 'ok']);
    expect([running.bank.payments.length, balance()]).toEqual([1, 99_000n]);
  });
});

describe('a webhook', () => {
  test('that answers 409 has received; one that answers 400 or 500 gets the same bytes again', async () => {
    const nodes = await start();
    nodes.webhook.answer = 400;
    await nodes.net.send({ payouts: [{ id: 't-1' }] });
    await nodes.run();
    nodes.webhook.answer = 500;
    await later(nodes, 120);
    nodes.webhook.answer = 409;
    await later(nodes, 3700);
    await later(nodes, 7200);
    const bodies = nodes.webhook.received.map(({ body }) => Buffer.from(body).toString());
    expect(bodies.length).toBe(3);
    expect(new Set(bodies).size).toBe(1);
  });
});

test('A-063 the operator records which certificate of the network signed the envelope, and its digest', async () => {
  const nodes = await start();
  await nodes.net.send({ payouts: [{ id: 't-1' }] });
  await nodes.run();
  const forward = nodes.posted.find(({ body }) => Buffer.from(body).includes('"payout.forward"'))!;
  const records = [...nodes.op.items.values()].flatMap(({ record }) => (record ? [record as never] : []));
  expect(records).toContainEqual(
    expect.objectContaining({
      kind: 'payouts.received',
      actor: { kind: 'network', finId: network.finId, thumbprint: nodes.keys[network.finId]!.thumbprint },
      facts: expect.objectContaining({
        envelope: createHash('sha256').update(forward.body).digest('base64url'),
      }),
    }),
  );
});

test('A-004 a payout beyond what the participant holds there is refused by the core, and nothing moves or stays debited', async () => {
  const nodes = await start();
  await nodes.net.send({ payouts: [{ id: 't-much', amount: '100001' }] });
  await nodes.run();
  expect([await states(nodes, 't-much'), balance()]).toEqual([['error', 'error'], 100_000n]);
  expect(spent(nodes, 'net')).toEqual([0, 0, 0]);
  expect(spent(nodes, 'op')).toEqual([0, 0, 0]);
  const { response } = (await nodes.network.ports.moves.find(debtor, 't-much'))!;
  expect(response?.status).toBe('error_no_funds');
  await nodes.net.send({ payouts: [{ id: 't-all', amount: '100000' }] });
  await nodes.run();
  expect([await states(nodes, 't-all'), balance()]).toEqual([['ok', 'ok'], 0n]);
});

test('a node that was restored takes no money off anybody until it is thawed', async () => {
  const nodes = await start();
  nodes.operator.ports.frozen = true;
  await nodes.net.send({ payouts: [{ id: 't-frozen' }] });
  await nodes.run();
  expect([await states(nodes, 't-frozen'), running.bank.payments.length]).toEqual([
    ['pending', undefined],
    0,
  ]);
  nodes.operator.ports.frozen = false;
  await later(nodes, 3600);
  expect(await states(nodes, 't-frozen')).toEqual(['ok', 'ok']);
});

test('a certificate that the payout operator does not know is answered at once, signed, and never paid later', async () => {
  const nodes = await start();
  const key = { pk: `CERT#${nodes.net.leaf.thumbprint}`, sk: 'STATUS' };
  const enrolled = (await nodes.op.table.get(key))!;
  await nodes.op.table.write({ delete: key });
  await nodes.net.send({ payouts: [{ id: 't-unknown' }] });
  await nodes.run();
  expect(await states(nodes, 't-unknown')).toEqual(['error', undefined]);
  const payout = await nodes.network.ports.moves.find(debtor, 't-unknown');
  expect(payout?.response).toMatchObject({
    status: 'invalid',
    message: expect.stringMatching(/^CERTIFICATE_UNKNOWN/),
  });
  expect(spent(nodes, 'net')).toEqual([0, 0, 0]);
  // Enrolled after all: what was answered stays answered.
  await nodes.op.table.write({ put: enrolled });
  await later(nodes, 3600);
  const forward = nodes.posted.find(({ body }) => Buffer.from(body).includes('"payout.forward"'))!;
  await nodes.operator.take(network.finId, forward.headers['Shinkansen-JWS-Signature'], forward.body);
  await nodes.run();
  expect([await states(nodes, 't-unknown'), running.bank.payments.length]).toEqual([['error', undefined], 0]);
});
