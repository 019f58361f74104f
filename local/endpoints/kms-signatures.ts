// How is a digest signed, rather than a message? KMS takes `MessageType: DIGEST`, node:crypto always hashes:
// so EMSA-PSS (RFC 8017 §9.1.1) and ECDSA (FIPS 186-5 §6.4.1) are completed here around OpenSSL's raw RSA and
// point multiplication. For the laptop alone: not written to resist a timing attacker.

import { constants, createECDH, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto';

const digestBytes = 32;

/** RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt as long as the digest. */
export function signDigestPss(key: KeyObject, digest: Buffer): Buffer {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const encoded = encodePss(digest, bits - 1, randomBytes(digestBytes));
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

function encodePss(digest: Buffer, emBits: number, salt: Buffer): Buffer {
  const length = Math.ceil(emBits / 8);
  const h = sha256(Buffer.alloc(8), digest, salt);
  const db = Buffer.concat([Buffer.alloc(length - salt.length - digestBytes - 2), Buffer.of(1), salt]);
  const mask = mgf1(h, db.length);
  const masked = db.map((byte, i) => byte ^ mask[i]!);
  masked[0]! &= 0xff >> (8 * length - emBits);
  return Buffer.concat([masked, h, Buffer.of(0xbc)]);
}

function mgf1(seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; counter * digestBytes < length; counter += 1) {
    const four = Buffer.alloc(4);
    four.writeUInt32BE(counter);
    blocks.push(sha256(seed, four));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

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
