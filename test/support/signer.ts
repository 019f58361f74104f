// A signing party for tests: a key made on the spot, a self-signed certificate, and a signer of digests.

import 'reflect-metadata';
import {
  constants,
  createHash,
  KeyObject,
  privateDecrypt,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { DigestSigner } from '../../core/message/jws.ts';

export interface SigningParty extends DigestSigner {
  readonly certificateDer: Uint8Array;
  readonly thumbprint: Thumbprint;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** `bits` for RSA, or a curve name of WebCrypto. */
export async function signingParty(kind: number | 'P-256' | 'P-384' | 'P-521' = 2048): Promise<SigningParty> {
  const algorithm =
    typeof kind === 'number'
      ? {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: kind,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        }
      : { name: 'ECDSA', namedCurve: kind, hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test party',
    keys,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2030-01-01T00:00:00Z'),
  });
  const certificateDer = new Uint8Array(certificate.rawData);
  const privateKey = KeyObject.from(keys.privateKey);
  return {
    certificateDer,
    thumbprint: createHash('sha256').update(certificateDer).digest('base64url') as Thumbprint,
    publicKey: new X509Certificate(certificateDer).publicKey,
    privateKey,
    sign: async (digest) => signDigestPss(digest, privateKey),
  };
}

/** RFC 8017 §9.1.1 by hand: node:crypto signs messages, KMS and HSMs sign digests. */
function signDigestPss(digest: Uint8Array, privateKey: KeyObject): Uint8Array {
  const bits = privateKey.asymmetricKeyDetails!.modulusLength!;
  const emLength = Math.ceil((bits - 1) / 8);
  const salt = randomBytes(32);
  const hash = createHash('sha256').update(Buffer.alloc(8)).update(digest).update(salt).digest();
  const block = Buffer.concat([Buffer.alloc(emLength - 32 - 32 - 2), Buffer.from([1]), salt]);
  const mask = mgf1(hash, block.length);
  for (let at = 0; at < block.length; at++) block[at]! ^= mask[at]!;
  block[0]! &= 0xff >> (8 * emLength - (bits - 1));
  const encoded = Buffer.concat([block, hash, Buffer.from([0xbc])]);
  const padded = Buffer.concat([Buffer.alloc(Math.ceil(bits / 8) - encoded.length), encoded]);
  return privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, padded);
}

function mgf1(seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; blocks.length * 32 < length; counter++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    blocks.push(createHash('sha256').update(seed).update(number).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
