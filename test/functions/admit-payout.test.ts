import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { payoutsRefused } from '../../adapters/http/payouts.ts';
import { admitPayout } from '../../functions/admit-payout/admit-payout.ts';
import { makeAuthority, someHolder } from '../support/certificates.ts';
import { signedBy } from '../support/enrolment.ts';
import { bank, codesOf, debtor, now, payoutMessage, payoutWorld, swept } from '../support/payouts.ts';

const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const kinds = (items: ReadonlyMap<string, { pk: string }>, prefix: string) =>
  [...items.values()].filter(({ pk }) => pk.startsWith(prefix)).length;

describe('a message of payouts', () => {
  test('is recorded with its payouts, counters, evidence and the forward to its payout operator', async () => {
    const world = await payoutWorld();
    const outcome = await world.send({ messageId: 'm-1', payouts: [{ id: 't-1' }, { id: 't-2' }] });
    expect(outcome).toMatchObject({
      outcome: 'RECORDED',
      transactions: [{ transaction_id: 't-1' }, { transaction_id: 't-2' }],
    });
    expect(world.queues.announced).toHaveLength(1);
    expect([kinds(world.items, 'TX#'), kinds(world.items, 'LIM#'), kinds(world.items, 'EVIDNEW#')]).toEqual([
      2, 3, 1,
    ]);
    const payout = await world.reader.find(debtor, 't-2');
    expect(payout).toMatchObject({ state: 'pending', payoutOperator: bank, amountMinor: 1000n });
    const lines = outcome.outcome === 'RECORDED' ? outcome.transactions : [];
    expect(payout?.networkTransactionId).toBe(lines[1]?.shinkansen_transaction_id);
    expect((await world.reader.find(debtor, lines[1]!.shinkansen_transaction_id))?.transactionId).toBe('t-2');
  });

  test('sent again with the same bytes hears the same ids, whatever signature it carries', async () => {
    const world = await payoutWorld();
    const body = payoutMessage({ payouts: [{}, {}] });
    const first = await world.send(body);
    const second = await world.send(body);
    expect(second).toEqual({ ...first, outcome: 'KNOWN' });
    expect(kinds(world.items, 'TX#')).toBe(2);
    expect(world.queues.announced).toHaveLength(1);
  });

  test('sent again under a certificate that is not known here keeps its 409, for its own bytes and sender', async () => {
    const world = await payoutWorld();
    const body = payoutMessage({ messageId: 'm-1' });
    const first = await world.send(body);
    const other = makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder, keyLabel: 'otra' });
    expect(await world.send(body, other)).toEqual({ ...first, outcome: 'KNOWN' });
    expect(codesOf(await world.send({ messageId: 'm-1' }, other))).toEqual(['CERTIFICATE_UNKNOWN']);
    const stranger = {
      body,
      signature: await signedBy(other, body),
      caller: { participant: 'OTHER', keyId: 'K2' },
    };
    expect(codesOf(await admitPayout(world.ports, stranger))).not.toContain('KNOWN');
    expect(kinds(world.items, 'TX#')).toBe(1);
  });

  test('with the same message_id and other bytes is refused', async () => {
    const world = await payoutWorld();
    await world.send({ messageId: 'm-1' });
    expect(codesOf(await world.send({ messageId: 'm-1' }))).toEqual(['MESSAGE_ID_REUSED']);
  });

  test('with a transaction_id of another message is refused and names it', async () => {
    const world = await payoutWorld();
    await world.send({ payouts: [{ id: 't-1' }] });
    const outcome = await world.send({ payouts: [{ id: 't-0' }, { id: 't-1' }] });
    expect(codesOf(outcome)).toEqual(['TRANSACTION_ID_REUSED']);
    expect(outcome.outcome === 'REFUSED' && outcome.refusals[0].message).toContain('t-1');
  });

  test('one of whose payouts is wrong is refused whole, and each wrong one is named', async () => {
    const world = await payoutWorld();
    const outcome = await world.send({
      payouts: [{}, { id: 'a', amount: '1.5' }, { id: 'b', currency: 'BRL' }],
    });
    expect(codesOf(outcome)).toEqual(['AMOUNT_FRACTION_LOST', 'CURRENCY_UNKNOWN']);
    expect(kinds(world.items, 'TX#') + kinds(world.items, 'MSG#') + kinds(world.items, 'LIM#')).toBe(0);
  });

  test('every payout of a wrong shape is named', async () => {
    const world = await payoutWorld();
    const outcome = await world.send({
      payouts: [{ id: 'a', more: { debtor: 7 } }, {}, { id: 'b', more: { amount: 100 } }],
    });
    expect(codesOf(outcome)).toEqual(['BODY_SCHEMA', 'BODY_SCHEMA']);
    const answer = outcome.outcome === 'REFUSED' && payoutsRefused(outcome.refusals, randomUUID());
    expect(answer).toMatchObject({ status: 400, body: { errors: [{}, {}] } });
  });

  test('that was refused may be sent again under the same ids once it is right', async () => {
    const world = await payoutWorld();
    const ids = { messageId: 'm-1', payouts: [{ id: 't-1', amount: '0' }] };
    expect(codesOf(await world.send(ids))).toEqual(['AMOUNT_NOT_POSITIVE']);
    const right = { ...ids, payouts: [{ id: 't-1', amount: '7' }] };
    expect(codesOf(await world.send(right))).toEqual(['RECORDED']);
  });

  test('unknown fields, nulls and absent options are accepted and kept byte for byte', async () => {
    const world = await payoutWorld();
    const body = payoutMessage({
      messageId: 'm-1',
      payouts: [{ more: { payment_rail: null, tracking_key: null, something_new: { a: [1] } } }],
    });
    expect(codesOf(await world.send(body))).toEqual(['RECORDED']);
    const item = await world.table.get({ pk: `MSG#${debtor}#m-1`, sk: 'MESSAGE' });
    expect(Buffer.from(item?.bytes as Uint8Array).equals(body)).toBe(true);
  });
});

