import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cnpjCheckDigits,
  cpfCheckDigits,
  curpCheckDigit,
  nitCheckDigit,
  rfcCheckDigit,
  rucCheckDigit,
  rutCheckDigit,
} from '../../../../core/certificate/holder/check-digits.ts';

// Published numbers: of public bodies and companies (their own sites and the tax authorities' guides), or the
// examples that the rules themselves print.
const published: [string, (body: string) => string, string, string][] = [
  ['RUT of the Tesoreria General', rutCheckDigit, '60805000', '0'],
  ['RUT of the SII', rutCheckDigit, '60803000', 'K'],
  ['RUT of the guides', rutCheckDigit, '12345678', '5'],
  ['RUT of the wire samples', rutCheckDigit, '11111111', '1'],
  ['CPF of the guides', cpfCheckDigits, '111444777', '35'],
  ['CPF with both digits zero', cpfCheckDigits, '123456789', '09'],
  ['CNPJ of Banco do Brasil', cnpjCheckDigits, '000000000001', '91'],
  ['CNPJ of Serpro', cnpjCheckDigits, '336831110001', '07'],
  ['alphanumeric CNPJ of IN RFB 2.229/2024', cnpjCheckDigits, '12ABC34501DE', '35'],
  ['RFC of the SAT guide, a person', rfcCheckDigit, 'GODE561231GR', '8'],
  ['RFC of the SAT itself', rfcCheckDigit, 'SAT970701NN', '3'],
  ['CURP of the RENAPO guide', curpCheckDigit, 'HEGG560427MVZRRL0', '4'],
  ['NIT of the DIAN', nitCheckDigit, '800197268', '4'],
  ['NIT of Banco de Bogota', nitCheckDigit, '860002964', '4'],
  ['NIT of Ecopetrol', nitCheckDigit, '899999068', '1'],
  ['RUC of the SUNAT', rucCheckDigit, '2013131295', '5'],
  ['RUC of the BCRP', rucCheckDigit, '2012247630', '9'],
  ['RUC of Supermercados Peruanos', rucCheckDigit, '2010007097', '0'],
];

test.each(published)('%s has its published check digit', (_, digits, body, expected) => {
  expect(digits(body)).toBe(expected);
});

const digitText = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const upper = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const mixedText = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789', ...upper), { minLength: length, maxLength: length })
    .map((all) => all.join(''));

describe('a changed digit never keeps its check digits', () => {
  // A prime modulus detects every substitution under a weight that is no multiple of it, except where two
  // remainders share one digit. RFC has such a weight (11, third place), CPF, CNPJ and RUC such remainders.
  const strict: [string, (body: string) => string, fc.Arbitrary<string>][] = [
    ['RUT', rutCheckDigit, digitText(8)],
    ['NIT', nitCheckDigit, digitText(9)],
  ];
  test.each(strict)('%s, one character', (name, digits, bodies) => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 9 }), (body, at, by) => {
        const index = at % body.length;
        const value = body.charCodeAt(index) - 48;
        if (value > 9) return;
        const changed = body.slice(0, index) + String((value + by) % 10) + body.slice(index + 1);
        // NIT: remainders 0 and 1 stand for themselves, 11 - r for the others: all differ (10 and 1 do not).
        if (name === 'NIT' && [digits(body), digits(changed)].every((digit) => digit === '1')) return;
        expect(digits(changed)).not.toBe(digits(body));
      }),
    );
  });
});

describe('check digits are what the sums say', () => {
  // The same rules written the slow way, as the authorities print them.
  test('CPF: weights 10..2 and 11..2', () => {
    fc.assert(
      fc.property(digitText(9), (body) => {
        const sum = (text: string) =>
          [...text].reduce((total, digit, at) => total + Number(digit) * (text.length + 1 - at), 0);
        const one = ((sum(body) * 10) % 11) % 10;
        const two = ((sum(body + one) * 10) % 11) % 10;
        expect(cpfCheckDigits(body)).toBe(`${one}${two}`);
      }),
    );
  });

  test('CNPJ: weights 5..2,9..2 and 6..2,9..2, letters by their ASCII code', () => {
    fc.assert(
      fc.property(mixedText(12), (body) => {
        const digit = (text: string, weights: number[]) => {
          const rest = weights.reduce((sum, weight, at) => sum + (text.charCodeAt(at) - 48) * weight, 0) % 11;
          return rest < 2 ? 0 : 11 - rest;
        };
        const one = digit(body, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
        const two = digit(body + one, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
        expect(cnpjCheckDigits(body)).toBe(`${one}${two}`);
      }),
    );
  });

  test('RUC: weights 5,4,3,2,7,6,5,4,3,2', () => {
    fc.assert(
      fc.property(digitText(10), (body) => {
        const weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
        const sum = weights.reduce((total, weight, at) => total + Number(body[at]) * weight, 0);
        expect(rucCheckDigit(body)).toBe(String((11 - (sum % 11)) % 10));
      }),
    );
  });

  test('CURP: always one decimal digit', () => {
    fc.assert(
      fc.property(mixedText(17), (body) => {
        expect(curpCheckDigit(body)).toMatch(/^\d$/);
      }),
    );
  });
});
