// Synthetic chains for tests: makeAuthority() gives a root, authority.issueCa() an intermediate, issueLeaf() a
// leaf with the field layout of a country. Keys are made at test time and kept under node_modules/.cache, never
// committed; the same `keyLabel` is the same key again.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { NameAttribute } from '../../core/certificate/name-writer.ts';
import { type Thumbprint, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { buildCertificate, type Digest } from '../../local/psc/certificate.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoints,
  dnsName,
  type ExtendedKeyUsage,
  type ExtensionInput,
  type KeyUsage,
  keyUsage,
  leafExtensions,
  subjectKeyIdentifier,
} from '../../local/psc/extensions.ts';
import { pemOf } from '../../local/psc/issue.ts';
import { type HolderInput, holderFields } from '../../local/psc/layouts.ts';

export { pemOf };

export type KeyKind = 'rsa-1024' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256' | 'ec-p384' | 'ed25519';

/** The window that certificates have unless told otherwise; pass a `now` inside it to whatever you test. */
export const defaultNotBefore = new Date('2026-01-01T00:00:00Z');
export const defaultNotAfter = new Date('2028-01-01T00:00:00Z');

const keyCache = resolve(import.meta.dirname, '../../node_modules/.cache/apodera-test-keys');
const keysInMemory = new Map<string, KeyObject>();

/** A private key by label: generated once on this machine, then read. */
export function testKey(kind: KeyKind = 'rsa-2048', label = 'default'): KeyObject {
  const id = `${kind}-${label.replace(/[^\w.-]/g, '_')}`;
  let key = keysInMemory.get(id);
  if (!key) {
    key = loadOrGenerate(kind, join(keyCache, `${id}.pem`));
    keysInMemory.set(id, key);
  }
  return key;
}

