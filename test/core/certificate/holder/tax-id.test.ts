import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rutCheckDigit } from '../../../../core/certificate/holder/check-digits.ts';
import {
  normaliseTaxId,
  rfcCheckDigitFits,
  type TaxIdType,
  taxIdTypes,
} from '../../../../core/certificate/holder/tax-id.ts';
import type { RefusalCode } from '../../../../core/errors.ts';

const valid: [TaxIdType, string, string][] = [
  ['CLID', '12.345.678-5', '12345678-5'],
  ['CLID', '60.803.000-k', '60803000-K'],
  ['CLID', '05126663-3', '5126663-3'],
  ['BRCPF', '111.444.777-35', '11144477735'],
  ['BRCNPJ', '12.abc.345/01de-35', '12ABC34501DE35'],
  ['BRCNPJ', '00.000.000/0001-91', '00000000000191'],
  ['MXRFC', 'gode561231gr8', 'GODE561231GR8'],
  ['MXRFC', 'XAXX010101000', 'XAXX010101000'],
  ['MXCURP', 'HEGG560427MVZRRL04', 'HEGG560427MVZRRL04'],
  ['CONIT', '800.197.268-4', '8001972684'],
  ['CONUIP', '79.123.456', '79123456'],
  ['PEDNI', '01234567', '01234567'],
  ['PERUC', '20131312955', '20131312955'],
];

const refused: [TaxIdType, string, RefusalCode][] = [
  ['CLID', '12345678-6', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['CLID', '12345678', 'TAX_ID_MALFORMED'],
  ['CLID', '123456789-2', 'TAX_ID_MALFORMED'],
  ['CLID', '0-0', 'TAX_ID_MALFORMED'],
  ['BRCPF', '11144477734', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['BRCPF', '11111111111', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['BRCPF', '00000000000', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['BRCPF', '1114447773', 'TAX_ID_MALFORMED'],
  ['BRCNPJ', '12ABC34501DE36', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['BRCNPJ', '00000000000000', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['BRCNPJ', '12ABC34501DEA5', 'TAX_ID_MALFORMED'],
  ['MXRFC', 'GODE5612', 'TAX_ID_MALFORMED'],
  ['MXCURP', 'HEGG560427MVZRRL05', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['CONIT', '8001972685', 'TAX_ID_CHECK_DIGIT_WRONG'],
  ['CONUIP', '0791234567', 'TAX_ID_MALFORMED'],
  ['PEDNI', '1234567', 'TAX_ID_MALFORMED'],
  ['PERUC', '20131312954', 'TAX_ID_CHECK_DIGIT_WRONG'],
];

describe('a tax number', () => {
  test.each(valid)('%s %s has one normal form', (type, text, normal) => {
    expect(normaliseTaxId(type, text)).toEqual({ taxIdType: type, taxId: normal });
  });

  test.each(refused)('%s %s is refused by %s', (type, text, code) => {
    expect(() => normaliseTaxId(type, text)).toThrow(expect.objectContaining({ code }));
  });

  test('keeps its number out of the refusal, which callers and logs may see', () => {
    expect(() => normaliseTaxId('BRCPF', '11144477734', 'san')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('111444777') }),
    );
  });

  test('is normalised once and for all', () => {
    for (const [type, , normal] of valid) expect(normaliseTaxId(type, normal).taxId).toBe(normal);
  });

  test('of any text is a number or a refusal, never a fault', () => {
    fc.assert(
      fc.property(fc.constantFrom(...taxIdTypes), fc.string({ maxLength: 40 }), (type, text) => {
        try {
          expect(normaliseTaxId(type, text).taxId).toMatch(/^[\dA-ZÑ&-]+$/);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Refusal' });
        }
      }),
    );
  });

  test('of Chile is the same with dots, blanks, zeros and small letters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999_999 }), (number) => {
        const normal = `${number}-${rutCheckDigit(String(number))}`;
        const dotted = normal.replace(/\B(?=(\d{3})+-)/g, '.');
        expect(normaliseTaxId('CLID', ` 0${dotted.toLowerCase()} `).taxId).toBe(normal);
      }),
    );
  });

  test('of Mexico is not refused for its check digit, only told', () => {
    expect(rfcCheckDigitFits('GODE561231GR8')).toBe(true);
    expect(rfcCheckDigitFits('GODE561231GR9')).toBe(false);
    expect(normaliseTaxId('MXRFC', 'GODE561231GR9').taxId).toBe('GODE561231GR9');
  });
});
