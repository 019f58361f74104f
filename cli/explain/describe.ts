// What stands in one certificate, in words: names, key, dates, purposes, pointers. A description, no judgement;
// what cannot be read is said to be unreadable, because explain must go on where admission would stop.

import { createHash } from 'node:crypto';
import type { Name, ParsedCertificate } from '../../core/certificate/certificate.ts';
import { basicConstraintsOf, extendedKeyUsageOf, policiesOf } from '../../core/certificate/extensions.ts';
import { sameName } from '../../core/certificate/name-match.ts';
import { attributeTypes } from '../../core/certificate/name-writer.ts';
import { readPublicKey } from '../../core/certificate/public-key.ts';
import {
  distributionPointsOf,
  ocspPointersOf,
  urlsOfPoint,
} from '../../core/certificate/revocation/distribution-points.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';

export interface Description {
  readonly role: 'leaf' | 'issuer' | 'root';
  readonly subject: string;
  readonly issuer: string;
  readonly serial_number: string;
  readonly not_before: string;
  readonly not_after: string;
  readonly validity: 'valid' | 'expired' | 'not yet valid';
  /** Whole days until notAfter; negative once past. */
  readonly days_left: number;
  readonly key: string;
  readonly signature_algorithm: string;
  /** x5t#S256, base64url. */
  readonly thumbprint: string;
  /** The same in hex, as authorities publish it. */
  readonly sha256: string;
  readonly policies: readonly string[];
  readonly purposes: readonly string[];
  readonly crl: readonly string[];
  readonly ocsp: readonly string[];
}

const day = 86_400_000;

export function describe(certificate: ParsedCertificate, now: Date): Description {
  const { notBefore, notAfter } = certificate;
  const ca = readable(() => basicConstraintsOf(certificate)?.ca ?? false, false);
  const selfIssued = sameName(certificate.subject, certificate.issuer);
  return {
    role: ca ? (selfIssued ? 'root' : 'issuer') : 'leaf',
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    serial_number: Buffer.from(certificate.serialNumber)
      .toString('hex')
      .toUpperCase()
      .replace(/^0+(?=.)/, ''),
    not_before: notBefore.toISOString(),
    not_after: notAfter.toISOString(),
    validity: now > notAfter ? 'expired' : now < notBefore ? 'not yet valid' : 'valid',
    days_left: Math.floor((notAfter.getTime() - now.getTime()) / day),
    key: readable(() => keyText(certificate.spki), 'of a kind that is not verified here'),
    signature_algorithm:
      signatureNames[certificate.signatureAlgorithm.oid] ?? certificate.signatureAlgorithm.oid,
    thumbprint: thumbprintOf(certificate.der),
    sha256: createHash('sha256').update(certificate.der).digest('hex'),
    policies: readable(() => policiesOf(certificate) ?? [], ['unreadable']),
    purposes: readable(
      () => (extendedKeyUsageOf(certificate) ?? []).map((oid) => purposeNames[oid] ?? oid),
      ['unreadable'],
    ),
    crl: readable(() => distributionPointsOf(certificate).flatMap(urlsOfPoint), ['unreadable']),
    ocsp: readable(() => ocspPointersOf(certificate), ['unreadable']),
  };
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return otherwise;
    throw error;
  }
}

function keyText(spki: Uint8Array): string {
  const key = readPublicKey(spki);
  if (key.kind === 'RSA') return `RSA-${key.bits}${key.pssOnly ? ' (PSS only)' : ''}`;
  return key.kind === 'EC' ? key.curve : 'EdDSA';
}

const shortNames = new Map<string, string>(Object.entries(attributeTypes).map(([name, oid]) => [oid, name]));

/** RFC 4514 order and spelling, near enough to read. */
function nameText(name: Name): string {
  return [...name.rdns]
    .reverse()
    .map((rdn) =>
      rdn.map(({ oid, text }) => `${shortNames.get(oid) ?? oid}=${text.replace(/[,+]/g, '\\$&')}`).join('+'),
    )
    .join(', ');
}

const signatureNames: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'RSA with SHA-1',
  '1.2.840.113549.1.1.10': 'RSASSA-PSS',
  '1.2.840.113549.1.1.11': 'RSA with SHA-256',
  '1.2.840.113549.1.1.12': 'RSA with SHA-384',
  '1.2.840.113549.1.1.13': 'RSA with SHA-512',
  '1.2.840.10045.4.3.2': 'ECDSA with SHA-256',
  '1.2.840.10045.4.3.3': 'ECDSA with SHA-384',
  '1.2.840.10045.4.3.4': 'ECDSA with SHA-512',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
};

const purposeNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '1.3.6.1.4.1.311.20.2.2': 'smartcardLogon',
  '1.3.6.1.4.1.311.10.3.12': 'documentSigning',
  '1.2.840.113583.1.1.5': 'adobePdfSigning',
};
