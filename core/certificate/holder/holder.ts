// Whom does this certificate identify, in the eyes of its PSC's profile? One extractor for each layout, the
// primary field only. Whether that person may act for a participant is a record of the node, not of the certificate.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { brazil } from './brazil.ts';
import { chile, requirePscRut } from './chile.ts';
import { colombia } from './colombia.ts';
import type { Country, Holder, HolderExtractor, Seal } from './extractor.ts';
import { altNameHosts, attributes } from './fields.ts';
import { mexico } from './mexico.ts';
import { peru } from './peru.ts';
import type { TaxId } from './tax-id.ts';

export type { Holder } from './extractor.ts';

const extractors = {
  'br.icp': brazil,
  'cl.san': chile('san'),
  'cl.subject': chile('subject'),
  'cl.permanentIdentifier': chile('permanentIdentifier'),
  'co.serialNumber': colombia('serialNumber'),
  'co.gse': colombia('gse'),
  'co.certicamara': colombia('certicamara'),
  'mx.efirma': mexico,
  'pe.iofe': peru,
} as const satisfies Record<string, HolderExtractor>;

/** Where a PSC writes its holders. */
export type HolderLayout = keyof typeof extractors;
export const holderLayouts = Object.keys(extractors) as readonly HolderLayout[];

/** The part of a PSC profile that this question needs. */
export interface HolderRule {
  readonly country: Country;
  readonly holder: HolderLayout;
  /** Chile: RUT of the PSC that must stand in issuerAltName, normal form. */
  readonly pscTaxId?: string;
}

/**
 * The natural person of a `signing` certificate.
 * @throws Refusal HOLDER_IS_SEAL, HOLDER_NOT_A_PERSON, HOLDER_COUNTRY_WRONG, HOLDER_FIELD_MISSING,
 * HOLDER_FIELD_REPEATED, HOLDER_FIELD_MALFORMED, HOLDER_NUMBERS_DISAGREE, PSC_NUMBER_WRONG, TAX_ID_MALFORMED,
 * TAX_ID_CHECK_DIGIT_WRONG, DER_MALFORMED
 */
export function identifyHolder(certificate: ParsedCertificate, rule: HolderRule): Holder {
  requireRightPsc(certificate, rule);
  const seal = sealOf(certificate, rule);
  if (seal) throw new Refusal('HOLDER_IS_SEAL', { found: seal });
  return extractors[rule.holder].person(certificate);
}

/** Which seal the certificate is, or undefined: no person's declaration of will either way. */
export function sealOf(certificate: ParsedCertificate, rule: HolderRule): Seal | undefined {
  return extractors[rule.holder].seal(certificate);
}

/** What a `transport` certificate says of its owner; the admission asks for the participant's tax id or a pinned host. */
export interface TransportOwner {
  readonly company: TaxId | undefined;
  /** dNSName entries, lower case. */
  readonly hosts: readonly string[];
}

/** @throws Refusal, as identifyHolder */
export function identifyTransportOwner(certificate: ParsedCertificate, rule: HolderRule): TransportOwner {
  requireRightPsc(certificate, rule);
  return { company: extractors[rule.holder].company(certificate), hosts: altNameHosts(certificate) };
}

function requireRightPsc(certificate: ParsedCertificate, rule: HolderRule): void {
  const countries = attributes(certificate.subject, '2.5.4.6');
  const other = countries.find((country) => country.toUpperCase() !== rule.country);
  if (other !== undefined) {
    throw new Refusal('HOLDER_COUNTRY_WRONG', { parameter: 'C', expected: rule.country, found: other });
  }
  if (rule.pscTaxId) requirePscRut(certificate, rule.pscTaxId);
}
