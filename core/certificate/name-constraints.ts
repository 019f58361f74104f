// May this certificate carry these names (RFC 5280 §4.2.1.10, §6.1.3 (b), (c))? Subtrees of every issuer and
// of the anchor gather along the path; a form that we cannot compare fails as soon as it is constrained.

import { Refusal } from '../errors.ts';
import type { GeneralName, Name, ParsedCertificate } from './certificate.ts';
import { type NameConstraints, nameConstraintsOf, subjectAltNamesOf } from './extensions.ts';
import { dnsWithin, ipWithin, mailboxWithin, uriWithin } from './name-forms.ts';
import { within } from './name-match.ts';

/** One element for each certificate that constrained: a name must be permitted by each of them. */
export type GatheredConstraints = readonly NameConstraints[];

/** Counts down the comparisons of one submission: names times subtrees grow with the square of its size. */
export interface ComparisonBudget {
  nameComparisons: number;
}

export function gathered(constraints: GatheredConstraints, issuer: ParsedCertificate): GatheredConstraints {
  const own = nameConstraintsOf(issuer);
  return own ? [...constraints, own] : constraints;
}

/** RFC 9598: an e-mail address under otherName; rfc822Name constraints are about it too. */
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';
const COMMON_NAME = '2.5.4.3';

/** @throws Refusal NAME_CONSTRAINTS_TOO_MANY */
export function checkNames(
  constraints: GatheredConstraints,
  certificate: ParsedCertificate,
  isLeaf: boolean,
  budget: ComparisonBudget,
): void {
  if (constraints.length === 0) return;
  const names = namesOf(certificate, isLeaf);
  for (const { permitted, excluded } of constraints) {
    for (const name of names) {
      budget.nameComparisons -= permitted.length + excluded.length;
      if (budget.nameComparisons < 0) throw new Refusal('NAME_CONSTRAINTS_TOO_MANY');
      checkName(name, permitted, excluded);
    }
  }
}

function checkName(
  name: GeneralName,
  permitted: readonly GeneralName[],
  excluded: readonly GeneralName[],
): void {
  for (const base of excluded) {
    if (sameForm(name, base) && compare(name, base, 'excluded')) {
      throw new Refusal('NAME_EXCLUDED', { parameter: name.form, clause: 'RFC 5280 §6.1.3(c)' });
    }
  }
  let constrained = false;
  for (const base of permitted) {
    if (!sameForm(name, base)) continue;
    if (compare(name, base, 'permitted')) return;
    constrained = true;
  }
  if (constrained) {
    throw new Refusal('NAME_NOT_PERMITTED', { parameter: name.form, clause: 'RFC 5280 §6.1.3(b)' });
  }
}

/** The subject, the alternative names, and names that stand in the subject for want of a better place. */
function namesOf(certificate: ParsedCertificate, isLeaf: boolean): GeneralName[] {
  const names: GeneralName[] = [...subjectAltNamesOf(certificate)];
  if (certificate.subject.rdns.length > 0) names.push({ form: 'directoryName', name: certificate.subject });
  for (const text of subjectTexts(certificate.subject, EMAIL_ADDRESS))
    names.push({ form: 'rfc822Name', text });
  // TLS clients may still read a host out of the CN: constrain it where no dNSName stands.
  if (isLeaf && !names.some((name) => name.form === 'dNSName')) {
    for (const text of subjectTexts(certificate.subject, COMMON_NAME)) {
      if (/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i.test(text)) names.push({ form: 'dNSName', text });
    }
  }
  return names;
}

function subjectTexts(subject: Name, oid: string): string[] {
  return subject.rdns.flatMap((rdn) =>
    rdn.filter((attribute) => attribute.oid === oid).map(({ text }) => text),
  );
}

function sameForm(name: GeneralName, base: GeneralName): boolean {
  if (name.form === 'otherName') {
    // Each type-id is a form of its own; a mailbox in UTF-8 is bound by rfc822Name too (RFC 9598 §6).
    if (base.form === 'rfc822Name') return name.typeId === SMTP_UTF8_MAILBOX;
    return base.form === 'otherName' && base.typeId === name.typeId;
  }
  return name.form === base.form;
}

function compare(name: GeneralName, base: GeneralName, subtree: 'permitted' | 'excluded'): boolean {
  if (name.form === 'directoryName' && base.form === 'directoryName') return within(name.name, base.name);
  if (name.form === 'iPAddress' && base.form === 'iPAddress') return ipWithin(name.bytes, base.bytes);
  if (name.form === 'dNSName' && base.form === 'dNSName') return dnsWithin(name.text, base.text, subtree);
  if (name.form === 'rfc822Name' && base.form === 'rfc822Name') return mailboxWithin(name.text, base.text);
  if (name.form === 'uniformResourceIdentifier' && base.form === 'uniformResourceIdentifier') {
    return uriWithin(name.text, base.text);
  }
  // otherName, x400Address, ediPartyName, registeredID: no comparison is defined (or known here).
  throw new Refusal('NAME_CONSTRAINT_UNKNOWN', { parameter: name.form, clause: 'RFC 5280 §4.2.1.10' });
}
