// Whom does a Chilean certificate name? The RUT in the SAN's otherName of the Entidad Acreditadora's arc
// (Decreto 181/2002, technical annex), or where the PSC's profile says so in the subject's serialNumber or in a
// permanentIdentifier. A person's RUT and a company's look alike: the register tells them apart, not this file.

import { Refusal } from '../../errors.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { readSingle, TAG } from '../der.ts';
import type { Holder, HolderExtractor } from './extractor.ts';
import {
  altNameText,
  altNameValue,
  issuerAltNameText,
  mustAgree,
  required,
  stringOf,
  subjectText,
} from './fields.ts';
import { normaliseTaxId, type TaxId } from './tax-id.ts';

const holderRut = '1.3.6.1.4.1.8321.1';
const pscRut = '1.3.6.1.4.1.8321.2';
/** RFC 4043. */
const permanentIdentifier = '1.3.6.1.5.5.7.8.3';
const inCertificate = /^\d{1,8}-[\dKk]$/;

export type ChileanSource = 'san' | 'subject' | 'permanentIdentifier';

export function chile(source: ChileanSource): HolderExtractor {
  return {
    person: (certificate) => person(certificate, source),
    company: (certificate) => numbers(certificate)[source],
    seal: () => undefined,
  };
}

function person(certificate: ParsedCertificate, source: ChileanSource): Holder {
  const found = numbers(certificate);
  const rut = required(found[source], source);
  for (const other of ['san', 'subject', 'permanentIdentifier'] as const) mustAgree(rut, found[other], other);
  const name = required(subjectText(certificate, '2.5.4.3', 'CN'), 'CN');
  return { country: 'CL', ...rut, name, warnings: [] };
}

function numbers(certificate: ParsedCertificate): Record<ChileanSource, TaxId | undefined> {
  const subject = subjectText(certificate, '2.5.4.5', 'serialNumber');
  return {
    san: rut(altNameText(certificate, holderRut, 'san'), 'san'),
    // Some PSCs number their certificates here instead: only what looks like a RUT is one.
    subject: subject && inCertificate.test(subject) ? rut(subject, 'subject') : undefined,
    permanentIdentifier: rut(permanentIdentifierText(certificate), 'permanentIdentifier'),
  };
}

function rut(text: string | undefined, field: string): TaxId | undefined {
  if (text === undefined) return undefined;
  // Written without dots in certificates.
  if (!inCertificate.test(text)) {
    throw new Refusal('HOLDER_FIELD_MALFORMED', { parameter: field, expected: 'a RUT such as 12345678-5' });
  }
  return normaliseTaxId('CLID', text, field);
}

/** PermanentIdentifier ::= SEQUENCE { identifierValue UTF8String OPTIONAL, assigner OID OPTIONAL }. */
function permanentIdentifierText(certificate: ParsedCertificate): string | undefined {
  const der = altNameValue(certificate, permanentIdentifier, 'permanentIdentifier');
  if (!der) return undefined;
  const value = readSingle(der, TAG.SEQUENCE).inside().optional(TAG.UTF8_STRING);
  return value && stringOf(value.der, 'permanentIdentifier');
}

/** The PSC's own RUT stands in issuerAltName; the profile pins it to the anchor. Throws PSC_NUMBER_WRONG. */
export function requirePscRut(certificate: ParsedCertificate, expected: string): void {
  const text = issuerAltNameText(certificate, pscRut, 'issuerAltName');
  const found = text && inCertificate.test(text) ? text.toUpperCase().replace(/^0+/, '') : undefined;
  if (found !== expected) {
    throw new Refusal('PSC_NUMBER_WRONG', { parameter: 'issuerAltName', expected, found: text ?? 'none' });
  }
}
