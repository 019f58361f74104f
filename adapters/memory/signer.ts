// Signers whose keys live in this process: for tests and for the laptop's KMS. Never wired by a deployed function.
// node:crypto hashes before it signs; a Signer gets the digest, so the last step of each scheme is done here.

import {
  constants,
  createECDH,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from 'node:crypto';
import type { Signer } from '../../core/ports.ts';

export type MemorySigner = Signer & { readonly publicKey: KeyObject };

export function memoryP256Signer(keyId = 'test-p256'): MemorySigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { keyId, publicKey, sign: async (digest) => signP256Digest(privateKey, digest) };
}

export function memoryRsaSigner(keyId = 'test-rsa'): MemorySigner {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { keyId, publicKey, sign: async (digest) => signPssDigest(privateKey, digest) };
}

// SEC 2 §2.4.2: the order of P-256.
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const toBigInt = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** ECDSA, FIPS 186-5 §6.4.1, over a SHA-256 digest; DER. Not in constant time: for keys that are worth nothing. */
function signP256Digest(privateKey: KeyObject, digest: Uint8Array): Uint8Array {
  const d = toBigInt(Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url'));
  for (;;) {
    const once = createECDH('prime256v1');
    const point = once.generateKeys();
    const k = toBigInt(once.getPrivateKey());
    const r = toBigInt(point.subarray(1, 33)) % order;
    const s = (inverse(k) * (toBigInt(digest) + r * d)) % order;
    if (r !== 0n && s !== 0n) return derSequence(r, s);
  }
}

function inverse(value: bigint): bigint {
  let [low, high, a, b] = [value % order, order, 1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high] = [high - quotient * low, low];
    [a, b] = [b - quotient * a, a];
  }
  return ((a % order) + order) % order;
}

function derSequence(...integers: readonly bigint[]): Uint8Array {
  const parts = integers.map((integer) => {
    const hex = integer.toString(16);
    const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
    const content = bytes[0]! & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
    return Buffer.concat([Buffer.of(2, content.length), content]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

/** RSASSA-PSS, RFC 8017 §9.1.1, SHA-256 twice, salt of 32 bytes, over a digest. */
export function signPssDigest(privateKey: KeyObject, digest: Uint8Array): Uint8Array {
  const bits = privateKey.asymmetricKeyDetails!.modulusLength!;
  const length = Math.ceil((bits - 1) / 8);
  const salt = randomBytes(32);
  const hash = sha256(Buffer.alloc(8), digest, salt);
  const block = Buffer.concat([Buffer.alloc(length - 32 - 32 - 2), Buffer.of(1), salt]);
  for (let at = 0, counter = 0; at < block.length; counter++) {
    const mask = sha256(hash, Buffer.of(0, 0, 0, counter));
    for (let i = 0; i < 32 && at < block.length; i++, at++) block[at]! ^= mask[i]!;
  }
  block[0]! &= 0xff >> (8 * length - (bits - 1));
  const encoded = Buffer.concat([block, hash, Buffer.of(0xbc)]);
  const padded = Buffer.concat([Buffer.alloc(bits / 8 - encoded.length), encoded]);
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, padded);
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
