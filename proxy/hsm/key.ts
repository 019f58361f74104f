// Which key of the HSM serves a name, and does it belong to the certificate? Keys are made here, never taken out.
// What a certificate is worth is not asked here: only whether this key stands in it.

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Handle } from 'pkcs11js';
import {
  bitString,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
} from '../../core/certificate/der-writer.ts';
import * as ck from './constants.ts';
import { type Attribute, type Hsm, HsmError } from './hsm.ts';

/** By label, by CKA_ID, or by both. */
export interface KeyName {
  readonly label?: string;
  /** Hexadecimal. */
  readonly id?: string;
}

export const keyKinds = ['RSA-2048', 'RSA-3072', 'RSA-4096', 'P-256', 'P-384'] as const;
export type KeyKind = (typeof keyKinds)[number];

export interface HsmKey {
  readonly name: KeyName;
  readonly private: Handle;
  readonly public: KeyObject;
  readonly type: 'rsa' | 'ec';
}

const curves = { 'P-256': '1.2.840.10045.3.1.7', 'P-384': '1.3.132.0.34' } as const;

/** @throws HsmError unless exactly one pair of private and public key has the name */
export function findKey(hsm: Hsm, name: KeyName): HsmKey {
  const of = (objectClass: number) => hsm.find([{ type: ck.CKA_CLASS, value: objectClass }, ...named(name)]);
  const [privates, publics] = [of(ck.CKO_PRIVATE_KEY), of(ck.CKO_PUBLIC_KEY)];
  if (privates.length !== 1 || publics.length !== 1) {
    throw new HsmError(
      `expected one key pair ${said(name)} on the token "${hsm.token}", found ${privates.length} private and ${publics.length} public keys`,
    );
  }
  const [type] = hsm.read(publics[0]!, [ck.CKA_KEY_TYPE]);
  const isRsa = type!.readUInt32LE(0) === ck.CKK_RSA;
  const spki = isRsa ? rsaSpki(hsm, publics[0]!) : ecSpki(hsm, publics[0]!);
  const key = createPublicKey({ key: spki, type: 'spki', format: 'der' });
  return { name, private: privates[0]!, public: key, type: isRsa ? 'rsa' : 'ec' };
}

/**
 * OpenSSL takes a key and a certificate that do not belong together without a word; the handshake fails later.
 * @throws HsmError naming both
 */
export function requireMatch(key: HsmKey, certificatePem: string): X509Certificate {
  const certificate = new X509Certificate(certificatePem);
  if (!certificate.publicKey.equals(key.public)) {
    const subject = certificate.subject.replaceAll('\n', ', ');
    throw new HsmError(`the key ${said(key.name)} is not the one in the certificate of "${subject}"`);
  }
  return certificate;
}

/** Sensitive and never extractable. @throws HsmError when the label is taken */
export function generateKey(hsm: Hsm, label: string, kind: KeyKind): HsmKey {
  if (hsm.find([{ type: ck.CKA_LABEL, value: label }]).length > 0) {
    throw new HsmError(`the token "${hsm.token}" has an object labelled "${label}" already`);
  }
  const both: Attribute[] = [
    { type: ck.CKA_TOKEN, value: true },
    { type: ck.CKA_LABEL, value: label },
    { type: ck.CKA_ID, value: Buffer.from(label) },
  ];
  const secret: Attribute[] = [
    ...both,
    { type: ck.CKA_PRIVATE, value: true },
    { type: ck.CKA_SENSITIVE, value: true },
    { type: ck.CKA_EXTRACTABLE, value: false },
    { type: ck.CKA_SIGN, value: true },
  ];
  const isRsa = kind.startsWith('RSA');
  hsm.generatePair(
    { mechanism: isRsa ? ck.CKM_RSA_PKCS_KEY_PAIR_GEN : ck.CKM_EC_KEY_PAIR_GEN, parameter: null },
    [...both, { type: ck.CKA_VERIFY, value: true }, ...shape(kind)],
    secret,
  );
  return findKey(hsm, { label });
}

/** For ever, both halves. @throws HsmError when there is none of that label */
export function destroyKey(hsm: Hsm, label: string): void {
  const objects = hsm.find([{ type: ck.CKA_LABEL, value: label }]);
  if (objects.length === 0) throw new HsmError(`the token "${hsm.token}" has no key ${said({ label })}`);
  for (const object of objects) hsm.destroy(object);
}

function shape(kind: KeyKind): Attribute[] {
  if (kind === 'P-256' || kind === 'P-384') {
    return [{ type: ck.CKA_EC_PARAMS, value: Buffer.from(objectIdentifier(curves[kind])) }];
  }
  return [
    { type: ck.CKA_MODULUS_BITS, value: Number(kind.slice(4)) },
    { type: ck.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  ];
}

function named({ label, id }: KeyName): Attribute[] {
  if (label === undefined && id === undefined) throw new HsmError('a key needs a label or an id');
  return [
    ...(label === undefined ? [] : [{ type: ck.CKA_LABEL, value: label }]),
    ...(id === undefined ? [] : [{ type: ck.CKA_ID, value: Buffer.from(id, 'hex') }]),
  ];
}

const said = ({ label, id }: KeyName): string => `"${[label, id].filter(Boolean).join('" / id "')}"`;

function rsaSpki(hsm: Hsm, key: Handle): Buffer {
  const [modulus, exponent] = hsm.read(key, [ck.CKA_MODULUS, ck.CKA_PUBLIC_EXPONENT]) as [Buffer, Buffer];
  const algorithm = sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue());
  return Buffer.from(sequence(algorithm, bitString(sequence(integer(modulus), integer(exponent)))));
}

function ecSpki(hsm: Hsm, key: Handle): Buffer {
  const [curve, point] = hsm.read(key, [ck.CKA_EC_PARAMS, ck.CKA_EC_POINT]) as [Buffer, Buffer];
  const algorithm = sequence(objectIdentifier('1.2.840.10045.2.1'), curve);
  return Buffer.from(sequence(algorithm, bitString(withoutOctetString(point))));
}

/** CKA_EC_POINT is a DER OCTET STRING around the point (PKCS #11 §2.3.3); some tokens leave the wrapping out. */
function withoutOctetString(point: Buffer): Buffer {
  return point[0] === 0x04 && point[1] === point.length - 2 ? point.subarray(2) : point;
}
