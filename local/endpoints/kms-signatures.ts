// How does KMS sign a digest with an EC key? It takes `MessageType: DIGEST`, node:crypto always hashes: so ECDSA
// (FIPS 186-5 §6.4.1) is completed here around OpenSSL's point multiplication. For the laptop alone: not written to
// resist a timing attacker.

import { constants, createECDH, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto';

/** The order of P-256's base point (FIPS 186-5, SP 800-186 §3.2.1.3). */
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** ECDSA on P-256, DER-encoded as KMS answers. */
export function signDigestEcdsa(key: KeyObject, digest: Buffer): Buffer {
  const d = toInteger(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  for (;;) {
    const k = toInteger(randomBytes(32));
    if (k === 0n || k >= n) continue;
    const r = toInteger(multiplyBase(k)) % n;
    const s = (inverse(k) * (toInteger(digest) + r * d)) % n;
    if (r !== 0n && s !== 0n) return derSequence(derInteger(r), derInteger(s));
  }
}

/** x of k·G: ECDH's public key is 04 ‖ x ‖ y. */
function multiplyBase(k: bigint): Buffer {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(Buffer.from(k.toString(16).padStart(64, '0'), 'hex'));
  return ecdh.getPublicKey().subarray(1, 33);
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value, n, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % n) + n) % n;
}

const toInteger = (value: Buffer): bigint => BigInt(`0x${value.toString('hex') || '0'}`);

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const raw = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  const body = raw[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), raw]) : raw;
  return Buffer.concat([Buffer.of(2, body.length), body]);
}

function derSequence(...members: Buffer[]): Buffer {
  const body = Buffer.concat(members);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

/** DigestInfo of SHA-256 up to its digest (RFC 8017 §9.2, note 1). */
const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** RSASSA-PKCS1-v1_5 over a digest: block type 1 is what OpenSSL's private encryption pads with. */
export function signDigestPkcs1(key: KeyObject, digest: Buffer): Buffer {
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([sha256Info, digest]));
}