function loadOrGenerate(kind: KeyKind, file: string): KeyObject {
  if (existsSync(file)) return createPrivateKey(readFileSync(file));
  const key = generate(kind);
  mkdirSync(keyCache, { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  try {
    linkSync(unfinished, file);
  } catch {
    // Another process was first: the same label is the same key to all.
    return createPrivateKey(readFileSync(file));
  } finally {
    rmSync(unfinished);
  }
  return key;
}

function generate(kind: KeyKind): KeyObject {
  if (kind === 'ec-p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  if (kind === 'ec-p384') return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) }).privateKey;
}

export interface Issued {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly thumbprint: Thumbprint;
  /** The certificate's private key. */
  readonly key: KeyObject;
  /** This certificate first, then each issuer up to and including the root, DER. */
  readonly chain: readonly Uint8Array[];
  readonly chainPem: string;
  /** Hex, upper case, as node:crypto writes it. */
  readonly serialNumber: string;
}

export interface Authority extends Issued {
  readonly subject: readonly NameAttribute[];
  issueCa(options?: AuthorityOptions): Authority;
  issue(options: LeafOptions): Issued;
}

interface CommonOptions {
  readonly subject?: readonly NameAttribute[];
  readonly key?: KeyKind;
  /** Same label, same key. Authorities default to their name, leafs to 'leaf'. */
  readonly keyLabel?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly serialNumber?: number | bigint | Uint8Array;
  readonly digest?: Digest;
  readonly crlUrls?: readonly string[];
  readonly ocspUrl?: string;
  readonly policies?: readonly string[];
  /** Appended to, or by object identifier instead of, the extensions that would stand. */
  readonly extensions?: readonly ExtensionInput[];
  /** Object identifiers of extensions to leave out. */
  readonly without?: readonly string[];
}

export interface AuthorityOptions extends CommonOptions {
  readonly name?: string;
  readonly pathLength?: number;
  readonly keyUsage?: readonly KeyUsage[];
}

export interface LeafOptions extends CommonOptions {
  /** Layout of a country; without it, `subject` (or CN=leaf). */
  readonly holder?: HolderInput;
  readonly use?: 'signing' | 'transport';
  readonly hosts?: readonly string[];
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[];
  /** SubjectPublicKeyInfo to certify instead of a test key's; `key` is then of no meaning. */
  readonly spki?: Uint8Array;
}

/** Chilean by default, so that `issueLeaf(authority)` alone is a leaf that identifies an apoderado. */
export const someHolder: HolderInput = { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' };

let nextSerial = 1000;

/** A self-signed root. */
export function makeAuthority(options: AuthorityOptions = {}): Authority {
  return authority(options, undefined);
}

export function issueLeaf(issuer: Authority, options: LeafOptions = { holder: someHolder }): Issued {
  const fields = options.holder
    ? holderFields(options.holder)
    : { subject: undefined, altNames: [], extensions: [] };
  const altNames = [...fields.altNames, ...(options.hosts ?? []).map(dnsName)];
  const key = testKey(options.key, options.keyLabel ?? 'leaf');
  const spki = options.spki ?? spkiOf(key);
  const { use, keyUsage: usages, extendedKeyUsage: purposes } = options;
  const extensions = [
    ...leafExtensions({ spki, use, usages, purposes, names: altNames }),
    ...fields.extensions,
  ];
  const subject = options.subject ?? fields.subject ?? [{ type: 'CN', value: options.hosts?.[0] ?? 'leaf' }];
  return certify({ ...options, subject }, extensions, spki, key, issuer);
}

function authority(options: AuthorityOptions, issuer: Authority | undefined): Authority {
  const name = options.name ?? (issuer ? 'Test Intermediate' : 'Test Root');
  const subject = options.subject ?? [
    { type: 'C', value: 'CL' },
    { type: 'O', value: 'Apodera Test PSC' },
    { type: 'CN', value: name },
  ];
  const key = testKey(options.key, options.keyLabel ?? name);
  const extensions = [
    basicConstraints(true, options.pathLength),
    keyUsage(...(options.keyUsage ?? (['keyCertSign', 'cRLSign'] as const))),
    subjectKeyIdentifier(spkiOf(key)),
  ];
  const issued = certify({ ...options, subject }, extensions, spkiOf(key), key, issuer);
  const self: Authority = {
    ...issued,
    subject,
    issueCa: (next = {}) => authority(next, self),
    issue: (leaf) => issueLeaf(self, leaf),
  };
  return self;
}

function certify(
  options: CommonOptions & { readonly subject: readonly NameAttribute[] },
  own: readonly ExtensionInput[],
  spki: Uint8Array,
  key: KeyObject,
  issuer: Authority | undefined,
): Issued {
  const issuerKey = issuer?.key ?? key;
  const serial = options.serialNumber ?? nextSerial++;
  const der = buildCertificate(
    {
      serialNumber: serial,
      issuer: issuer?.subject ?? options.subject,
      subject: options.subject,
      notBefore: options.notBefore ?? defaultNotBefore,
      notAfter: options.notAfter ?? defaultNotAfter,
      spki,
      extensions: allExtensions(options, own, issuer),
    },
    issuerKey,
    options.digest,
  );
  const chain = [der, ...(issuer?.chain ?? [])];
  return {
    der,
    pem: pemOf(der),
    thumbprint: thumbprintOf(der),
    key,
    chain,
    chainPem: chain.map(pemOf).join(''),
    serialNumber: new X509Certificate(der).serialNumber,
  };
}

function allExtensions(
  options: CommonOptions,
  own: readonly ExtensionInput[],
  issuer: Authority | undefined,
): ExtensionInput[] {
  const standing = [
    ...own,
    ...(issuer ? [authorityKeyIdentifier(spkiOf(issuer.key))] : []),
    ...(options.policies ? [certificatePolicies(...options.policies)] : []),
    ...(options.crlUrls ? [crlDistributionPoints(...options.crlUrls)] : []),
    ...(options.ocspUrl ? [authorityInfoAccess({ ocsp: options.ocspUrl })] : []),
  ];
  const extra = options.extensions ?? [];
  const gone = new Set([...(options.without ?? []), ...extra.map(({ oid }) => oid)]);
  return [...standing.filter(({ oid }) => !gone.has(oid)), ...extra];
}

/** SubjectPublicKeyInfo, DER, of a private or public key. */
export function spkiOf(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}
