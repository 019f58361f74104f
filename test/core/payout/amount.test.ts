import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMoney, writeAmount } from '../../../core/payout/amount.ts';
import { refusalCode } from '../../support/refusal-code.ts';

const codeOf = (act: () => unknown) => refusalCode(act, 'READ');

describe('an amount is an exact number of smallest units', () => {
  test.each([
    ['428617', 'CLP', 428617n],
    ['100000.00000', 'CLP', 100000n],
    ['5000.00', 'MXN', 500000n],
    ['5000', 'MXN', 500000n],
    ['5000.1', 'MXN', 500010n],
    ['0.01', 'USD', 1n],
    ['007', 'CLP', 7n],
    ['999999999999999999', 'CLP', 999999999999999999n],
    ['9999999999999999.99', 'PEN', 999999999999999999n],
  ])('reads %s %s', (text, currency, minor) => {
    expect(readMoney(text, currency).amountMinor).toBe(minor);
  });

  test.each([
    ['1.5', 'CLP', 'AMOUNT_FRACTION_LOST'],
    ['0.001', 'USD', 'AMOUNT_FRACTION_LOST'],
    ['0', 'CLP', 'AMOUNT_NOT_POSITIVE'],
    ['0.00', 'MXN', 'AMOUNT_NOT_POSITIVE'],
    ['-1', 'CLP', 'AMOUNT_MALFORMED'],
    ['+1', 'CLP', 'AMOUNT_MALFORMED'],
    ['1e3', 'CLP', 'AMOUNT_MALFORMED'],
    ['1,000', 'CLP', 'AMOUNT_MALFORMED'],
    ['1.2.3', 'USD', 'AMOUNT_MALFORMED'],
    ['.5', 'USD', 'AMOUNT_MALFORMED'],
    ['5.', 'USD', 'AMOUNT_MALFORMED'],
    [' 5', 'USD', 'AMOUNT_MALFORMED'],
    ['٥', 'USD', 'AMOUNT_MALFORMED'],
    ['0x10', 'USD', 'AMOUNT_MALFORMED'],
    ['1000000000000000000', 'CLP', 'AMOUNT_MALFORMED'],
    ['1', 'BRL', 'CURRENCY_UNKNOWN'],
    ['1', 'constructor', 'CURRENCY_UNKNOWN'],
  ])('refuses %s %s with %s', (text, currency, code) => {
    expect(codeOf(() => readMoney(text, currency))).toBe(code);
  });

  test('what is written is read back, for every amount and currency', () => {
    const amounts = fc.bigInt({ min: 1n, max: 10n ** 18n - 1n });
    fc.assert(
      fc.property(amounts, fc.constantFrom('CLP', 'COP', 'MXN', 'PEN', 'USD'), (amountMinor, currency) => {
        const money = { amountMinor, currency } as const;
        expect(readMoney(writeAmount(money), currency)).toEqual(money);
      }),
    );
  });
});
