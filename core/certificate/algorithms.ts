// Which keys and signatures count, and does this one hold? RSA from 2048 bits, P-256/384/521, Ed25519/Ed448,
// SHA-256 and up, by node:crypto. Whose key it is and whether it may sign certificates, path.ts asks.

import { constants, type KeyObject, verify } from 'node:crypto';
import { Refusal } from '../errors.ts';
import type { AlgorithmIdentifier, Oid } from './certificate.ts';
import { contextConstructed, DerReader, readSingle, TAG } from './der.ts';
import { readAlgorithm } from './parse.ts';
import { keyObjectOf, type PublicKey } from './public-key.ts';

type Hash = 'sha256' | 'sha384' | 'sha512';

const rsaHashes: Readonly<Record<Oid, Hash>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
};
const ecdsaHashes: Readonly<Record<Oid, Hash>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const hashIds: Readonly<Record<Oid, Hash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
/** Broken or too short to rest on: named, so that the PSC's customer hears what is wrong. */
const weakAlgorithms: Readonly<Record<Oid, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.3': 'MD4',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.113549.1.1.14': 'SHA-224',
  '1.3.14.3.2.26': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
  '1.2.840.10045.4.3.1': 'SHA-224',
  '1.2.840.10040.4.3': 'DSA with SHA-1',
};

/**
 * Checks one signature over `signed`. Throws SIGNATURE_WRONG, SIGNATURE_ALGORITHM_WEAK,
 * SIGNATURE_ALGORITHM_UNSUPPORTED; of the key, what `readPublicKey` throws.
 */
export function checkSignature(
  key: PublicKey,
  algorithm: AlgorithmIdentifier,
  signed: Uint8Array,
  signature: Uint8Array,
): void {
  const object = keyObjectOf(key);
  let holds: boolean;
  switch (key.kind) {
    case 'RSA':
      holds = verifyRsa(key, object, algorithm, signed, signature);
      break;
    case 'EC':
      holds = verify(ecdsaHash(algorithm), signed, object, signature);
      break;
    case 'EdDSA':
      if (algorithm.oid !== key.algorithm || algorithm.parameters) throw unsupported(algorithm);
      holds = verify(null, signed, object, signature);
  }
  if (!holds) throw new Refusal('SIGNATURE_WRONG', { clause: 'RFC 5280 §6.1.3(a)(1)' });
}

function verifyRsa(
  key: PublicKey & { kind: 'RSA' },
  object: KeyObject,
  algorithm: AlgorithmIdentifier,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (algorithm.oid === RSASSA_PSS) {
    // A key bound to PSS parameters verifies those only (RFC 4055 §3.3).
    if (
      key.pssParameters &&
      !Buffer.from(key.pssParameters).equals(algorithm.parameters ?? Buffer.alloc(0))
    ) {
      throw unsupported(algorithm);
    }
    const { hash, saltLength } = readPssParameters(algorithm);
    return verify(
      hash,
      signed,
      { key: object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
      signature,
    );
  }
  const hash = rsaHashes[algorithm.oid];
  // RFC 4055 §5: the parameters are NULL.
  if (!hash || !isNull(algorithm.parameters) || key.pssOnly) throw unsupported(algorithm);
  return verify(hash, signed, object, signature);
}

function ecdsaHash(algorithm: AlgorithmIdentifier): Hash {
  const hash = ecdsaHashes[algorithm.oid];
  // RFC 5758 §3.2: the parameters are absent.
  if (!hash || algorithm.parameters) throw unsupported(algorithm);
  return hash;
}

/** RFC 4055 §3.1: one hash for message and mask, at least SHA-256; the defaults mean SHA-1. */
function readPssParameters(algorithm: AlgorithmIdentifier): { hash: Hash; saltLength: number } {
  if (!algorithm.parameters) throw unsupported(algorithm);
  const fields = readSingle(algorithm.parameters, TAG.SEQUENCE).inside();
  const [hash, mask, salt, trailer] = [0, 1, 2, 3].map((n) =>
    fields.optional(contextConstructed(n))?.inside(),
  );
  fields.finish();
  if (!hash || !mask) throw weak('SHA-1');
  const hashId = readAlgorithm(hash);
  const maskId = readAlgorithm(mask);
  if (maskId.oid !== MGF1 || !maskId.parameters) throw unsupported(algorithm);
  const maskHash = readAlgorithm(new DerReader(maskId.parameters));
  if (hashId.oid in weakAlgorithms || maskHash.oid in weakAlgorithms) throw weak('SHA-1');
  const name = hashIds[hashId.oid];
  const wrongTrailer = trailer && trailer.smallInteger() !== 1;
  if (!name || maskHash.oid !== hashId.oid || wrongTrailer) throw unsupported(algorithm);
  return { hash: name, saltLength: salt ? salt.smallInteger(512) : 20 };
}

function isNull(parameters: Uint8Array | undefined): boolean {
  return parameters?.length === 2 && parameters[0] === TAG.NULL && parameters[1] === 0;
}

/** Throws for algorithms that no key may use, before any key is looked at. */
export function checkAlgorithmStrength(algorithm: AlgorithmIdentifier): void {
  const name = weakAlgorithms[algorithm.oid];
  if (name) throw weak(name);
}

function weak(found: string): Refusal {
  return new Refusal('SIGNATURE_ALGORITHM_WEAK', { expected: 'SHA-256 or longer', found });
}

function unsupported(algorithm: AlgorithmIdentifier): Refusal {
  const name = weakAlgorithms[algorithm.oid];
  return name ? weak(name) : new Refusal('SIGNATURE_ALGORITHM_UNSUPPORTED', { found: algorithm.oid });
}
