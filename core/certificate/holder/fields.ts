// What stands in this one field of the certificate? At most once, in a known string type, free of control
// characters. What the field means is for the country's extractor to say.

import { Refusal } from '../../errors.ts';
import { isPlainText } from '../../plain-text.ts';
import { certificateLimits } from '../../policy.ts';
import type { Name, Oid, ParsedCertificate } from '../certificate.ts';
import { readSingle, TAG } from '../der.ts';
import { parseGeneralNames } from '../parse.ts';
import type { TaxId } from './tax-id.ts';

const subjectAltName = '2.5.29.17';
const issuerAltName = '2.5.29.18';
const certificatePolicies = '2.5.29.32';

/** Text of the subject's attribute, or undefined. Throws HOLDER_FIELD_REPEATED, HOLDER_FIELD_MALFORMED. */
export function subjectText(certificate: ParsedCertificate, oid: Oid, field: string): string | undefined {
  const found = attributes(certificate.subject, oid);
  if (found.length > 1) throw new Refusal('HOLDER_FIELD_REPEATED', { parameter: field });
  return found[0] === undefined ? undefined : plainText(found[0], field);
}

/** All values of a subject attribute, in order (OU stands several times in many certificates). */
export function attributes(name: Name, oid: Oid): string[] {
  return name.rdns.flat().flatMap((attribute) => (attribute.oid === oid ? [attribute.text] : []));
}

export const altNameText = (certificate: ParsedCertificate, typeId: Oid, field: string) =>
  otherNameText(certificate, subjectAltName, typeId, field);

export const issuerAltNameText = (certificate: ParsedCertificate, typeId: Oid, field: string) =>
  otherNameText(certificate, issuerAltName, typeId, field);

function otherNameText(certificate: ParsedCertificate, extension: Oid, typeId: Oid, field: string) {
  const value = otherNameValue(certificate, extension, typeId, field);
  return value === undefined ? undefined : plainText(stringOf(value, field), field);
}

/** DER inside the EXPLICIT [0] of the subjectAltName's otherName of that type, or undefined. */
export const altNameValue = (certificate: ParsedCertificate, typeId: Oid, field: string) =>
  otherNameValue(certificate, subjectAltName, typeId, field);

function otherNameValue(certificate: ParsedCertificate, extension: Oid, typeId: Oid, field: string) {
  const value = certificate.extension(extension)?.value;
  if (!value) return undefined;
  const found = parseGeneralNames(value).flatMap((name) =>
    name.form === 'otherName' && name.typeId === typeId ? [name.value] : [],
  );
  if (found.length > 1) throw new Refusal('HOLDER_FIELD_REPEATED', { parameter: field });
  return found[0];
}

/** Lower case, as DNS compares. */
export function altNameHosts(certificate: ParsedCertificate): string[] {
  const value = certificate.extension(subjectAltName)?.value;
  if (!value) return [];
  return parseGeneralNames(value).flatMap((name) =>
    name.form === 'dNSName' ? [name.text.toLowerCase()] : [],
  );
}

/** Policy object identifiers of the certificate itself, qualifiers left aside. */
export function policyOids(certificate: ParsedCertificate): Oid[] {
  const value = certificate.extension(certificatePolicies)?.value;
  if (!value) return [];
  const oids: Oid[] = [];
  for (const list = readSingle(value, TAG.SEQUENCE).inside(); !list.done; ) oids.push(list.sequence().oid());
  return oids;
}

/**
 * OCTET STRING, PrintableString, IA5String or UTF8String: what PSCs of the region write in an otherName.
 * @throws Refusal HOLDER_FIELD_MALFORMED
 */
export function stringOf(der: Uint8Array, field: string): string {
  const { tag, content } = readSingle(der);
  if (tag === TAG.UTF8_STRING) return Buffer.from(content).toString('utf8');
  if (tag === TAG.OCTET_STRING || tag === TAG.PRINTABLE_STRING || tag === TAG.IA5_STRING) {
    return Buffer.from(content).toString('latin1');
  }
  throw new Refusal('HOLDER_FIELD_MALFORMED', { parameter: field, expected: 'a string' });
}

/** People read these fields on pages; blanks at the ends are dropped. */
function plainText(text: string, field: string): string {
  const most = certificateLimits.holderCharacters;
  if (!isPlainText(text) || text.length > most) {
    const expected = `plain text of at most ${most} characters`;
    throw new Refusal('HOLDER_FIELD_MALFORMED', { parameter: field, expected });
  }
  return text.trim();
}

/** @throws Refusal HOLDER_FIELD_MISSING */
export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined || value === '') throw new Refusal('HOLDER_FIELD_MISSING', { parameter: field });
  return value;
}

/** A number that stands twice must be the same number. @throws Refusal HOLDER_NUMBERS_DISAGREE */
export function mustAgree(first: TaxId, second: TaxId | undefined, where: string): void {
  if (second && (second.taxIdType !== first.taxIdType || second.taxId !== first.taxId)) {
    throw new Refusal('HOLDER_NUMBERS_DISAGREE', { parameter: where });
  }
}
