// The extensions that the test PSC writes into certificates, lists and answers. Each returns
// { oid, critical, value } with `value` the DER inside extnValue.

import { createHash } from 'node:crypto';
import {
  boolean,
  context,
  contextPrimitive,
  enumerated,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
} from '../../core/certificate/der-writer.ts';

export interface ExtensionInput {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

/** SEQUENCE OF Extension; DEFAULT FALSE of critical is left out, as DER asks. */
export function encodeExtensions(extensions: readonly ExtensionInput[]): Uint8Array {
  return sequence(
    ...extensions.map(({ oid, critical, value }) =>
      sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  );
}

const keyUsageBits = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;
export type KeyUsage = keyof typeof keyUsageBits;

const extendedKeyUsages = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const;
export type ExtendedKeyUsage = keyof typeof extendedKeyUsages | (string & {});

/** SHA-1 of the subjectPublicKey bits (RFC 5280 §4.2.1.2, method 1): a hint, not a proof. */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  return createHash('sha1').update(subjectPublicKeyBits(spki)).digest();
}

/** The bits of the BIT STRING in a SubjectPublicKeyInfo that node:crypto exported (always canonical). */
export function subjectPublicKeyBits(spki: Uint8Array): Uint8Array {
  const outer = skipHeader(spki, 0);
  const algorithm = skipHeader(spki, outer.start);
  const bits = skipHeader(spki, algorithm.start + algorithm.length);
  return spki.subarray(bits.start + 1, bits.start + bits.length);
}

function skipHeader(der: Uint8Array, at: number): { start: number; length: number } {
  const first = der[at + 1]!;
  if (first < 0x80) return { start: at + 2, length: first };
  let length = 0;
  for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + der[at + 2 + i]!;
  return { start: at + 2 + (first & 0x7f), length };
}

export const basicConstraints = (ca: boolean, pathLength?: number): ExtensionInput => ({
  oid: '2.5.29.19',
  critical: true,
  value: sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
});

export const keyUsage = (...usages: readonly KeyUsage[]): ExtensionInput => ({
  oid: '2.5.29.15',
  critical: true,
  value: namedBits(usages.map((usage) => keyUsageBits[usage])),
});

export const extendedKeyUsage = (...usages: readonly ExtendedKeyUsage[]): ExtensionInput => ({
  oid: '2.5.29.37',
  value: sequence(
    ...usages.map((usage) =>
      objectIdentifier(extendedKeyUsages[usage as keyof typeof extendedKeyUsages] ?? usage),
    ),
  ),
});

export const subjectKeyIdentifier = (spki: Uint8Array): ExtensionInput => ({
  oid: '2.5.29.14',
  value: octetString(keyIdentifier(spki)),
});

export const authorityKeyIdentifier = (spki: Uint8Array): ExtensionInput => ({
  oid: '2.5.29.35',
  value: sequence(contextPrimitive(0, keyIdentifier(spki))),
});

const ascii = (text: string) => new TextEncoder().encode(text);

export const otherName = (typeId: string, value: Uint8Array) =>
  context(0, objectIdentifier(typeId), context(0, value));
export const emailName = (address: string) => contextPrimitive(1, ascii(address));
export const dnsName = (host: string) => contextPrimitive(2, ascii(host));
export const uriName = (uri: string) => contextPrimitive(6, ascii(uri));
export const directoryName = (name: Uint8Array) => context(4, name);
export const ipName = (octets: Uint8Array) => contextPrimitive(7, octets);

export const subjectAltName = (...names: readonly Uint8Array[]): ExtensionInput => ({
  oid: '2.5.29.17',
  value: sequence(...names),
});

export const issuerAltName = (...names: readonly Uint8Array[]): ExtensionInput => ({
  oid: '2.5.29.18',
  value: sequence(...names),
});

export const crlDistributionPoints = (...urls: readonly string[]): ExtensionInput => ({
  oid: '2.5.29.31',
  value: sequence(...urls.map((url) => sequence(context(0, context(0, uriName(url)))))),
});

export function authorityInfoAccess(at: { ocsp?: string; caIssuers?: string }): ExtensionInput {
  const descriptions = [
    ...(at.ocsp ? [sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), uriName(at.ocsp))] : []),
    ...(at.caIssuers ? [sequence(objectIdentifier('1.3.6.1.5.5.7.48.2'), uriName(at.caIssuers))] : []),
  ];
  return { oid: '1.3.6.1.5.5.7.1.1', value: sequence(...descriptions) };
}

export const certificatePolicies = (...policies: readonly string[]): ExtensionInput => ({
  oid: '2.5.29.32',
  value: sequence(...policies.map((policy) => sequence(objectIdentifier(policy)))),
});

/** RFC 6960 §4.2.2.2.1: the responder's own certificate need not be checked for revocation. */
export const ocspNoCheck: ExtensionInput = {
  oid: '1.3.6.1.5.5.7.48.1.5',
  value: Uint8Array.of(0x05, 0x00),
};

export const crlNumber = (number: number): ExtensionInput => ({ oid: '2.5.29.20', value: integer(number) });
/** CRLReason is ENUMERATED (RFC 5280 §5.3.1). */
export const crlReason = (reason: number): ExtensionInput => ({
  oid: '2.5.29.21',
  value: enumerated(reason),
});

export type DistributionScope = 'onlyUserCerts' | 'onlyCACerts' | 'indirectCRL' | 'onlyAttributeCerts';
const scopeTags = { onlyUserCerts: 1, onlyCACerts: 2, indirectCRL: 4, onlyAttributeCerts: 5 } as const;

export function issuingDistributionPoint(at: {
  url?: string;
  scope?: DistributionScope;
  onlySomeReasons?: readonly number[];
}): ExtensionInput {
  const parts: Uint8Array[] = [];
  if (at.url) parts.push(context(0, context(0, uriName(at.url))));
  if (at.scope && scopeTags[at.scope] < 3)
    parts.push(contextPrimitive(scopeTags[at.scope], Uint8Array.of(0xff)));
  if (at.onlySomeReasons) parts.push(contextPrimitive(3, namedBits(at.onlySomeReasons).subarray(2)));
  if (at.scope && scopeTags[at.scope] > 3)
    parts.push(contextPrimitive(scopeTags[at.scope], Uint8Array.of(0xff)));
  return { oid: '2.5.29.28', critical: true, value: sequence(...parts) };
}

/** What a leaf says of itself and its key; its issuer, lists and policies stand behind it. */
export function leafExtensions(leaf: {
  readonly spki: Uint8Array;
  readonly use?: 'signing' | 'transport' | undefined;
  /** The usual of its use by default. */
  readonly usages?: readonly KeyUsage[] | undefined;
  readonly purposes?: readonly ExtendedKeyUsage[] | undefined;
  readonly names: readonly Uint8Array[];
}): ExtensionInput[] {
  const transport = leaf.use === 'transport';
  const usages: readonly KeyUsage[] =
    leaf.usages ??
    (transport ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature', 'nonRepudiation']);
  const purposes = leaf.purposes ?? (transport ? (['clientAuth'] as const) : []);
  return [
    basicConstraints(false),
    keyUsage(...usages),
    ...(purposes.length > 0 ? [extendedKeyUsage(...purposes)] : []),
    subjectKeyIdentifier(leaf.spki),
    ...(leaf.names.length > 0 ? [subjectAltName(...leaf.names)] : []),
  ];
}
