// How is a digest signed with a key of a file? node:crypto signs messages only; the wire's Signer, like an HSM or
// KMS, is given digests. EMSA-PSS (RFC 8017 §9.1.1) by hand, the private operation by OpenSSL.

import { constants, createHash, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';

const hashBytes = 32;

/** RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 bytes (RFC 7518 §3.5). */
export function signDigestPss(key: KeyObject, digest: Uint8Array): Uint8Array {
  if (digest.length !== hashBytes) throw new RangeError('a SHA-256 digest has 32 bytes');
  const bits = key.asymmetricKeyDetails!.modulusLength!;
  const encoded = encode(digest, bits - 1);
  const block = Buffer.alloc(Math.ceil(bits / 8));
  encoded.copy(block, block.length - encoded.length);
  // The raw private operation m^d mod n; the padding is the one encoded above.
  return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);
}

function encode(digest: Uint8Array, emBits: number): Buffer {
  const emBytes = Math.ceil(emBits / 8);
  const salt = randomBytes(hashBytes);
  const hash = sha256(Buffer.alloc(8), digest, salt);
  const block = Buffer.alloc(emBytes - hashBytes - 1);
  block[block.length - hashBytes - 1] = 0x01;
  salt.copy(block, block.length - hashBytes);
  const mask = mgf1(hash, block.length);
  for (let at = 0; at < block.length; at++) block[at]! ^= mask[at]!;
  block[0]! &= 0xff >> (8 * emBytes - emBits);
  return Buffer.concat([block, hash, Buffer.of(0xbc)]);
}

function mgf1(seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; counter * hashBytes < length; counter++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    blocks.push(sha256(seed, number));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
