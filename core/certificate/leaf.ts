// May this certificate do what it is enrolled for? Its key, its usages, its purposes. Whether it is trusted is
// path.ts's question; whom it names, and that a seal (CSD, SE-S, SE-H) declares nobody's will, holder/'s.

import type { CertificateUse } from '../enrolment/enrolment.ts';
import { Refusal } from '../errors.ts';
import type { Oid, ParsedCertificate } from './certificate.ts';
import { basicConstraintsOf, extendedKeyUsageOf, KEY_USAGE, keyUsageOf } from './extensions.ts';
import type { CertificationPath } from './path.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';

const PURPOSE = {
  SERVER_AUTH: '1.3.6.1.5.5.7.3.1',
  CLIENT_AUTH: '1.3.6.1.5.5.7.3.2',
  CODE_SIGNING: '1.3.6.1.5.5.7.3.3',
  TIME_STAMPING: '1.3.6.1.5.5.7.3.8',
  OCSP_SIGNING: '1.3.6.1.5.5.7.3.9',
} as const;

/** What machines are certified for: a certificate with nothing else cannot carry a person's signature. */
const machinePurposes: ReadonlySet<Oid> = new Set(Object.values(PURPOSE));

/** The leaf by `checkLeafFor`, and that no issuer on the path is itself confined to other purposes. */
export function checkPathFor(use: CertificateUse, { leaf, path }: CertificationPath): void {
  checkLeafFor(use, leaf);
  for (const issuer of path) if (issuer !== leaf) checkPurposes(use, extendedKeyUsageOf(issuer), 'issuer');
}

/**
 * signing: RSA (PS256 is the only algorithm on the wire), digitalSignature or nonRepudiation, not made for
 * TSA, OCSP, code or TLS servers only. transport: RSA or EC, digitalSignature, clientAuth.
 * Throws LEAF_IS_CA, LEAF_KEY_KIND, LEAF_KEY_USAGE, LEAF_PURPOSE, and what `readPublicKey` throws.
 */
export function checkLeafFor(use: CertificateUse, certificate: ParsedCertificate): void {
  const usage = keyUsageOf(certificate);
  if (basicConstraintsOf(certificate)?.ca || (usage ?? 0) & (KEY_USAGE.KEY_CERT_SIGN | KEY_USAGE.CRL_SIGN)) {
    throw new Refusal('LEAF_IS_CA', { clause: 'RFC 5280 §4.2.1.9' });
  }
  checkKey(use, certificate);
  const wanted =
    use === 'signing' ? KEY_USAGE.DIGITAL_SIGNATURE | KEY_USAGE.NON_REPUDIATION : KEY_USAGE.DIGITAL_SIGNATURE;
  if (usage === undefined || !(usage & wanted)) {
    const expected = use === 'signing' ? 'digitalSignature or nonRepudiation' : 'digitalSignature';
    throw new Refusal('LEAF_KEY_USAGE', { parameter: 'keyUsage', expected, clause: 'RFC 5280 §4.2.1.3' });
  }
  const purposes = extendedKeyUsageOf(certificate);
  if (use === 'transport' && !purposes) throw wrongPurpose('leaf', 'clientAuth');
  checkPurposes(use, purposes, 'leaf');
}

function checkKey(use: CertificateUse, certificate: ParsedCertificate): void {
  const key = readPublicKey(certificate.spki);
  if (key.kind === 'RSA' && !key.pssOnly) return;
  // RFC 8422 §5.1.2: TLS has no compressed points; a second spelling of a key would have a thumbprint of its own (S11).
  if (use === 'transport' && key.kind === 'EC' && !key.compressed) return;
  const expected = use === 'signing' ? 'RSA' : 'RSA or EC';
  throw new Refusal('LEAF_KEY_KIND', { expected, found: kindOf(key) });
}

function kindOf(key: PublicKey): string {
  if (key.kind === 'RSA') return 'RSASSA-PSS';
  return key.kind === 'EC' && key.compressed ? 'EC with a compressed point' : key.kind;
}

function checkPurposes(use: CertificateUse, purposes: readonly Oid[] | undefined, parameter: string): void {
  if (!purposes) return;
  if (use === 'transport') {
    // anyExtendedKeyUsage is not enough: TLS front doors ask for clientAuth itself.
    const any = parameter === 'issuer' && purposes.includes('2.5.29.37.0');
    if (!any && !purposes.includes(PURPOSE.CLIENT_AUTH)) throw wrongPurpose(parameter, 'clientAuth');
    return;
  }
  // clientAuth alone is a person who signs in; beside serverAuth it is a TLS server that also calls others.
  const person = purposes.every((purpose) => purpose === PURPOSE.CLIENT_AUTH);
  if (!person && purposes.every((purpose) => machinePurposes.has(purpose))) {
    throw wrongPurpose(parameter, 'a purpose of a person who signs');
  }
}

function wrongPurpose(parameter: string, expected: string): Refusal {
  return new Refusal('LEAF_PURPOSE', { parameter, expected, clause: 'RFC 5280 §4.2.1.12' });
}
