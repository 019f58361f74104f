// Whom does a Colombian certificate name? Each PSC accredited by ONAC has its own place for cedula and NIT; the
// profile says which. A cedula has no check digit; a NIT and the subject's serialNumber carry one, without a dash.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { nitCheckDigit } from './check-digits.ts';
import { companyFields, type Holder, type HolderExtractor } from './extractor.ts';
import { required, subjectText } from './fields.ts';
import { normaliseTaxId, type TaxId } from './tax-id.ts';

/** Attributes of the subject under the PSC's own arc. */
const arcs = {
  gse: { nit: '1.3.6.1.4.1.4710.1.3.2', cedula: '1.3.6.1.4.1.4710.1.3.1' },
  certicamara: { nit: '1.3.6.1.4.1.23267.2.3', cedula: '1.3.6.1.4.1.23267.2.2' },
} as const;

export type ColombianSource = 'serialNumber' | keyof typeof arcs;

export function colombia(source: ColombianSource): HolderExtractor {
  const read = source === 'serialNumber' ? fromSerialNumber : fromArc(arcs[source]);
  return {
    person: (certificate) => person(certificate, read(certificate)),
    company: (certificate) => read(certificate).nit,
    seal: () => undefined,
  };
}

interface Numbers {
  readonly cedula: TaxId | undefined;
  readonly nit: TaxId | undefined;
}

function person(certificate: ParsedCertificate, { cedula, nit }: Numbers): Holder {
  if (!cedula && nit) throw new Refusal('HOLDER_NOT_A_PERSON');
  return {
    country: 'CO',
    ...required(cedula, 'cedula'),
    name: required(subjectText(certificate, '2.5.4.3', 'CN'), 'CN'),
    ...companyFields(nit),
    warnings: [],
  };
}

function fromSerialNumber(certificate: ParsedCertificate): Numbers {
  const text = digits(subjectText(certificate, '2.5.4.5', 'serialNumber'), 'serialNumber');
  if (text === undefined) return { cedula: undefined, nit: undefined };
  const nit = normaliseTaxId('CONIT', text, 'serialNumber');
  // The DIAN gives companies the numbers from 800 to 999 million; a cedula has up to 8 digits, or 10.
  if (/^[89]\d{9}$/.test(text)) return { cedula: undefined, nit };
  return { cedula: normaliseTaxId('CONUIP', text.slice(0, -1), 'serialNumber'), nit: undefined };
}

function fromArc(arc: { readonly nit: string; readonly cedula: string }) {
  return (certificate: ParsedCertificate): Numbers => {
    const cedulaText = digits(subjectText(certificate, arc.cedula, 'cedula'), 'cedula');
    const cedula = cedulaText === undefined ? undefined : normaliseTaxId('CONUIP', cedulaText, 'cedula');
    const nit = nitOf(subjectText(certificate, arc.nit, 'nit'));
    serialNumberMustAgree(certificate, { cedula, nit });
    return { cedula, nit };
  };
}

/** Nine digits are a NIT whose check digit was left out. */
function nitOf(text: string | undefined): TaxId | undefined {
  const number = digits(text?.replace(/-(?=\d$)/, ''), 'nit');
  if (number === undefined) return undefined;
  return normaliseTaxId('CONIT', number.length === 9 ? number + nitCheckDigit(number) : number, 'nit');
}

function digits(text: string | undefined, field: string): string | undefined {
  if (text !== undefined && !/^\d+$/.test(text)) {
    throw new Refusal('HOLDER_FIELD_MALFORMED', { parameter: field, expected: 'digits' });
  }
  return text;
}

function serialNumberMustAgree(certificate: ParsedCertificate, { cedula, nit }: Numbers): void {
  const text = subjectText(certificate, '2.5.4.5', 'serialNumber');
  if (text === undefined || !/^\d+$/.test(text)) return;
  const known = [
    ...(cedula ? [cedula.taxId, cedula.taxId + nitCheckDigit(cedula.taxId)] : []),
    ...(nit ? [nit.taxId, nit.taxId.slice(0, -1)] : []),
  ];
  if (!known.includes(text)) throw new Refusal('HOLDER_NUMBERS_DISAGREE', { parameter: 'serialNumber' });
}
