// Whom does a Peruvian certificate name? serialNumber holds the DNI behind a prefix that says so, and
// organizationIdentifier the company's RUC (IOFE, ETSI EN 319 412-1 §5.1.3 and §5.1.4; older prefixes before it).

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { companyFields, type Holder, type HolderExtractor } from './extractor.ts';
import { required, subjectText } from './fields.ts';
import { normaliseTaxId, type TaxId } from './tax-id.ts';

const dni = /^(?:PNOPE|IDCPE|DNI)-(\d{8})$/;
const ruc = /^(?:NTRPE|VATPE)-(\d{11})$/;

export const peru: HolderExtractor = { person, company, seal: () => undefined };

function person(certificate: ParsedCertificate): Holder {
  const employer = company(certificate);
  const text = subjectText(certificate, '2.5.4.5', 'serialNumber');
  if (!text && employer) throw new Refusal('HOLDER_NOT_A_PERSON', { parameter: 'serialNumber' });
  const number = matched(required(text, 'serialNumber'), dni, 'serialNumber', 'PNOPE- and 8 digits');
  return {
    country: 'PE',
    ...normaliseTaxId('PEDNI', number, 'serialNumber'),
    name: required(subjectText(certificate, '2.5.4.3', 'CN'), 'CN'),
    ...companyFields(employer),
    warnings: [],
  };
}

function company(certificate: ParsedCertificate): TaxId | undefined {
  const field = 'organizationIdentifier';
  const text = subjectText(certificate, '2.5.4.97', field);
  if (text === undefined) return undefined;
  return normaliseTaxId('PERUC', matched(text, ruc, field, 'NTRPE- and 11 digits'), field);
}

function matched(text: string, form: RegExp, parameter: string, expected: string): string {
  const found = form.exec(text)?.[1];
  if (found === undefined) throw new Refusal('HOLDER_FIELD_MALFORMED', { parameter, expected });
  return found;
}
