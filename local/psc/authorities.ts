// The test PSC's own keys and certificates: one root, one intermediate and one OCSP responder for each country,
// made on the first start and kept in the data folder. Pointers carry the server's address, so intermediates are
// written anew (same key, same name) when that has changed.

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NameAttribute } from '../../core/certificate/name-writer.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { buildCertificate } from './certificate.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  type ExtensionInput,
  extendedKeyUsage,
  keyUsage,
  ocspNoCheck,
  subjectKeyIdentifier,
} from './extensions.ts';
import type { Country } from './layouts.ts';

export interface PscCertificate {
  readonly der: Uint8Array;
  readonly thumbprint: Thumbprint;
  readonly subject: readonly NameAttribute[];
  readonly key: KeyObject;
  readonly spki: Uint8Array;
}

export interface CountryAuthority {
  readonly country: Country;
  readonly root: PscCertificate;
  readonly intermediate: PscCertificate;
  /** Delegated OCSP responder of the intermediate (RFC 6960 §4.2.2.2). */
  readonly responder: PscCertificate;
  /** The same responder without ocsp-nocheck, for the fault `revokedResponder`. */
  readonly checkedResponder: PscCertificate;
  /** A key that certifies nothing here: signs what the fault `wrongSigner` asks for. */
  readonly stranger: PscCertificate;
}

const from = new Date('2020-01-01T00:00:00Z');
const rootEnd = new Date('2049-01-01T00:00:00Z');
const intermediateEnd = new Date('2044-01-01T00:00:00Z');

const roles = {
  root: { number: 1, name: 'Raiz' },
  intermediate: { number: 2, name: 'Emisora' },
  responder: { number: 3, name: 'OCSP' },
  checkedResponder: { number: 4, name: 'OCSP' },
  stranger: { number: 5, name: 'Desconocida' },
} as const;
type Role = keyof typeof roles;

/** The PSC's own certificates: small numbers, different in each country. */
export function ownSerial(country: Country, role: Role): number {
  return (country.charCodeAt(0) << 16) + (country.charCodeAt(1) << 8) + roles[role].number;
}

export async function openAuthority(
  country: Country,
  dataFolder: string,
  url: string,
  bits: number,
): Promise<CountryAuthority> {
  const folder = join(dataFolder, country.toLowerCase());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = (name: string) => keyFile(join(folder, `${name}.key.pem`), bits);
  const [forRoot, forIntermediate, forResponder, forStranger] = await Promise.all([
    key('root'),
    key('intermediate'),
    key('responder'),
    key('stranger'),
  ]);
  const place = `${url}/${country.toLowerCase()}`;
  const issuing = [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')];
  const root = certificate(country, 'root', forRoot, undefined, issuing);
  const intermediate = certificate(country, 'intermediate', forIntermediate, root, [
    basicConstraints(true, 0),
    keyUsage('keyCertSign', 'cRLSign'),
    crlDistributionPoints(`${place}/root.crl`),
    authorityInfoAccess({ caIssuers: `${place}/root.cer` }),
  ]);
  const responding = [keyUsage('digitalSignature'), extendedKeyUsage('OCSPSigning')];
  const responder = (role: Role, how: ExtensionInput) =>
    certificate(country, role, forResponder, intermediate, [...responding, how]);
  return {
    country,
    root,
    intermediate,
    responder: responder('responder', ocspNoCheck),
    checkedResponder: responder('checkedResponder', crlDistributionPoints(`${place}/intermediate.crl`)),
    stranger: certificate(country, 'stranger', forStranger, undefined, issuing),
  };
}

function certificate(
  country: Country,
  role: Role,
  key: KeyObject,
  issuer: PscCertificate | undefined,
  extensions: readonly ExtensionInput[],
): PscCertificate {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const subject: NameAttribute[] = [
    { type: 'C', value: country },
    { type: 'O', value: `PSC de prueba ${country}` },
    { type: 'CN', value: `PSC de prueba ${country} ${roles[role].name}` },
  ];
  const template = {
    serialNumber: ownSerial(country, role),
    issuer: issuer?.subject ?? subject,
    subject,
    notBefore: from,
    notAfter: issuer ? intermediateEnd : rootEnd,
    spki,
    extensions: [
      ...extensions,
      subjectKeyIdentifier(spki),
      ...(issuer ? [authorityKeyIdentifier(issuer.spki)] : []),
    ],
  };
  // RSA PKCS#1 v1.5 is deterministic: the same key and template are the same certificate after a restart.
  const der = buildCertificate(template, issuer?.key ?? key);
  return { der, thumbprint: thumbprintOf(der), subject, key, spki };
}

async function keyFile(file: string, modulusLength: number): Promise<KeyObject> {
  if (existsSync(file)) return createPrivateKey(readFileSync(file));
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return privateKey;
}
