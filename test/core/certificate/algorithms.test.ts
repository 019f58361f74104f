import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkSignature } from '../../../core/certificate/algorithms.ts';
import { DerReader } from '../../../core/certificate/der.ts';
import {
  bitString,
  context,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
} from '../../../core/certificate/der-writer.ts';
import { readAlgorithm } from '../../../core/certificate/parse.ts';
import { readPublicKey } from '../../../core/certificate/public-key.ts';
import { type KeyKind, spkiOf, testKey } from '../../support/certificates.ts';

const message = new TextEncoder().encode('tbsCertificate');
const algorithm = (der: Uint8Array) => readAlgorithm(new DerReader(der));
const plain = (oid: string, ...parameters: Uint8Array[]) =>
  algorithm(sequence(objectIdentifier(oid), ...parameters));
const rsa = (last: number) => plain(`1.2.840.113549.1.1.${last}`, nullValue());
const ecdsa = (last: number) => plain(`1.2.840.10045.4.3.${last}`);

const hashIds = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha1: '1.3.14.3.2.26',
} as const;
type Hash = keyof typeof hashIds;
/** RSASSA-PSS-params, RFC 4055 §3.1. */
function pss(hash: Hash, mask: Hash, saltLength: number) {
  const id = (name: Hash) => sequence(objectIdentifier(hashIds[name]), nullValue());
  const generator = sequence(objectIdentifier('1.2.840.113549.1.1.8'), id(mask));
  const parameters = sequence(context(0, id(hash)), context(1, generator), context(2, integer(saltLength)));
  return plain('1.2.840.113549.1.1.10', parameters);
}
const signedPss = (key: KeyObject, hash: Hash, saltLength: number) =>
  sign(hash, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

const check = (key: KeyObject, id: ReturnType<typeof plain>, signature: Uint8Array) =>
  checkSignature(readPublicKey(spkiOf(key)), id, message, signature);
const refusal = (code: string) => expect.objectContaining({ code });

describe('signatures that count', () => {
  const kinds: [KeyKind, string | null, ReturnType<typeof plain>][] = [
    ['rsa-2048', 'sha256', rsa(11)],
    ['rsa-2048', 'sha384', rsa(12)],
    ['rsa-2048', 'sha512', rsa(13)],
    ['ec-p256', 'sha256', ecdsa(2)],
    ['ec-p384', 'sha384', ecdsa(3)],
    ['ed25519', null, plain('1.3.101.112')],
  ];
  for (const [kind, hash, id] of kinds) {
    test(`${kind} with ${hash ?? 'its own hash'}, and no other message`, () => {
      const key = testKey(kind);
      const signature = sign(hash, message, key);
      check(key, id, signature);
      const wrong = new Uint8Array(signature);
      wrong[20]! ^= 1;
      expect(() => check(key, id, wrong)).toThrow(refusal('SIGNATURE_WRONG'));
      expect(() => check(key, id, new Uint8Array())).toThrow(refusal('SIGNATURE_WRONG'));
    });
  }

  test('Ed448', () => {
    const { privateKey } = generateKeyPairSync('ed448');
    check(privateKey, plain('1.3.101.113'), sign(null, message, privateKey));
  });

  test('RSASSA-PSS, with the salt it announces only', () => {
    const key = testKey();
    check(key, pss('sha256', 'sha256', 32), signedPss(key, 'sha256', 32));
    check(key, pss('sha384', 'sha384', 48), signedPss(key, 'sha384', 48));
    expect(() => check(key, pss('sha256', 'sha256', 20), signedPss(key, 'sha256', 32))).toThrow(
      refusal('SIGNATURE_WRONG'),
    );
    expect(() => check(key, rsa(11), signedPss(key, 'sha256', 32))).toThrow(refusal('SIGNATURE_WRONG'));
  });
});

describe('algorithms that do not', () => {
  const key = testKey();
  const ec = testKey('ec-p256');
  const refused: [string, KeyObject, ReturnType<typeof plain>, string][] = [
    ['MD5', key, rsa(4), 'SIGNATURE_ALGORITHM_WEAK'],
    ['SHA-1', key, rsa(5), 'SIGNATURE_ALGORITHM_WEAK'],
    ['SHA-224', key, rsa(14), 'SIGNATURE_ALGORITHM_WEAK'],
    ['ECDSA with SHA-1', ec, plain('1.2.840.10045.4.1'), 'SIGNATURE_ALGORITHM_WEAK'],
    [
      'PSS with its default hash, SHA-1',
      key,
      plain('1.2.840.113549.1.1.10', sequence()),
      'SIGNATURE_ALGORITHM_WEAK',
    ],
    ['PSS with SHA-1 in the mask', key, pss('sha256', 'sha1', 32), 'SIGNATURE_ALGORITHM_WEAK'],
    ['PSS with two hashes', key, pss('sha256', 'sha384', 32), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
    ['PSS without parameters', key, plain('1.2.840.113549.1.1.10'), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
    ['RSA without NULL', key, plain('1.2.840.113549.1.1.11'), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
    ['ECDSA with NULL', ec, plain('1.2.840.10045.4.3.2', nullValue()), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
    ['ECDSA under an RSA key', key, ecdsa(2), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
    ['RSA under an EC key', ec, rsa(11), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
    [
      'Ed448 under an Ed25519 key',
      testKey('ed25519'),
      plain('1.3.101.113'),
      'SIGNATURE_ALGORITHM_UNSUPPORTED',
    ],
    ['an unknown one', key, plain('1.2.3.4'), 'SIGNATURE_ALGORITHM_UNSUPPORTED'],
  ];
  for (const [what, signer, id, code] of refused) {
    test(`refuses ${what}`, () => {
      expect(() => check(signer, id, new Uint8Array(256))).toThrow(refusal(code));
    });
  }

  test('refuses PKCS#1 v1.5 and other parameters under a key for PSS', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha256',
      mgf1HashAlgorithm: 'sha256',
    });
    const verify = (id: ReturnType<typeof plain>, signature: Uint8Array) =>
      checkSignature(readPublicKey(spkiOf(publicKey)), id, message, signature);
    verify(pss('sha256', 'sha256', 32), sign('sha256', message, privateKey));
    expect(() => verify(rsa(11), new Uint8Array(256))).toThrow(refusal('SIGNATURE_ALGORITHM_UNSUPPORTED'));
    expect(() => verify(pss('sha384', 'sha384', 48), new Uint8Array(256))).toThrow(
      refusal('SIGNATURE_ALGORITHM_UNSUPPORTED'),
    );
  });
});

test('an EC point that is not on its curve is no key', () => {
  const point = bitString(Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)]));
  const curve = sequence(objectIdentifier('1.2.840.10045.2.1'), objectIdentifier('1.2.840.10045.3.1.7'));
  const key = readPublicKey(sequence(curve, point));
  expect(() => checkSignature(key, ecdsa(2), message, new Uint8Array(70))).toThrow(
    refusal('KEY_UNSUPPORTED'),
  );
});
