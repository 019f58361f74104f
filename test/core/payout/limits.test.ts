import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creditorKeys } from '../../../core/payout/creditor.ts';
import { type Countable, dayIn, debitsOf, type Limits } from '../../../core/payout/limits.ts';

const limits: Limits = { CLP: { day: 1_000n, creditor: 100n }, MXN: { day: 500n, creditor: 50n } };
const creditor = (id: string, account: string, schema = 'CLID') => ({
  identification: { id_schema: schema, id },
  financial_institution: { fin_id: 'BANCO' },
  account,
});

describe('counters of a message', () => {
  const countable = fc.record({
    money: fc.record({
      currency: fc.constantFrom('CLP' as const, 'MXN' as const),
      amountMinor: fc.bigInt({ min: 1n, max: 10_000n }),
    }),
    creditor: fc.record({
      identification: fc.constantFrom('a', 'b', 'c'),
      account: fc.constantFrom('1', '2', '3', '4'),
      knownSchema: fc.boolean(),
    }),
  });

  test('every kind of counter counts every unit of every payout once, each counter stands once', () => {
    fc.assert(
      fc.property(fc.array(countable, { minLength: 1, maxLength: 40 }), (payouts: Countable[]) => {
        const debits = debitsOf(payouts, limits, '2026-06-01');
        const keys = debits.map(({ kind, currency, name }) => `${kind}#${currency}#${name}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const currency of ['CLP', 'MXN']) {
          const spent = payouts.reduce(
            (sum, { money }) => sum + (money.currency === currency ? money.amountMinor : 0n),
            0n,
          );
          for (const kind of ['day', 'creditor', 'account']) {
            const counted = debits.filter((debit) => debit.kind === kind && debit.currency === currency);
            expect(counted.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(spent);
          }
        }
      }),
    );
  });

  test('an id_schema that nobody knows has one counter of its own with the smallest limit', () => {
    const unknown = (id: string) => creditorKeys(creditor(id, id, 'PASSPORT'), 'CLP');
    const money = { currency: 'CLP' as const, amountMinor: 1n };
    const payouts = [unknown('X1'), unknown('x 1'), unknown('Y2')].map((keys) => ({ money, creditor: keys }));
    const counters = debitsOf(payouts, limits, '2026-06-01').filter(({ kind }) => kind === 'creditor');
    expect(counters.map(({ amountMinor, limitMinor }) => [amountMinor, limitMinor])).toEqual([[3n, 10n]]);
  });
});

describe('a creditor counts as one, however it is written', () => {
  test.each([
    ['12.345.678-k', '12345678-K'],
    ['012345678-K', '12345678-K'],
    [' 12345678K', '12345678-K'],
    ['１２345678-K', '12345678-K'],
  ])('%s is %s', (one, other) => {
    const keyOf = (id: string) => creditorKeys(creditor(id, '1'), 'CLP').identification;
    expect(keyOf(one)).toBe(keyOf(other));
  });

  test('digits of other scripts lead to one counter, not to as many as there are spellings', () => {
    const accounts = ['12345', '1\u0662345', '12\u0663\u0664\u0665', '\u0967\u0968345'].map(
      (account) => creditorKeys(creditor('X', account), 'CLP').account,
    );
    expect(new Set(accounts).size).toBe(2);
    expect(creditorKeys(creditor('X', '\uff11\uff12345'), 'CLP').account).toBe(accounts[0]);
  });

  test('a CLABE is one account with its institution and without', () => {
    const clabe = '012180001234567897';
    const without = { identification: { id_schema: 'MXRFC', id: 'X' }, account: clabe };
    expect(creditorKeys(creditor('X', '012 180 001234567897'), 'MXN').account).toBe(
      creditorKeys(without, 'MXN').account,
    );
  });

  test('an institution is one in capitals and without', () => {
    const small = { ...creditor('1', '77'), financial_institution: { fin_id: 'Banco' } };
    expect(creditorKeys(creditor('1', '77'), 'CLP').account).toBe(creditorKeys(small, 'CLP').account);
  });

  test('equal numbers at two institutions are two accounts', () => {
    const other = { ...creditor('1', '77'), financial_institution: { fin_id: 'OTRO' } };
    expect(creditorKeys(creditor('1', '77'), 'CLP').account).not.toBe(creditorKeys(other, 'CLP').account);
  });
});

test('a day is the day where the participant is', () => {
  const now = new Date('2026-06-02T02:30:00Z');
  expect(dayIn('America/Santiago', now)).toBe('2026-06-01');
  expect(dayIn('America/Mexico_City', now)).toBe('2026-06-01');
  expect(dayIn('Europe/Madrid', now)).toBe('2026-06-02');
});
