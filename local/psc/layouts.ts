// How each country's PSCs write a holder into a certificate: synthetic twins of the public layouts, for people
// who do not exist. The extractors of core/certificate/holder/ read what this writes.

import { ia5String, octetString, printableString, utf8String } from '../../core/certificate/der-writer.ts';
import { nitCheckDigit } from '../../core/certificate/holder/check-digits.ts';
import type { NameAttribute } from '../../core/certificate/name-writer.ts';
import {
  certificatePolicies,
  type ExtensionInput,
  emailName,
  issuerAltName,
  otherName,
} from './extensions.ts';

/** RUT of the test PSC: nobody's. */
export const testPscRut = '76543210-3';

export type Country = 'BR' | 'CL' | 'CO' | 'MX' | 'PE';

export interface ChileanHolder {
  readonly country: 'CL';
  readonly name: string;
  /** `12345678-5`. */
  readonly rut: string;
  readonly email?: string;
  /** RUT of the PSC in issuerAltName; `76543210-3` by default, `none` leaves it out. */
  readonly pscRut?: string;
  /** Where the RUT stands: SAN by default; `both` writes it into the subject's serialNumber as well. */
  readonly rutIn?: 'san' | 'subject' | 'both';
  /** A second RUT for the subject, to contradict the first. */
  readonly subjectRut?: string;
  readonly as?: 'ia5' | 'utf8';
}

export interface BrazilianHolder {
  readonly country: 'BR';
  readonly kind?: 'e-CPF' | 'e-CNPJ';
  /** The person: holder of an e-CPF, responsible person of an e-CNPJ. */
  readonly name: string;
  /** 11 digits. */
  readonly cpf: string;
  /** 14 characters; e-CNPJ only. */
  readonly cnpj?: string;
  readonly companyName?: string;
  /** ddmmyyyy. */
  readonly birthDate?: string;
  /** Certificate policy; `2.16.76.1.2.3.1` (A3) by default. */
  readonly policy?: string;
  readonly as?: 'octets' | 'printable' | 'utf8';
  /** Length of the RG field: 15 now, 11 in older certificates. */
  readonly rgLength?: 11 | 15;
  /** Issuer and state of the RG, or '' where it is missing. */
  readonly rgIssuer?: string;
  /** What stands behind the colon of the CN; the CPF or CNPJ by default, '' leaves it out. */
  readonly commonNameNumber?: string;
}

export interface MexicanHolder {
  readonly country: 'MX';
  readonly name: string;
  /** RFC of the person, or of the company when `representativeRfc` is given. */
  readonly rfc: string;
  readonly representativeRfc?: string;
  readonly curp?: string;
  /** CSD seals carry an OU; FIEL has none. */
  readonly organizationalUnit?: string;
}

export interface ColombianHolder {
  readonly country: 'CO';
  readonly name: string;
  /** Cedula, digits only; a company's certificate has none. */
  readonly cedula?: string;
  /** NIT of the company with its check digit, digits only. */
  readonly nit?: string;
  readonly companyName?: string;
  readonly layout?: 'serialNumber' | 'gse' | 'certicamara';
  /** Overrides the subject's serialNumber. */
  readonly serialNumber?: string;
}

export interface PeruvianHolder {
  readonly country: 'PE';
  readonly name: string;
  /** A company's certificate has none. */
  readonly dni?: string;
  readonly ruc?: string;
  readonly companyName?: string;
  readonly dniPrefix?: string;
  readonly rucPrefix?: string;
}

export type HolderInput = ChileanHolder | BrazilianHolder | MexicanHolder | ColombianHolder | PeruvianHolder;

export interface HolderFields {
  readonly subject: readonly NameAttribute[];
  /** Encoded GeneralNames for one subjectAltName; host names may join them. */
  readonly altNames: readonly Uint8Array[];
  readonly extensions: readonly ExtensionInput[];
}

export function holderFields(holder: HolderInput): HolderFields {
  switch (holder.country) {
    case 'CL':
      return chilean(holder);
    case 'BR':
      return brazilian(holder);
    case 'MX':
      return mexican(holder);
    case 'CO':
      return colombian(holder);
    case 'PE':
      return peruvian(holder);
  }
}

function chilean(holder: ChileanHolder): HolderFields {
  const write = holder.as === 'utf8' ? utf8String : ia5String;
  const where = holder.rutIn ?? 'san';
  const subjectRut = holder.subjectRut ?? (where === 'san' ? undefined : holder.rut);
  const names = where === 'subject' ? [] : [otherName('1.3.6.1.4.1.8321.1', write(holder.rut))];
  if (holder.email) names.push(emailName(holder.email));
  const pscRut = holder.pscRut ?? testPscRut;
  return {
    subject: [
      { type: 'C', value: 'CL' },
      { type: 'CN', value: holder.name },
      ...(subjectRut ? [{ type: 'serialNumber', value: subjectRut }] : []),
    ],
    altNames: names,
    extensions: [
      ...(pscRut === 'none' ? [] : [issuerAltName(otherName('1.3.6.1.4.1.8321.2', write(pscRut)))]),
    ],
  };
}

