import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requirePayoutShape } from '../../../adapters/http/payouts.ts';
import { readEnvelope, readHeader } from '../../../core/message/envelope.ts';
import { transactionsOf } from '../../../core/payout/message.ts';
import { readUsualMessage } from '../../../core/payout/usual-message.ts';
import { payoutMessage } from '../../support/payouts.ts';

/** What the general reading makes of them; it throws where it refuses. */
async function generally(body: Uint8Array) {
  const envelope = readEnvelope(body);
  await requirePayoutShape(envelope);
  const institution = (one?: { fin_id: string } | null) => (one ? { fin_id: one.fin_id } : null);
  const party = ({ account, identification, financial_institution }: Party) => ({
    account,
    identification: { id_schema: identification.id_schema, id: identification.id },
    financial_institution: institution(financial_institution),
  });
  return {
    header: envelope.header,
    transactions: transactionsOf(envelope).transactions.map((one) => ({
      transaction_id: one.transaction_id,
      currency: one.currency,
      amount: one.amount,
      execution_date: one.execution_date,
      debtor: party(one.debtor as Party),
      creditor: party(one.creditor),
    })),
  };
}

type Party = ReturnType<typeof transactionsOf>['transactions'][number]['creditor'];

/** The header is read by the same rules in both; what they refuse, both refuse in the same words. */
async function said(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Its yes is the general reading's; what it leaves alone is not its business. @returns did it say yes? */
async function agrees(body: Uint8Array): Promise<boolean> {
  const usual = readUsualMessage(body);
  if (usual)
    expect(await said(() => ({ ...usual, header: readHeader(usual.header) }))).toEqual(
      await said(() => generally(body)),
    );
  return usual !== undefined;
}

/** Usually the first, so that most messages have one oddity at most. */
const mostly = <T>(usual: T, ...odd: readonly T[]) =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const phraseOf = (most: number) =>
  mostly<unknown>(
    'José',
    ...['a"b\\c\n', '\u{1f600}', ''],
    'é'.repeat(most),
    'x'.repeat(most + 1),
    'é'.repeat(most + 1),
    7,
  );
const orNull = (arbitrary: fc.Arbitrary<unknown>) => fc.option(arbitrary, { nil: null });
const rare = fc.nat(30).map((at) => (at === 0 ? { more: 'x' } : {}));
const strange = (arbitrary: fc.Arbitrary<object>) =>
  fc.tuple(arbitrary, rare).map(([one, more]) => ({ ...one, ...more }));
const institution = strange(
  fc.record(
    { fin_id: mostly<unknown>('BANCO_CL', 'é', '', 'A'.repeat(65), 1), fin_id_schema: orNull(phraseOf(64)) },
    { requiredKeys: ['fin_id'] },
  ),
);
const named = fc.record({
  fin_id: mostly<unknown>('BANCO_CL', 'a b', 1),
  fin_id_schema: mostly<unknown>('SHINKANSEN', '', null, 'a b', 'A'.repeat(65)),
});
const party = strange(
  fc.record(
    {
      name: phraseOf(140),
      identification: fc.record({
        id_schema: mostly<unknown>('CLID', 'X', '', 'X'.repeat(33), 1),
        id: mostly<unknown>('1-9', 'ñ', '', '1'.repeat(65)),
      }),
      financial_institution: orNull(institution),
      account: mostly<unknown>('123', '1 2', '', '1'.repeat(65), null),
      account_type: phraseOf(32),
      email: orNull(phraseOf(254)),
    },
    { requiredKeys: ['name', 'identification', 'account', 'account_type', 'email'] },
  ),
);
const transaction = strange(
  fc.record(
    {
      transaction_type: mostly<unknown>('payout', 'payin', 'payouts', 1),
      transaction_id: mostly<unknown>('t-1', 't 1', '', 'é', '.', '..', 't'.repeat(65)),
      currency: mostly<unknown>('CLP', 'USD', 'XXX', 'clp', 'CL', 5),
      amount: mostly<unknown>(
        '1',
        '10.50',
        '1.',
        '.1',
        '1'.repeat(18),
        '1'.repeat(19),
        `${'1'.repeat(18)}.1`,
        '1e3',
        7,
      ),
      description: phraseOf(500),
      execution_date: mostly<unknown>(
        '2026-06-01T15:00:00Z',
        'today',
        `2026-06-01T15:00:00.${'0'.repeat(30)}Z`,
      ),
      tracking_key: orNull(phraseOf(64)),
      payment_rail: orNull(phraseOf(64)),
      po_connection: orNull(phraseOf(64)),
      debtor: party,
      creditor: party,
    },
    {
      requiredKeys: ['transaction_type', 'transaction_id', 'currency', 'amount', 'description'].concat([
        'execution_date',
        'debtor',
        'creditor',
      ]) as never,
    },
  ),
);

/** JSON as somebody else may write it: members in any order, escapes where none are needed, spaces. */
function written(value: unknown, choose: (most: number) => number): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value);
    return choose(3) === 0
      ? text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : text;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const space = [' ', '', '\n', '\t\r\n'][choose(7)] ?? '';
  if (Array.isArray(value))
    return `[${space}${value.map((one) => written(one, choose)).join(`,${space}`)}${space}]`;
  const members = Object.entries(value);
  if (choose(4) === 0) members.reverse();
  return `{${space}${members.map(([name, one]) => `${JSON.stringify(name)}${space}:${space}${written(one, choose)}`).join(`${space},${space}`)}}`;
}