describe('who may send', () => {
  test.each([
    ['an unknown certificate', {}, 'CERTIFICATE_UNKNOWN'],
    ['a disabled one', { networkStatus: 'disabled' }, 'CERTIFICATE_NOT_ACTIVE'],
    ['a revoked one', { networkStatus: 'disabled', validity: 'revoked' }, 'CERTIFICATE_REVOKED'],
    ['one that expired', { notAfter: hours(-1) }, 'CERTIFICATE_EXPIRED'],
    ['one for transport', { use: 'transport' }, 'CERTIFICATE_WRONG_USE'],
    ['one whose power ended', { powerUntil: hours(-1) }, 'POWER_ENDED'],
    ["somebody else's", { participant: 'OTHER' }, 'CERTIFICATE_OF_ANOTHER'],
  ] as const)('refuses a message signed with %s: %s', async (name, status, code) => {
    const world = await payoutWorld({ status });
    const other = makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder, keyLabel: 'otra' });
    const outcome = await world.send({}, name === 'an unknown certificate' ? other : world.leaf);
    expect(codesOf(outcome)).toEqual([code]);
  });

  test.each([
    ['is gone', undefined],
    ['lost its intermediate', 'leaf'],
    ['is that of another certificate', 'other'],
    ['holds a byte that was changed', 'flipped'],
  ] as const)('A-143, A-151 a stored chain that %s is refused when it is loaded', async (_, what) => {
    const { root } = await payoutWorld();
    const intermediate = root.issueCa({ name: 'Intermedia' });
    const leaf = intermediate.issue({ holder: someHolder, keyLabel: 'behind-intermediate' });
    const good = await payoutWorld({ leaf });
    expect(codesOf(await good.send({ payouts: [{ id: 'good' }] }, leaf))).toEqual(['RECORDED']);
    const world = await payoutWorld({ leaf });
    const flipped = Buffer.from(leaf.der);
    flipped[flipped.length - 1]! ^= 1;
    const paths = {
      leaf: [leaf.der],
      other: [makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder }).der],
      flipped: [flipped, intermediate.der],
    };
    const key = { pk: `CHAIN#${leaf.thumbprint}`, sk: 'CHAIN' };
    await world.table.write(what ? { put: { ...key, path: paths[what] } } : { delete: key });
    expect(codesOf(await world.send({}, leaf))).toEqual(['PROOF_BROKEN']);
  });

  test('refuses bytes that differ by one newline, and a missing signature', async () => {
    const world = await payoutWorld();
    const body = payoutMessage();
    const signature = await signedBy(world.leaf, body);
    const longer = Buffer.concat([body, Buffer.from('\n')]);
    const { caller, ports } = world;
    expect(codesOf(await admitPayout(ports, { body: longer, signature, caller }))).toEqual([
      'SIGNATURE_INVALID',
    ]);
    expect(codesOf(await admitPayout(ports, { body, signature: undefined, caller }))).toEqual([
      'SIGNATURE_MISSING',
    ]);
  });

  test.each([
    [{ sender: 'OTHER' }, 'SENDER_NOT_THE_CALLER'],
    [{ receiver: 'OTHER' }, 'RECEIVER_NOT_THIS_NODE'],
    [{ payouts: [{ operator: 'BANCO_AJENO' }] }, 'PAYOUT_OPERATOR_UNKNOWN'],
    [{ payouts: [{ operator: null }] }, 'PAYOUT_OPERATOR_MISSING'],
    // No path could name it: `GET /v1/payouts/..` is another address to every client.
    [{ payouts: [{ id: '.' }] }, 'BODY_SCHEMA'],
    [{ payouts: [{ id: '..' }] }, 'BODY_SCHEMA'],
    [{ payouts: [{ id: '...', operator: 'BANCO_AJENO' }] }, 'PAYOUT_OPERATOR_UNKNOWN'],
  ])('refuses %j', async (message, code) => {
    const world = await payoutWorld();
    expect(codesOf(await world.send(message))).toEqual([code]);
  });

  test.each(['network', 'payoutOperator'] as const)(
    'refuses a node (%s) as sender, whatever it may sign',
    async (kind) => {
      const world = await payoutWorld({ party: { kind, payoutOperators: [bank] } });
      expect(codesOf(await world.send())).toEqual(['PARTICIPANT_UNKNOWN']);
    },
  );

  test('a suspended participant is refused, and what was recorded keeps its 409', async () => {
    const world = await payoutWorld();
    const body = payoutMessage();
    const first = await world.send(body);
    await world.table.write({ put: { pk: `PART#${debtor}`, sk: 'SUSPENSION' } });
    expect(codesOf(await world.send())).toEqual(['PARTICIPANT_SUSPENDED']);
    expect(await world.send(body)).toEqual({ ...first, outcome: 'KNOWN' });
  });

  test('a recorded message keeps its 409 after its certificate was disabled, for its own bytes only', async () => {
    const world = await payoutWorld();
    const body = payoutMessage({ messageId: 'm-1' });
    const first = await world.send(body);
    const key = { pk: `CERT#${world.leaf.thumbprint}`, sk: 'STATUS' };
    await world.table.write({
      update: key,
      change: { set: { networkStatus: 'disabled' }, remove: ['seal'] },
    });
    expect(await world.send(body)).toEqual({ ...first, outcome: 'KNOWN' });
    expect(codesOf(await world.send({ messageId: 'm-1' }))).toEqual(['CERTIFICATE_NOT_ACTIVE']);
  });

  test.each([
    ['escapes', (text: string) => text.replace('"message_id"', '"message\\u005fid"')],
    [
      'others of that name before it',
      (text: string) =>
        text.replace(
          '{"document": {',
          `{"document": {"more": [${[1, 2, 3, 4].map((n) => `{"message_id": "x${n}"}`).join()}], `,
        ),
    ],
  ])('so does one whose message_id is spelled with %s', async (_, spelled) => {
    const world = await payoutWorld();
    const plain = Buffer.from(payoutMessage({ messageId: 'm-1' }))
      .toString()
      .replace(/^\{ "document": \{ /, '{"document": {');
    const body = Buffer.from(spelled(plain));
    expect(body.toString()).not.toBe(plain);
    const first = await world.send(body);
    expect(codesOf(first)).toEqual(['RECORDED']);
    await world.table.write({ put: { pk: `PART#${debtor}`, sk: 'SUSPENSION' } });
    expect(await world.send(body)).toEqual({ ...first, outcome: 'KNOWN' });
  });

  test('while a revocation source is frozen nothing new is accepted, and nothing is burnt', async () => {
    const world = await payoutWorld();
    const body = payoutMessage();
    world.clock.set(hours(49));
    const fresh = payoutMessage({ creationDate: hours(49), messageId: 'm-2' });
    const refused = await world.send(fresh);
    expect(codesOf(refused)).toEqual(['REVOCATION_SOURCE_FROZEN']);
    const answer = refused.outcome === 'REFUSED' && payoutsRefused(refused.refusals, randomUUID());
    expect(answer).toMatchObject({ status: 503, headers: { 'Retry-After': '300' } });
    await world.table.write({ put: swept(hours(49)) });
    world.clock.advance(61);
    expect(codesOf(await world.send(fresh))).toEqual(['RECORDED']);
    expect(codesOf(await world.send(body))).toEqual(['MESSAGE_TOO_OLD']);
  });
});

describe('bytes that are no message', () => {
  test('are refused as content, never a fault and never accepted', async () => {
    const world = await payoutWorld();
    const good = Buffer.from(payoutMessage());
    const mutation = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(mutation, fc.boolean(), async ([at, by], resign) => {
        const body = Buffer.from(good);
        body[at]! ^= by;
        const signature = await signedBy(world.leaf, resign ? body : good);
        const outcome = await admitPayout(world.ports, { body, signature, caller: world.caller });
        if (!resign) expect(codesOf(outcome)).toEqual(['SIGNATURE_INVALID']);
        if (outcome.outcome === 'REFUSED')
          expect(payoutsRefused(outcome.refusals, randomUUID()).status).toBe(400);
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 4000 }), async (signature) => {
        const outcome = await admitPayout(world.ports, { body: good, signature, caller: world.caller });
        expect(codesOf(outcome)[0]).toMatch(/^SIGNATURE_/);
      }),
      { numRuns: 60 },
    );
  });
});