function brazilian(holder: BrazilianHolder): HolderFields {
  const write = {
    octets: (text: string) => octetString(Buffer.from(text, 'latin1')),
    printable: printableString,
    utf8: utf8String,
  }[holder.as ?? 'octets'];
  const company = holder.kind === 'e-CNPJ';
  const person = [
    holder.birthDate ?? '02011980',
    holder.cpf,
    '0'.repeat(11),
    '0'.repeat(holder.rgLength ?? 15),
    holder.rgIssuer ?? 'SSPSP',
  ].join('');
  const names = company
    ? [
        otherName('2.16.76.1.3.4', write(person)),
        otherName('2.16.76.1.3.2', write(holder.name)),
        otherName('2.16.76.1.3.3', write(holder.cnpj ?? '')),
        otherName('2.16.76.1.3.7', write('0'.repeat(12))),
      ]
    : [
        otherName('2.16.76.1.3.1', write(person)),
        otherName('2.16.76.1.3.6', write('0'.repeat(12))),
        otherName('2.16.76.1.3.5', write('0'.repeat(12))),
      ];
  const number = holder.commonNameNumber ?? (company ? (holder.cnpj ?? '') : holder.cpf);
  const name = company ? (holder.companyName ?? 'EMPRESA DE TESTE LTDA') : holder.name;
  return {
    subject: [
      { type: 'C', value: 'BR' },
      { type: 'O', value: 'ICP-Brasil' },
      { type: 'CN', value: number ? `${name}:${number}` : name },
    ],
    altNames: names,
    extensions: [certificatePolicies(holder.policy ?? '2.16.76.1.2.3.1')],
  };
}

function mexican(holder: MexicanHolder): HolderFields {
  const pair = holder.representativeRfc ? `${holder.rfc} / ${holder.representativeRfc}` : holder.rfc;
  const curp = holder.curp && holder.representativeRfc ? ` / ${holder.curp}` : holder.curp;
  return {
    subject: [
      { type: 'CN', value: holder.name },
      { type: 'O', value: holder.name },
      { type: 'C', value: 'MX' },
      { type: 'x500UniqueIdentifier', value: pair },
      ...(curp ? [{ type: 'serialNumber', value: curp }] : []),
      ...(holder.organizationalUnit ? [{ type: 'OU', value: holder.organizationalUnit }] : []),
    ],
    altNames: [],
    extensions: [],
  };
}

function colombian(holder: ColombianHolder): HolderFields {
  const layout = holder.layout ?? 'serialNumber';
  const arcs = {
    gse: { nit: '1.3.6.1.4.1.4710.1.3.2', cedula: '1.3.6.1.4.1.4710.1.3.1' },
    certicamara: { nit: '1.3.6.1.4.1.23267.2.3', cedula: '1.3.6.1.4.1.23267.2.2' },
  };
  const own: NameAttribute[] = [];
  if (layout !== 'serialNumber') {
    if (holder.cedula) own.push({ type: arcs[layout].cedula, value: holder.cedula });
    if (holder.nit) own.push({ type: arcs[layout].nit, value: holder.nit });
  }
  const plain = holder.cedula ? holder.cedula + nitCheckDigit(holder.cedula) : holder.nit;
  const serialNumber = holder.serialNumber ?? (layout === 'serialNumber' ? plain : undefined);
  return {
    subject: [
      { type: 'C', value: 'CO' },
      ...(holder.companyName ? [{ type: 'O', value: holder.companyName }] : []),
      { type: 'CN', value: holder.name },
      { type: 'givenName', value: holder.name.split(' ')[0] ?? '' },
      { type: 'surname', value: holder.name.split(' ').slice(1).join(' ') || holder.name },
      ...(serialNumber ? [{ type: 'serialNumber', value: serialNumber }] : []),
      ...own,
    ],
    altNames: [],
    extensions: [],
  };
}

function peruvian(holder: PeruvianHolder): HolderFields {
  return {
    subject: [
      { type: 'C', value: 'PE' },
      ...(holder.companyName ? [{ type: 'O', value: holder.companyName }] : []),
      ...(holder.ruc
        ? [{ type: 'organizationIdentifier', value: `${holder.rucPrefix ?? 'NTRPE-'}${holder.ruc}` }]
        : []),
      { type: 'CN', value: holder.name },
      ...(holder.dni
        ? [{ type: 'serialNumber', value: `${holder.dniPrefix ?? 'PNOPE-'}${holder.dni}` }]
        : []),
    ],
    altNames: [],
    extensions: [],
  };
}