const message = fc.record({
  transactions: fc.array(transaction, { maxLength: 2 }),
  header: fc.record(
    {
      sender: named,
      receiver: named,
      message_id: mostly<unknown>('m-1', 'm 1', 1),
      creation_date: mostly<unknown>(
        '2026-06-01T15:00:00Z',
        '2026-06-01T15:00:00.123456+00:00',
        '2026-02-30T15:00:00Z',
      ),
    },
    { requiredKeys: ['sender', 'receiver', 'message_id', 'creation_date'] },
  ),
});

describe('the usual reading', () => {
  test('reads what the published clients send, with accents as they are and as escapes', async () => {
    const payouts = [
      {},
      { more: { description: 'Pago a José' } },
      { operator: null, currency: 'USD', amount: '10.50' },
    ];
    const sent = Buffer.from(payoutMessage({ payouts })).toString();
    for (const text of [
      sent,
      sent.replaceAll('é', '\\u00e9'),
      JSON.stringify(JSON.parse(sent)),
      JSON.stringify(JSON.parse(sent), null, 2),
    ])
      expect(await agrees(Buffer.from(text))).toBe(true);
  });

  test('says of any message, however written, what the general reading says', async () => {
    let usual = 0;
    await fc.assert(
      fc.asyncProperty(
        message,
        fc.infiniteStream(fc.nat(1000)),
        async ({ header, transactions }, numbers) => {
          const choose = (most: number) => (numbers.next().value as number) % most;
          if (await agrees(Buffer.from(written({ document: { header, transactions } }, choose)))) usual++;
        },
      ),
      { numRuns: 3000 },
    );
    expect(usual).toBeGreaterThan(300);
  });

  const good = Buffer.from(payoutMessage({ payouts: [{}, { more: { description: 'Pagó "ñ" \\u00f1' } }] }));

  test('says of a message with a few bytes changed, added or taken away what the general reading says', async () => {
    const piece = fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      '0',
      'null',
      'é',
      '\u0000',
      '"account": "1", ',
    );
    const change = fc.tuple(
      fc.nat(good.length),
      fc.nat(3),
      fc.oneof(
        piece.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 2 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let body = good;
        for (const [at, gone, bytes] of changes)
          body = Buffer.concat([body.subarray(0, at), bytes, body.subarray(at + gone)]);
        await agrees(body);
      }),
      { numRuns: 3000 },
    );
  });

  test('says nothing of a message cut short, at any byte', () => {
    for (let end = 0; end < good.length; end++)
      expect(readUsualMessage(good.subarray(0, end))).toBeUndefined();
  });

  test('says nothing where a member stands twice', () => {
    const text = good.toString();
    for (const name of ['account', 'amount', 'fin_id', 'id', 'creditor', 'message_id', 'sender']) {
      const [member] = new RegExp(`"${name}": ("[^"]*"|\\{[^{}]*(\\{[^{}]*\\}[^{}]*)*\\})`).exec(text)!;
      expect(
        readUsualMessage(Buffer.from(text.replace(member, `${member}, ${member}`))),
        name,
      ).toBeUndefined();
    }
    for (const name of ['header', 'transactions'])
      expect(
        readUsualMessage(Buffer.from(text.replace('"header"', `"${name}": {}, "header"`))),
      ).toBeUndefined();
  });

  test('says nothing of what is not UTF-8, and of a list that is empty or too long', async () => {
    const accents = Buffer.from(good.toString().replace('Acreedor', 'José'));
    expect(await agrees(accents)).toBe(true);
    accents[accents.indexOf(0xc3)] = 0xff;
    expect(readUsualMessage(accents)).toBeUndefined();
    expect(readUsualMessage(payoutMessage({ payouts: [] }))).toBeUndefined();
    const many = (size: number) => readUsualMessage(payoutMessage({ payouts: Array(size).fill({}) }));
    expect(many(1000)?.transactions.length).toBe(1000);
    expect(many(1001)).toBeUndefined();
  });
});
