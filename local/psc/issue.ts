// Issues one leaf: whose key, which holder, for which use. The test PSC asks nobody for an identity card; it never
// sees a private key, only a public one or a certificate request whose signature it checks.

import { createPublicKey, KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import type { CountryAuthority } from './authorities.ts';
import { buildCertificate } from './certificate.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  certificatePolicies,
  crlDistributionPoints,
  dnsName,
  type ExtendedKeyUsage,
  type ExtensionInput,
  ipName,
  leafExtensions,
} from './extensions.ts';
import { type HolderInput, holderFields } from './layouts.ts';
import { normalSerial, type Register } from './register.ts';

export interface IssueRequest {
  /** Its country chooses the authority. */
  readonly holder: HolderInput;
  /** One of the two: SubjectPublicKeyInfo (DER, PEM or KeyObject), or a PKCS#10 request (PEM or DER). */
  readonly publicKey?: KeyObject | Uint8Array | string;
  readonly csr?: Uint8Array | string;
  /** `signing` by default. */
  readonly use?: 'signing' | 'transport';
  /** 365 by default. */
  readonly days?: number;
  /** The PSC's time by default. */
  readonly notBefore?: Date;
  /** dNSName, or iPAddress where it is an IPv4 address. */
  readonly hosts?: readonly string[];
  /** `transport`: clientAuth alone by default. */
  readonly purposes?: readonly ExtendedKeyUsage[];
  /** CRL and OCSP by default. */
  readonly pointers?: 'both' | 'crl' | 'ocsp' | 'none';
  readonly policies?: readonly string[];
}

export interface IssuedLeaf {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly thumbprint: Thumbprint;
  /** Hex, as node:crypto prints it. */
  readonly serialNumber: string;
  /** Leaf, intermediate, root. */
  readonly chain: readonly Uint8Array[];
  readonly chainPem: string;
}

export interface IssueContext {
  readonly authority: CountryAuthority;
  readonly url: string;
  readonly now: Date;
  readonly register: Register;
}

export async function issue(request: IssueRequest, at: IssueContext): Promise<IssuedLeaf> {
  const { intermediate, root, country } = at.authority;
  const spki = await subjectPublicKey(request);
  const fields = holderFields(request.holder);
  const notBefore = seconds(request.notBefore ?? at.now);
  const der = buildCertificate(
    {
      serialNumber: randomSerial(),
      issuer: intermediate.subject,
      subject: fields.subject,
      notBefore,
      notAfter: new Date(notBefore.getTime() + (request.days ?? 365) * 86_400_000),
      spki,
      extensions: extensionsOf(request, at, spki, fields),
    },
    intermediate.key,
  );
  const read = new X509Certificate(der);
  const serialNumber = normalSerial(read.serialNumber);
  const thumbprint = thumbprintOf(der);
  at.register.add({
    serialNumber,
    country,
    issuer: 'intermediate',
    subject: read.subject,
    thumbprint,
    notAfter: read.validToDate.toISOString(),
  });
  const chain = [der, intermediate.der, root.der];
  return { der, pem: pemOf(der), thumbprint, serialNumber, chain, chainPem: chain.map(pemOf).join('') };
}

function extensionsOf(
  request: IssueRequest,
  { authority, url }: IssueContext,
  spki: Uint8Array,
  fields: ReturnType<typeof holderFields>,
): ExtensionInput[] {
  const pointers = request.pointers ?? 'both';
  const place = `${url}/${authority.country.toLowerCase()}`;
  const names = [...fields.altNames, ...(request.hosts ?? []).map(hostName)];
  const ocsp = pointers === 'both' || pointers === 'ocsp' ? { ocsp: `${place}/ocsp` } : {};
  const own = [
    ...leafExtensions({ spki, use: request.use, purposes: request.purposes, names }),
    authorityKeyIdentifier(authority.intermediate.spki),
    ...(pointers === 'both' || pointers === 'crl'
      ? [crlDistributionPoints(`${place}/intermediate.crl`)]
      : []),
    ...(pointers === 'none'
      ? []
      : [authorityInfoAccess({ ...ocsp, caIssuers: `${place}/intermediate.cer` })]),
  ];
  const layout = fields.extensions.filter(
    ({ oid }) => !(request.policies && oid === certificatePolicies().oid),
  );
  return [...own, ...layout, ...(request.policies ? [certificatePolicies(...request.policies)] : [])];
}

function hostName(host: string): Uint8Array {
  const octets = host.split('.').map(Number);
  const isAddress = octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255);
  return isAddress ? ipName(Uint8Array.from(octets)) : dnsName(host);
}

async function subjectPublicKey({ publicKey, csr }: IssueRequest): Promise<Uint8Array> {
  if (csr !== undefined) return keyOfRequest(csr);
  if (publicKey === undefined) throw new Error('the test PSC needs a public key or a certificate request');
  if (publicKey instanceof KeyObject) return publicKey.export({ type: 'spki', format: 'der' });
  if (typeof publicKey === 'string')
    return createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
  return createPublicKey({ key: Buffer.from(publicKey), type: 'spki', format: 'der' }).export({
    type: 'spki',
    format: 'der',
  });
}

/** The request's subject is not read: the holder is who the PSC says it is. */
async function keyOfRequest(csr: Uint8Array | string): Promise<Uint8Array> {
  await import('reflect-metadata');
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509');
  const request = new Pkcs10CertificateRequest(typeof csr === 'string' ? csr : Uint8Array.from(csr));
  if (!(await request.verify())) throw new Error('the certificate request is not signed by its own key');
  return new Uint8Array(request.publicKey.rawData);
}

/** 16 octets, positive, first one never zero (RFC 5280 §4.1.2.2: at most 20). */
function randomSerial(): Uint8Array {
  const octets = randomBytes(16);
  octets[0] = (octets[0]! & 0x3f) | 0x40;
  return octets;
}

function seconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
