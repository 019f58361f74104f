// What does every country's extractor answer? The person, and the company where the certificate names one.

import type { ParsedCertificate } from '../certificate.ts';
import type { TaxId, TaxIdType } from './tax-id.ts';

export type Country = 'BR' | 'CL' | 'CO' | 'MX' | 'PE';

/** `RFC_CHECK_DIGIT`: the RFC's last character does not fit; the SAT has issued such numbers. */
export type HolderWarning = 'RFC_CHECK_DIGIT';

/** CSD: Mexico, certificado de sello digital. SE-S, SE-H: Brazil, selo eletronico in software, in hardware. */
export type Seal = 'CSD' | 'SE-S' | 'SE-H';

/** A natural person, named by one PSC's certificate. Personal data: not for logs or evidence. */
export interface Holder {
  readonly country: Country;
  readonly taxIdType: TaxIdType;
  /** Normal form (`normaliseTaxId`). */
  readonly taxId: string;
  readonly name: string;
  /** The company for which the certificate says that the person acts, where it says so. */
  readonly companyTaxIdType?: TaxIdType;
  readonly companyTaxId?: string;
  /** Mexico: CURP, where present. */
  readonly curp?: string;
  readonly warnings: readonly HolderWarning[];
}

export interface HolderExtractor {
  /** Throws a Refusal with a HOLDER_ or TAX_ID_ code. */
  person(certificate: ParsedCertificate): Holder;
  /** Undefined where the certificate names no company. */
  company(certificate: ParsedCertificate): TaxId | undefined;
  seal(certificate: ParsedCertificate): Seal | undefined;
}

export function companyFields(company: TaxId | undefined): Pick<Holder, 'companyTaxId' | 'companyTaxIdType'> {
  return company ? { companyTaxIdType: company.taxIdType, companyTaxId: company.taxId } : {};
}
