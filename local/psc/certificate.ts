// Writes and signs one certificate from a template, with node:crypto. Nothing is checked: a test PSC must
// also be able to write what a real one never should.

import { type KeyObject, sign } from 'node:crypto';
import {
  bitString,
  context,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
  time,
} from '../../core/certificate/der-writer.ts';
import { encodeName, type NameAttribute } from '../../core/certificate/name-writer.ts';
import { type ExtensionInput, encodeExtensions } from './extensions.ts';

export interface CertificateTemplate {
  readonly serialNumber: number | bigint | Uint8Array;
  /** Attributes, or an encoded Name. */
  readonly issuer: readonly NameAttribute[] | Uint8Array;
  readonly subject: readonly NameAttribute[] | Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Uint8Array;
  readonly extensions: readonly ExtensionInput[];
}

export type Digest = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const rsaOids = {
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
} as const;
const ecdsaOids = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} as const;
const edwardsOids: Record<string, string> = { ed25519: '1.3.101.112', ed448: '1.3.101.113' };

/** AlgorithmIdentifier of the signature that `key` makes. */
export function signatureAlgorithm(key: KeyObject, digest: Digest = 'sha256'): Uint8Array {
  const type = key.asymmetricKeyType ?? '';
  if (type === 'rsa') return sequence(objectIdentifier(rsaOids[digest]), nullValue());
  if (type === 'ec') return sequence(objectIdentifier(ecdsaOids[digest]));
  const oid = edwardsOids[type];
  if (!oid) throw new Error(`the test PSC signs with rsa, ec, ed25519 or ed448, not "${type}"`);
  return sequence(objectIdentifier(oid));
}

/** SEQUENCE { toBeSigned, signatureAlgorithm, signature }: certificates and CRLs alike. */
export function signStructure(toBeSigned: Uint8Array, key: KeyObject, digest: Digest = 'sha256'): Uint8Array {
  const edwards = key.asymmetricKeyType?.startsWith('ed');
  const signature = sign(edwards ? null : digest, toBeSigned, key);
  return sequence(toBeSigned, signatureAlgorithm(key, digest), bitString(signature));
}

export function buildCertificate(template: CertificateTemplate, key: KeyObject, digest?: Digest): Uint8Array {
  const { extensions } = template;
  const toBeSigned = sequence(
    context(0, integer(2)),
    integer(template.serialNumber),
    signatureAlgorithm(key, digest),
    nameOf(template.issuer),
    sequence(time(template.notBefore), time(template.notAfter)),
    nameOf(template.subject),
    template.spki,
    ...(extensions.length > 0 ? [context(3, encodeExtensions(extensions))] : []),
  );
  return signStructure(toBeSigned, key, digest);
}

export function nameOf(name: readonly NameAttribute[] | Uint8Array): Uint8Array {
  return name instanceof Uint8Array ? name : encodeName(name);
}
