// Whom does a Mexican e.firma name? x500UniqueIdentifier holds the RFC, or `RFC company / RFC representative`;
// serialNumber the CURP (SAT, especificaciones de la e.firma). An OU says that it is a CSD seal, not an e.firma.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { companyFields, type Holder, type HolderExtractor } from './extractor.ts';
import { attributes, required, subjectText } from './fields.ts';
import { normaliseTaxId, rfcCheckDigitFits, type TaxId } from './tax-id.ts';

const field = 'x500UniqueIdentifier';

export const mexico: HolderExtractor = {
  person,
  company: (certificate) => rfcs(certificate).find(isCompany),
  seal: (certificate) => (attributes(certificate.subject, '2.5.4.11').length > 0 ? 'CSD' : undefined),
};

/** A company's RFC has 12 characters, a person's 13. */
const isCompany = ({ taxId }: TaxId) => taxId.length === 12;

function person(certificate: ParsedCertificate): Holder {
  const found = rfcs(certificate);
  if (found.length === 0) throw new Refusal('HOLDER_FIELD_MISSING', { parameter: field });
  const rfc = found.at(-1)!;
  if (isCompany(rfc)) throw new Refusal('HOLDER_NOT_A_PERSON', { parameter: field });
  const company = found.length === 2 ? found[0] : undefined;
  const curp = curpOf(certificate);
  return {
    country: 'MX',
    ...rfc,
    name: required(subjectText(certificate, '2.5.4.3', 'CN'), 'CN'),
    ...companyFields(company),
    ...(curp ? { curp } : {}),
    warnings: found.every(({ taxId }) => rfcCheckDigitFits(taxId)) ? [] : ['RFC_CHECK_DIGIT'],
  };
}

/** One RFC, or the company's and its representative's. */
function rfcs(certificate: ParsedCertificate): TaxId[] {
  const text = subjectText(certificate, '2.5.4.45', field);
  if (!text) return [];
  const parts = text.split('/').map((part) => normaliseTaxId('MXRFC', part, field));
  if (parts.length > 2) throw new Refusal('HOLDER_FIELD_REPEATED', { parameter: field });
  return parts;
}

/** `CURP`, or ` / CURP` of the representative where the certificate is a company's. */
function curpOf(certificate: ParsedCertificate): string | undefined {
  const text = subjectText(certificate, '2.5.4.5', 'serialNumber')?.split('/').at(-1)?.trim();
  return text ? normaliseTaxId('MXCURP', text, 'serialNumber').taxId : undefined;
}
