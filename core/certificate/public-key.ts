// Which key stands in this SubjectPublicKeyInfo, and is it one we rest on? RSA 2048 to 8192 bits with a short
// odd exponent, P-256/384/521, Ed25519/Ed448; everything else is refused by name. What it may sign is asked elsewhere.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { publicKeyLimits } from '../policy.ts';
import type { Oid } from './certificate.ts';
import { DerReader, readSingle, sameBytes, TAG } from './der.ts';
import { readAlgorithm } from './parse.ts';

export type PublicKey = { readonly spki: Uint8Array } & (
  | {
      readonly kind: 'RSA';
      readonly bits: number;
      /** Big-endian, no leading zero. */
      readonly modulus: Uint8Array;
      readonly exponent: Uint8Array;
      readonly pssOnly: boolean;
      readonly pssParameters: Uint8Array | undefined;
    }
  | { readonly kind: 'EC'; readonly curve: 'P-256' | 'P-384' | 'P-521'; readonly compressed: boolean }
  | { readonly kind: 'EdDSA'; readonly algorithm: Oid }
);

const curves: Readonly<Record<Oid, { name: 'P-256' | 'P-384' | 'P-521'; octets: number }>> = {
  '1.2.840.10045.3.1.7': { name: 'P-256', octets: 32 },
  '1.3.132.0.34': { name: 'P-384', octets: 48 },
  '1.3.132.0.35': { name: 'P-521', octets: 66 },
};
const edwardsOctets: Readonly<Record<Oid, number>> = { '1.3.101.112': 32, '1.3.101.113': 57 };
const RSA = '1.2.840.113549.1.1.1';
const NULL = Uint8Array.of(TAG.NULL, 0);
const refusedKeys: Readonly<Record<Oid, string>> = {
  '1.2.840.10040.4.1': 'DSA',
  '1.3.6.1.4.1.44588.2.1': 'EdDSA on E-521 (ICP-Brasil v6 and v7)',
};

/** Throws KEY_TOO_WEAK, KEY_TOO_LARGE, KEY_UNSUPPORTED, DER_MALFORMED. */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const fields = readSingle(spki, TAG.SEQUENCE).inside();
  const { oid, parameters } = readAlgorithm(fields);
  const { bytes, unusedBits } = fields.bitString();
  fields.finish();
  if (unusedBits !== 0) throw unsupported('a key of broken octets');
  // One key has one encoding here (RFC 3279 §2.3.1 says NULL), so that its thumbprint names it (S11).
  if (oid === RSA && !(parameters && sameBytes(parameters, NULL)))
    throw unsupported('RSA whose parameters are not NULL');
  if (oid === RSA) return readRsa(spki, bytes, false, undefined);
  if (oid === '1.2.840.113549.1.1.10') return readRsa(spki, bytes, true, parameters);
  if (oid === '1.2.840.10045.2.1') return readEc(spki, bytes, parameters);
  if (edwardsOctets[oid]) {
    if (parameters || bytes.length !== edwardsOctets[oid]) throw unsupported(oid);
    return { kind: 'EdDSA', algorithm: oid, spki };
  }
  throw unsupported(refusedKeys[oid] ?? oid);
}

function readRsa(spki: Uint8Array, key: Uint8Array, pssOnly: boolean, pssParameters?: Uint8Array): PublicKey {
  const fields = readSingle(key, TAG.SEQUENCE).inside();
  const modulus = unsigned(fields.integer());
  const exponent = unsigned(fields.integer());
  fields.finish();
  const bits = modulus.length * 8 - Math.clz32(modulus[0]!) + 24;
  if (bits < publicKeyLimits.leastRsaBits)
    throw new Refusal('KEY_TOO_WEAK', { found: `RSA with ${bits} bits` });
  // A long modulus or exponent makes each check cost milliseconds.
  if (bits > publicKeyLimits.mostRsaBits)
    throw new Refusal('KEY_TOO_LARGE', { found: `RSA with ${bits} bits` });
  if (exponent.length > publicKeyLimits.rsaExponentOctets)
    throw new Refusal('KEY_TOO_LARGE', { found: 'a long exponent' });
  // With exponent 1 every number is its own signature; an even modulus or exponent is no RSA key.
  const tiny = exponent.length === 1 && exponent[0]! < 3;
  if (tiny || (exponent.at(-1)! & 1) === 0 || (modulus.at(-1)! & 1) === 0) throw new Refusal('KEY_TOO_WEAK');
  return { kind: 'RSA', bits, modulus, exponent, pssOnly, pssParameters, spki };
}

/** The octets of a positive INTEGER without its sign octet. */
function unsigned(integer: Uint8Array): Uint8Array {
  if (integer[0]! >= 0x80 || (integer.length === 1 && integer[0] === 0)) throw new Refusal('KEY_TOO_WEAK');
  return integer[0] === 0 ? integer.subarray(1) : integer;
}

function readEc(spki: Uint8Array, point: Uint8Array, parameters: Uint8Array | undefined): PublicKey {
  // Named curves only: explicit parameters let an attacker choose the generator (CVE-2020-0601).
  if (parameters?.[0] !== TAG.OID) throw unsupported('EC without a named curve');
  const curve = curves[new DerReader(parameters).oid()];
  if (!curve) throw unsupported('EC on another curve');
  const uncompressed = point[0] === 4 && point.length === 1 + 2 * curve.octets;
  const compressed = (point[0] === 2 || point[0] === 3) && point.length === 1 + curve.octets;
  if (!uncompressed && !compressed) throw unsupported('an EC point of no known form');
  return { kind: 'EC', curve: curve.name, compressed, spki };
}

function unsupported(found: string): Refusal {
  return new Refusal('KEY_UNSUPPORTED', { expected: 'RSA, P-256, P-384, P-521, Ed25519 or Ed448', found });
}

// Importing a key costs more than reading a certificate; issuers recur. Keyed by the exact SPKI, so a hit says
// nothing but "same key"; what fills it up only makes others slower.
const keyObjects = new Map<string, KeyObject>();

/** RSA goes in as n and e: 28 times faster than OpenSSL's SPKI decoder. */
export function keyObjectOf(key: PublicKey): KeyObject {
  const id = Buffer.from(key.spki.buffer, key.spki.byteOffset, key.spki.byteLength).toString('latin1');
  let object = keyObjects.get(id);
  if (!object) {
    object = importKey(key);
    if (keyObjects.size >= publicKeyLimits.cachedKeys) keyObjects.delete(keyObjects.keys().next().value!);
    keyObjects.set(id, object);
  }
  return object;
}

function importKey(key: PublicKey): KeyObject {
  if (key.kind === 'RSA') {
    const [n, e] = [key.modulus, key.exponent].map((octets) => Buffer.from(octets).toString('base64url'));
    return createPublicKey({ key: { kty: 'RSA', n: n!, e: e! }, format: 'jwk' });
  }
  try {
    return createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  } catch {
    throw unsupported('a point that is not on its curve');
  }
}
