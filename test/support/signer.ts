// A signing party for tests: a key made on the spot, a self-signed certificate, and a signer of digests.

import 'reflect-metadata';
import { createHash, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';
import { signPssDigest } from '../../adapters/memory/signer.ts';
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
    extensions: [new BasicConstraintsExtension(false)],
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
    sign: async (digest) => signPssDigest(privateKey, digest),
  };
}
