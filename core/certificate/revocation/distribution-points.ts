// Where does a certificate send us for its revocation, and what does a list say of its own scope? RFC 5280
// §4.2.1.13 (cRLDistributionPoints), §4.2.1.15 and §5.2.6 (freshestCRL), §5.2.5 (issuingDistributionPoint),
// §4.2.2.1 (authorityInfoAccess). Whether a list covers a certificate is decided in crl-scope.ts.

import { certificateLimits } from '../../policy.ts';
import type { AttributeTypeAndValue, GeneralName, ParsedCertificate } from '../certificate.ts';
import { contextConstructed, contextPrimitive, DerReader } from '../der.ts';
import { readGeneralName, readGeneralNames, readRdn } from '../names.ts';
import { malformedCrl } from './malformed.ts';

export type DistributionPointName =
  | { readonly form: 'fullName'; readonly names: readonly GeneralName[] }
  | { readonly form: 'relativeToCrlIssuer'; readonly rdn: readonly AttributeTypeAndValue[] };

export interface DistributionPoint {
  readonly name: DistributionPointName | undefined;
  /** ReasonFlags: bit n of RFC 5280 §4.2.1.13 is bit n of the number. Undefined: all. */
  readonly reasons: number | undefined;
  readonly crlIssuer: readonly GeneralName[] | undefined;
}

export interface IssuingDistributionPoint {
  readonly name: DistributionPointName | undefined;
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCaCerts: boolean;
  readonly onlySomeReasons: number | undefined;
  readonly indirectCrl: boolean;
  readonly onlyContainsAttributeCerts: boolean;
}

const CRL_DISTRIBUTION_POINTS = '2.5.29.31';
const FRESHEST_CRL = '2.5.29.46';
const AUTHORITY_INFO_ACCESS = '1.3.6.1.5.5.7.1.1';
const OCSP = '1.3.6.1.5.5.7.48.1';

/** Throws `DER_MALFORMED`. */
export function distributionPointsOf(certificate: ParsedCertificate): readonly DistributionPoint[] {
  const extension = certificate.extension(CRL_DISTRIBUTION_POINTS);
  return extension ? readDistributionPoints(extension.value) : [];
}

/** Pointers to delta lists; the same form (§4.2.1.15). */
export function freshestCrlOf(certificate: ParsedCertificate): readonly DistributionPoint[] {
  const extension = certificate.extension(FRESHEST_CRL);
  return extension ? readDistributionPoints(extension.value) : [];
}

export function readDistributionPoints(der: Uint8Array): readonly DistributionPoint[] {
  const reader = new DerReader(der);
  const points: DistributionPoint[] = [];
  for (const list = reader.sequence(); !list.done; ) {
    const fields = list.sequence();
    const name = readPointName(fields);
    const reasons = fields.tag === contextPrimitive(1) ? fields.namedBits(contextPrimitive(1)) : undefined;
    const issuerTag = contextConstructed(2);
    const crlIssuer = fields.tag === issuerTag ? readGeneralNames(fields, issuerTag) : undefined;
    fields.finish();
    points.push({ name, reasons, crlIssuer });
  }
  reader.finish();
  return points;
}

export function readIssuingDistributionPoint(der: Uint8Array): IssuingDistributionPoint {
  const reader = new DerReader(der);
  const fields = reader.sequence();
  reader.finish();
  const scope = {
    name: readPointName(fields),
    onlyContainsUserCerts: fields.defaultFalse(contextPrimitive(1)),
    onlyContainsCaCerts: fields.defaultFalse(contextPrimitive(2)),
    onlySomeReasons: fields.tag === contextPrimitive(3) ? fields.namedBits(contextPrimitive(3)) : undefined,
    indirectCrl: fields.defaultFalse(contextPrimitive(4)),
    onlyContainsAttributeCerts: fields.defaultFalse(contextPrimitive(5)),
  };
  fields.finish();
  const only = [scope.onlyContainsUserCerts, scope.onlyContainsCaCerts, scope.onlyContainsAttributeCerts];
  // §5.2.5: at most one of the three.
  if (only.filter(Boolean).length > 1)
    throw malformedCrl('an issuingDistributionPoint that excludes everything');
  return scope;
}

/** `[0]` around a CHOICE, so EXPLICIT: fullName [0], nameRelativeToCRLIssuer [1]. */
function readPointName(fields: DerReader): DistributionPointName | undefined {
  if (fields.tag !== contextConstructed(0)) return undefined;
  const choice = fields.enter(contextConstructed(0));
  const name: DistributionPointName =
    choice.tag === contextConstructed(1)
      ? { form: 'relativeToCrlIssuer', rdn: readRdn(choice, contextConstructed(1)) }
      : { form: 'fullName', names: readGeneralNames(choice, contextConstructed(0)) };
  choice.finish();
  return name;
}

/** http(s) URLs of OCSP responders, in the certificate's order. */
export function ocspPointersOf(certificate: ParsedCertificate): readonly string[] {
  const extension = certificate.extension(AUTHORITY_INFO_ACCESS);
  if (!extension) return [];
  const reader = new DerReader(extension.value);
  const urls: string[] = [];
  for (const list = reader.sequence(); !list.done; ) {
    const fields = list.sequence();
    const method = fields.oid();
    const location = readGeneralName(fields);
    fields.finish();
    if (method === OCSP) urls.push(...httpUrls([location]));
  }
  reader.finish();
  return urls;
}

/** http(s) URLs among the names; LDAP and directory pointers are skipped. */
function httpUrls(names: readonly GeneralName[]): readonly string[] {
  return names.flatMap((name) =>
    name.form === 'uniformResourceIdentifier' && isAskable(name.text) ? [name.text] : [],
  );
}

const isAskable = (url: string) =>
  /^https?:\/\//i.test(url) && url.length <= certificateLimits.pointerCharacters;

/** URLs of one distribution point: alternatives for the same list. */
export function urlsOfPoint(point: DistributionPoint): readonly string[] {
  return point.name?.form === 'fullName' ? httpUrls(point.name.names) : [];
}
