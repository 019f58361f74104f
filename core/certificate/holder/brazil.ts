// Whom does an ICP-Brasil certificate name? The CPF in the otherName of an e-CPF (2.16.76.1.3.1) or of the person
// responsible for an e-CNPJ (2.16.76.1.3.4), never the digits in the CN, which must only not contradict them
// (DOC-ICP-04, 7.1.2). Which kinds of certificate a node accepts is said by the profile's policies.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { companyFields, type Holder, type HolderExtractor, type Seal } from './extractor.ts';
import { altNameText, mustAgree, policyOids, required, subjectText } from './fields.ts';
import { normaliseTaxId, type TaxId } from './tax-id.ts';

const oids = {
  person: '2.16.76.1.3.1',
  responsibleName: '2.16.76.1.3.2',
  cnpj: '2.16.76.1.3.3',
  responsible: '2.16.76.1.3.4',
} as const;

/** Resolucao 211/2024: seals are no declaration of a company's will. */
const sealArcs: readonly (readonly [string, Seal])[] = [
  ['2.16.76.1.2.201', 'SE-S'],
  ['2.16.76.1.2.202', 'SE-H'],
];

export const brazil: HolderExtractor = { person, company, seal };

function person(certificate: ParsedCertificate): Holder {
  const own = cpfIn(certificate, oids.person);
  const responsible = cpfIn(certificate, oids.responsible);
  const cnpj = company(certificate);
  if (!own && !responsible && cnpj) throw new Refusal('HOLDER_NOT_A_PERSON');
  const cpf = required(own ?? responsible, oids.person);
  mustAgree(cpf, responsible, oids.responsible);
  subjectMustAgree(certificate, cnpj ?? cpf);
  const name = required(
    cnpj ? altNameText(certificate, oids.responsibleName, 'name') : commonName(certificate).name,
    'name',
  );
  return { country: 'BR', ...cpf, name, ...companyFields(cnpj), warnings: [] };
}

function company(certificate: ParsedCertificate): TaxId | undefined {
  const text = altNameText(certificate, oids.cnpj, oids.cnpj);
  return text === undefined ? undefined : normaliseTaxId('BRCNPJ', text, oids.cnpj);
}

/**
 * ddmmyyyy(8) CPF(11) NIS(11) RG(15, formerly 11) issuer and state (up to 6, may be missing); zeros when unknown.
 * The CPF's place is the same in all of them.
 */
function cpfIn(certificate: ParsedCertificate, oid: string): TaxId | undefined {
  const text = altNameText(certificate, oid, oid);
  if (text === undefined) return undefined;
  if (text.length < 45 || text.length > 51 || !/^\d{30}/.test(text)) {
    throw new Refusal('HOLDER_FIELD_MALFORMED', {
      parameter: oid,
      expected: '45 to 51 characters that begin with date, CPF and NIS',
    });
  }
  return normaliseTaxId('BRCPF', text.slice(8, 19), oid);
}

/** CN is `NAME:NUMBER` in most certificates. */
function commonName(certificate: ParsedCertificate): {
  name: string | undefined;
  number: string | undefined;
} {
  const text = subjectText(certificate, '2.5.4.3', 'CN');
  const parts = /^(.*):([\dA-Z]{11}|[\dA-Z]{14})$/.exec(text ?? '');
  return parts ? { name: parts[1], number: parts[2] } : { name: text, number: undefined };
}

function subjectMustAgree(certificate: ParsedCertificate, holder: TaxId): void {
  const serialNumber = subjectText(certificate, '2.5.4.5', 'serialNumber');
  const numbers = [
    ['CN', commonName(certificate).number],
    [
      'serialNumber',
      serialNumber && /^(\d{11}|[\dA-Z]{12}\d{2})$/.test(serialNumber) ? serialNumber : undefined,
    ],
  ] as const;
  for (const [where, number] of numbers) {
    if (number !== undefined && number !== holder.taxId) {
      throw new Refusal('HOLDER_NUMBERS_DISAGREE', { parameter: where });
    }
  }
}

function seal(certificate: ParsedCertificate): Seal | undefined {
  for (const policy of policyOids(certificate)) {
    for (const [arc, kind] of sealArcs) if (policy === arc || policy.startsWith(`${arc}.`)) return kind;
  }
  return undefined;
}
