// What must hold of one certificate on a path, whatever stands around it (RFC 5280 §6.1.3 (a)(2), §6.1.4 (k), (n), (o))?
// What depends on its neighbours stands in path.ts.

import { Refusal } from '../errors.ts';
import type { ParsedCertificate } from './certificate.ts';
import {
  basicConstraintsOf,
  EXTENSION,
  extendedKeyUsageOf,
  inhibitAnyPolicyOf,
  issuerAltNamesOf,
  KEY_USAGE,
  keyUsageOf,
  nameConstraintsOf,
  policiesOf,
  policyConstraintsOf,
  policyMappingsOf,
  subjectAltNamesOf,
} from './extensions.ts';
import { sameName } from './name-match.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';

/** Returns its key, which is checked too. */
export function checkCertificate(certificate: ParsedCertificate, now: Date): PublicKey {
  // §4.1.2.5: both bounds belong to the validity.
  if (now < certificate.notBefore) throw wrongTime('CERTIFICATE_NOT_YET_VALID', certificate.notBefore);
  if (now > certificate.notAfter) throw wrongTime('CERTIFICATE_EXPIRED', certificate.notAfter);
  checkExtensions(certificate);
  if (certificate.issuer.rdns.length === 0) throw emptyName('issuer', 'RFC 5280 §4.1.2.4');
  if (certificate.subject.rdns.length === 0 && !certificate.extension(EXTENSION.SUBJECT_ALT_NAME)?.critical) {
    throw emptyName('subject', 'RFC 5280 §4.1.2.6');
  }
  return readPublicKey(certificate.spki);
}

type ExtensionReader = (certificate: ParsedCertificate) => unknown;

/**
 * Extensions whose meaning we carry out when they are critical. CRL pointers and extended key usages are
 * carried out by revocation/ and leaf.ts, without which no certificate becomes usable. Key identifiers must
 * not be critical (§4.2.1.1, §4.2.1.2).
 */
const understood: ReadonlyMap<string, ExtensionReader | undefined> = new Map<
  string,
  ExtensionReader | undefined
>([
  [EXTENSION.KEY_USAGE, keyUsageOf],
  [EXTENSION.SUBJECT_ALT_NAME, subjectAltNamesOf],
  [EXTENSION.ISSUER_ALT_NAME, issuerAltNamesOf],
  [EXTENSION.BASIC_CONSTRAINTS, basicConstraintsOf],
  [EXTENSION.NAME_CONSTRAINTS, nameConstraintsOf],
  [EXTENSION.CRL_DISTRIBUTION_POINTS, undefined],
  [EXTENSION.CERTIFICATE_POLICIES, policiesOf],
  [EXTENSION.POLICY_MAPPINGS, policyMappingsOf],
  [EXTENSION.POLICY_CONSTRAINTS, policyConstraintsOf],
  [EXTENSION.EXTENDED_KEY_USAGE, extendedKeyUsageOf],
  [EXTENSION.INHIBIT_ANY_POLICY, inhibitAnyPolicyOf],
]);

function checkExtensions(certificate: ParsedCertificate): void {
  for (const { oid, critical } of certificate.extensions) {
    const read = understood.get(oid);
    if (read) read(certificate);
    else if (critical && !understood.has(oid)) {
      throw new Refusal('CRITICAL_EXTENSION_UNKNOWN', { found: oid, clause: 'RFC 5280 §6.1.4(o)' });
    }
  }
  if (basicConstraintsOf(certificate)?.ca || certificate.version === 1) return;
  if ((keyUsageOf(certificate) ?? 0) & KEY_USAGE.KEY_CERT_SIGN) {
    throw misplaced('keyCertSign', 'RFC 5280 §4.2.1.9');
  }
  if (certificate.extension(EXTENSION.NAME_CONSTRAINTS)) {
    throw misplaced('nameConstraints', 'RFC 5280 §4.2.1.10');
  }
}

/**
 * An anchor of version 1 has no basicConstraints; the operators who chose it said that it is a CA.
 * @throws Refusal ISSUER_NOT_CA, ISSUER_KEY_USAGE
 */
export function checkIssuer(certificate: ParsedCertificate, isAnchor: boolean): void {
  if (certificate.subject.rdns.length === 0) throw emptyName('subject', 'RFC 5280 §4.1.2.6');
  const chosen = isAnchor && certificate.version === 1;
  if (!chosen && !basicConstraintsOf(certificate)?.ca) {
    throw new Refusal('ISSUER_NOT_CA', { clause: 'RFC 5280 §6.1.4(k)' });
  }
  const usage = keyUsageOf(certificate);
  if (usage !== undefined && !(usage & KEY_USAGE.KEY_CERT_SIGN)) {
    throw new Refusal('ISSUER_KEY_USAGE', { expected: 'keyCertSign', clause: 'RFC 5280 §6.1.4(n)' });
  }
}

export function isSelfIssued(certificate: ParsedCertificate): boolean {
  return sameName(certificate.issuer, certificate.subject);
}

export function pathLengthOf(certificate: ParsedCertificate): number | undefined {
  return basicConstraintsOf(certificate)?.pathLength;
}

function misplaced(parameter: string, clause: string): Refusal {
  return new Refusal('CA_EXTENSION_MISPLACED', { parameter, clause });
}

function wrongTime(code: 'CERTIFICATE_NOT_YET_VALID' | 'CERTIFICATE_EXPIRED', bound: Date): Refusal {
  return new Refusal(code, { found: bound.toISOString(), clause: 'RFC 5280 §6.1.3(a)(2)' });
}

function emptyName(parameter: string, clause: string): Refusal {
  return new Refusal('CERTIFICATE_NAME_EMPTY', { parameter, clause });
}
