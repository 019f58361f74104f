import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkLeafFor, checkPathFor } from '../../../core/certificate/leaf.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { validatePath } from '../../../core/certificate/path.ts';
import { extendedKeyUsage } from '../../../local/psc/extensions.ts';
import { type LeafOptions, makeAuthority, spkiOf } from '../../support/certificates.ts';

const root = makeAuthority();
const leaf = (options: LeafOptions) => parseCertificate(root.issue(options).der);
const pssKey = () => spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey);

const purposes = (...names: string[]): LeafOptions => ({ extendedKeyUsage: names });
const admitted: [string, 'signing' | 'transport', LeafOptions][] = [
  ['digitalSignature alone', 'signing', { keyUsage: ['digitalSignature'] }],
  ['nonRepudiation alone', 'signing', { keyUsage: ['nonRepudiation'] }],
  ['no purposes', 'signing', {}],
  ['clientAuth and emailProtection, as e-CPF has', 'signing', purposes('clientAuth', 'emailProtection')],
  ['clientAuth alone', 'signing', purposes('clientAuth')],
  ['a purpose of documents', 'signing', purposes('1.3.6.1.5.5.7.3.36')],
  ['TLS server beside e-mail', 'signing', purposes('serverAuth', 'clientAuth', 'emailProtection')],
  ['RSA with clientAuth', 'transport', { use: 'transport' }],
  ['EC with clientAuth', 'transport', { use: 'transport', key: 'ec-p256' }],
  ['server and client', 'transport', { use: 'transport', extendedKeyUsage: ['serverAuth', 'clientAuth'] }],
];
const refused: [string, 'signing' | 'transport', LeafOptions, string][] = [
  ['a key for encryption only', 'signing', { keyUsage: ['keyEncipherment'] }, 'LEAF_KEY_USAGE'],
  ['no keyUsage', 'signing', { without: ['2.5.29.15'] }, 'LEAF_KEY_USAGE'],
  ['an EC key', 'signing', { key: 'ec-p256' }, 'LEAF_KEY_KIND'],
  ['an Ed25519 key', 'signing', { key: 'ed25519' }, 'LEAF_KEY_KIND'],
  ['RSA with 1024 bits', 'signing', { key: 'rsa-1024' }, 'KEY_TOO_WEAK'],
  ['an RSASSA-PSS key', 'signing', { spki: pssKey() }, 'LEAF_KEY_KIND'],
  ['a time stamping authority', 'signing', purposes('timeStamping'), 'LEAF_PURPOSE'],
  ['an OCSP responder', 'signing', purposes('OCSPSigning'), 'LEAF_PURPOSE'],
  ['a TLS server', 'signing', purposes('serverAuth'), 'LEAF_PURPOSE'],
  ['a TLS server that is client too', 'signing', purposes('serverAuth', 'clientAuth'), 'LEAF_PURPOSE'],
  ['a signer of code', 'signing', purposes('codeSigning'), 'LEAF_PURPOSE'],
  ['a signer of certificates', 'signing', { keyUsage: ['digitalSignature', 'keyCertSign'] }, 'LEAF_IS_CA'],
  ['a signer of CRLs', 'signing', { keyUsage: ['digitalSignature', 'cRLSign'] }, 'LEAF_IS_CA'],
  ['no purposes', 'transport', { use: 'transport', extendedKeyUsage: [] }, 'LEAF_PURPOSE'],
  ['a TLS server', 'transport', { use: 'transport', extendedKeyUsage: ['serverAuth'] }, 'LEAF_PURPOSE'],
  ['any purpose', 'transport', { use: 'transport', extendedKeyUsage: ['2.5.29.37.0'] }, 'LEAF_PURPOSE'],
  ['no digitalSignature', 'transport', { use: 'transport', keyUsage: ['keyEncipherment'] }, 'LEAF_KEY_USAGE'],
  ['an Ed25519 key', 'transport', { use: 'transport', key: 'ed25519' }, 'LEAF_KEY_KIND'],
];

describe('the leaf must fit its use', () => {
  for (const [what, use, options] of admitted) {
    test(`admits for ${use}: ${what}`, () => checkLeafFor(use, leaf(options)));
  }
  for (const [what, use, options, code] of refused) {
    test(`refuses for ${use}: ${what}`, () => {
      expect(() => checkLeafFor(use, leaf(options))).toThrow(expect.objectContaining({ code }));
    });
  }
  for (const use of ['signing', 'transport'] as const) {
    test(`refuses a CA's certificate for ${use}`, () => {
      const ca = parseCertificate(root.issueCa({ keyUsage: ['digitalSignature'] }).der);
      expect(() => checkLeafFor(use, ca)).toThrow(expect.objectContaining({ code: 'LEAF_IS_CA' }));
    });
  }
});

describe('no issuer may be confined to other purposes', () => {
  const below = (purpose: string) => {
    const issuer = root.issueCa({ name: purpose, extensions: [extendedKeyUsage(purpose)] });
    const chain = issuer.issue({
      use: 'transport',
      extendedKeyUsage: ['clientAuth', 'emailProtection'],
    }).chain;
    const anchors = [{ certificate: parseCertificate(root.der) }];
    return validatePath({ chain, anchors, now: new Date('2026-06-01'), policy: {} });
  };

  test('refuses a leaf below a CA for TLS servers', () => {
    for (const use of ['signing', 'transport'] as const) {
      expect(() => checkPathFor(use, below('serverAuth'))).toThrow(
        expect.objectContaining({ code: 'LEAF_PURPOSE' }),
      );
    }
  });

  test('admits a leaf below a CA for clients, or for any purpose', () => {
    for (const use of ['signing', 'transport'] as const) {
      checkPathFor(use, below('clientAuth'));
      checkPathFor(use, below('2.5.29.37.0'));
    }
  });
});
