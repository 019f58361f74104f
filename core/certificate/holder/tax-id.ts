// Which tax number is this, in one normal form per kind? Two numbers are the same when type and normal form are
// equal. Whether the authority ever gave it to anybody is not answered.

import { Refusal } from '../../errors.ts';
import {
  cnpjCheckDigits,
  cpfCheckDigits,
  curpCheckDigit,
  nitCheckDigit,
  rfcCheckDigit,
  rucCheckDigit,
  rutCheckDigit,
} from './check-digits.ts';

/** `id_schema` names of the wire where it has one (CLID, MXRFC, CONIT, CONUIP, PEDNI); ours in the same manner. */
export const taxIdTypes = [
  'BRCNPJ',
  'BRCPF',
  'CLID',
  'CONIT',
  'CONUIP',
  'MXCURP',
  'MXRFC',
  'PEDNI',
  'PERUC',
] as const;
export type TaxIdType = (typeof taxIdTypes)[number];

export interface TaxId {
  readonly taxIdType: TaxIdType;
  /** Normal form, see `normaliseTaxId`. */
  readonly taxId: string;
}

interface Rule {
  /** Of the normal form. */
  readonly form: RegExp;
  readonly example: string;
  /** From text without blanks, dots, slashes: what else must go or come. */
  readonly shape?: (text: string) => string;
  readonly checks?: (normal: string) => boolean;
}

const endsWith = (digits: (body: string) => string, length: number) => (text: string) =>
  digits(text.slice(0, -length)) === text.slice(-length);
const isRepdigit = (text: string) => /^(.)\1*$/.test(text);
const withoutDash = (text: string) => text.replaceAll('-', '');

const rules: Record<TaxIdType, Rule> = {
  CLID: {
    form: /^[1-9]\d{0,7}-[\dK]$/,
    example: '12345678-5',
    shape: (text) => text.replace(/^0+(?=\d)/, ''),
    checks: (text) => rutCheckDigit(text.slice(0, -2)) === text.slice(-1),
  },
  BRCPF: {
    form: /^\d{11}$/,
    example: '11144477735',
    shape: withoutDash,
    checks: (text) => !isRepdigit(text) && endsWith(cpfCheckDigits, 2)(text),
  },
  // Alphanumeric since July 2026: never a number, leading zeros count (IN RFB 2.229/2024).
  BRCNPJ: {
    form: /^[\dA-Z]{12}\d{2}$/,
    example: '12ABC34501DE35',
    shape: withoutDash,
    checks: (text) => !isRepdigit(text) && endsWith(cnpjCheckDigits, 2)(text),
  },
  // The SAT has given RFCs whose check digit is wrong: `rfcCheckDigitFits` warns, nothing refuses.
  MXRFC: { form: /^[A-ZÑ&]{3,4}\d{6}[A-Z\d]{2}[\dA]$/, example: 'GODE561231GR8' },
  MXCURP: {
    form: /^[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d$/,
    example: 'HEGG560427MVZRRL04',
    checks: endsWith(curpCheckDigit, 1),
  },
  CONIT: {
    form: /^\d{6,15}$/,
    example: '8001972684',
    shape: withoutDash,
    checks: endsWith(nitCheckDigit, 1),
  },
  // Cedula or NUIP: no check digit of its own.
  CONUIP: { form: /^[1-9]\d{3,9}$/, example: '79123456', shape: withoutDash },
  PEDNI: { form: /^\d{8}$/, example: '12345678' },
  PERUC: { form: /^\d{11}$/, example: '20131312955', checks: endsWith(rucCheckDigit, 1) },
};

/**
 * The normal form: upper case, no blanks, dots or slashes; RUT `12345678-5` without leading zeros, CPF 11 digits,
 * CNPJ 14 characters, RFC 12 or 13, CURP 18, NIT digits with the check digit last, cedula digits, DNI 8, RUC 11.
 * Throws TAX_ID_MALFORMED, TAX_ID_CHECK_DIGIT_WRONG. `parameter` names the field in the refusal.
 */
export function normaliseTaxId(taxIdType: TaxIdType, text: string, parameter: string = taxIdType): TaxId {
  const rule = rules[taxIdType];
  const plain = text.replace(/[\s./]/g, '').toUpperCase();
  const taxId = rule.shape ? rule.shape(plain) : plain;
  if (!rule.form.test(taxId)) {
    throw new Refusal('TAX_ID_MALFORMED', { parameter, expected: `${taxIdType} such as ${rule.example}` });
  }
  if (rule.checks && !rule.checks(taxId)) {
    throw new Refusal('TAX_ID_CHECK_DIGIT_WRONG', { parameter, expected: `a valid ${taxIdType}` });
  }
  return { taxIdType, taxId };
}

/** An RFC's check digit is a hint only: some that the SAT issued do not fit. */
export function rfcCheckDigitFits(rfc: string): boolean {
  return endsWith(rfcCheckDigit, 1)(rfc);
}
