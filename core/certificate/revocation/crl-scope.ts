// Does this list speak of this certificate, by this distribution point, and for which reasons? RFC 5280 §6.3.3
// (b), (c) and (d). Who signed it is asked in crl-signer.ts, what it says in check-by-crls.ts.

import { Refusal } from '../../errors.ts';
import type { GeneralName, Name, ParsedCertificate } from '../certificate.ts';
import { basicConstraintsOf } from '../extensions.ts';
import { sameName } from '../name-match.ts';
import { sameBytes } from '../parse.ts';
import type { ScannedCrl } from './crl-scan.ts';
import {
  type DistributionPoint,
  type DistributionPointName,
  distributionPointsOf,
} from './distribution-points.ts';

/** keyCompromise (1) to aACompromise (8), bit n for n; bit 0 is unused (§4.2.1.13). */
export const allReasons = 0b1_1111_1110;

/**
 * The certificate's distribution points, and one more at the end for lists that no pointer names: its issuer's,
 * for all reasons (§6.3.3, last paragraph).
 */
export function pointsOf(certificate: ParsedCertificate): readonly DistributionPoint[] {
  const issuer: GeneralName = { form: 'directoryName', name: certificate.issuer };
  const last: DistributionPoint = {
    name: { form: 'fullName', names: [issuer] },
    reasons: undefined,
    crlIssuer: undefined,
  };
  return [...distributionPointsOf(certificate), last];
}

/**
 * Leniency CRL_ISSUER_NAMED: PSCs of CL write the CA's own name as cRLIssuer, which §4.2.1.13 forbids; it is read
 * as absent, because it delegates nothing.
 */
function delegateOf(
  point: DistributionPoint,
  certificate: ParsedCertificate,
): readonly GeneralName[] | undefined {
  const own = point.crlIssuer?.every((name) => isName(name, certificate.issuer));
  return own ? undefined : point.crlIssuer;
}

/** §6.3.3 (b)(1), first half: is this list by whom the point says it is? */
export function isByIssuerOf(
  crl: ScannedCrl,
  point: DistributionPoint,
  certificate: ParsedCertificate,
): boolean {
  const delegate = delegateOf(point, certificate);
  if (!delegate) return sameName(crl.head.issuer, certificate.issuer);
  return delegate.some((name) => isName(name, crl.head.issuer));
}

/** Reasons (allReasons' bits) that the list covers for the certificate at this point. Throws `CRL_SCOPE_WRONG`. */
export function coveredReasons(
  crl: ScannedCrl,
  point: DistributionPoint,
  certificate: ParsedCertificate,
): number {
  const { scope } = crl.extensions;
  const delegate = delegateOf(point, certificate);
  // (b)(1): who signs for another must say so.
  if (delegate && !scope?.indirectCrl) throw wrong('an indirect list', '(b)(1)');
  if (!scope) return (point.reasons ?? allReasons) & allReasons;
  if (scope.name) {
    const inList = namesOf(scope.name, crl.head.issuer);
    const inPoint = point.name ? namesOf(point.name, relativeTo(delegate, certificate)) : (delegate ?? []);
    const shared = inPoint.some((name) => inList.some((listed) => sameGeneralName(name, listed)));
    if (!shared) throw wrong("the certificate's distribution point", '(b)(2)(i)');
  }
  const ca = basicConstraintsOf(certificate)?.ca === true;
  if (scope.onlyContainsUserCerts && ca) throw wrong('a list with CA certificates', '(b)(2)(ii)');
  if (scope.onlyContainsCaCerts && !ca) throw wrong('a list with user certificates', '(b)(2)(iii)');
  if (scope.onlyContainsAttributeCerts) throw wrong('a list with public-key certificates', '(b)(2)(iv)');
  return (point.reasons ?? allReasons) & (scope.onlySomeReasons ?? allReasons) & allReasons;
}

/** §6.3.3 (c) and §5.2.4: may this delta bring that complete list up to date? */
export function isDeltaFor(delta: ScannedCrl, complete: ScannedCrl): boolean {
  const base = delta.extensions.deltaBase;
  const completeNumber = complete.extensions.crlNumber;
  const deltaNumber = delta.extensions.crlNumber;
  if (base === undefined || completeNumber === undefined || deltaNumber === undefined) return false;
  return (
    sameName(delta.head.issuer, complete.head.issuer) &&
    sameOptional(delta.extensions.scopeDer, complete.extensions.scopeDer) &&
    sameOptional(delta.extensions.authorityKeyIdentifier, complete.extensions.authorityKeyIdentifier) &&
    base <= completeNumber &&
    completeNumber < deltaNumber
  );
}

/** One key per issuer, scope and kind: the newest list of a scope counts, wherever it came from (S25). */
export function scopeKeyOf(crl: ScannedCrl): string {
  const parts = [crl.head.issuer.der, crl.extensions.scopeDer, crl.extensions.authorityKeyId].map((part) =>
    part ? Buffer.from(part).toString('base64url') : '',
  );
  return [...parts, crl.extensions.deltaBase === undefined ? 'complete' : 'delta'].join('.');
}

function namesOf(name: DistributionPointName, relative: Name | undefined): readonly GeneralName[] {
  if (name.form === 'fullName') return name.names;
  // §4.2.1.13: the RDN is appended to the issuer's name. `der` is not that of the whole: sameName compares RDNs.
  if (!relative) return [];
  return [{ form: 'directoryName', name: { der: new Uint8Array(), rdns: [...relative.rdns, name.rdn] } }];
}

/** §4.2.1.13: relative to the certificate's issuer, or to the one name of cRLIssuer. */
function relativeTo(
  delegate: readonly GeneralName[] | undefined,
  certificate: ParsedCertificate,
): Name | undefined {
  if (!delegate) return certificate.issuer;
  const [only, second] = delegate;
  return !second && only?.form === 'directoryName' ? only.name : undefined;
}

export function isName(name: GeneralName, wanted: Name): boolean {
  return name.form === 'directoryName' && sameName(name.name, wanted);
}

function sameGeneralName(a: GeneralName, b: GeneralName): boolean {
  if (a.form === 'directoryName') return isName(b, a.name);
  if ('text' in a) return 'text' in b && a.form === b.form && a.text === b.text;
  if (a.form === 'iPAddress') return b.form === a.form && sameBytes(a.bytes, b.bytes);
  if (a.form === 'registeredID') return b.form === a.form && a.oid === b.oid;
  if (a.form === 'otherName')
    return b.form === a.form && a.typeId === b.typeId && sameBytes(a.value, b.value);
  return b.form === a.form && sameBytes(a.der, b.der);
}

function sameOptional(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a && b ? sameBytes(a, b) : a === b;
}

function wrong(expected: string, step: string): Refusal {
  return new Refusal('CRL_SCOPE_WRONG', { expected, clause: `RFC 5280 §6.3.3${step}` });
}
