// The private key that a command was pointed at, wherever it lives: --key for a file, --module for an HSM. It
// signs certificate requests, proofs of possession and messages; the key itself is not in its interface.

import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readChain } from '../../core/certificate/chain-file.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { RequestAlgorithm } from '../../core/certificate/request.ts';
import { keyThumbprintOf } from '../../core/certificate/thumbprint.ts';
import { signDetached } from '../../core/message/jws.ts';
import type { PossessionAlgorithm } from '../../core/message/possession.ts';
import type { Signer } from '../../core/ports.ts';
import type { Call, Option } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { readSecret, secretOptions } from '../password.ts';
import { readKeyFile, spkiOf } from './key-file.ts';
import { type TokenChoice, type TokenKey, withToken } from './pkcs11.ts';
import { signDigestPss } from './pss.ts';

/** `sign` (RSA only) makes PS256 of a digest, for messages. */
export interface PrivateKey extends Signer {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly requestAlgorithm: RequestAlgorithm;
  /** For PKCS #10, over the bytes themselves. */
  signRequest(bytes: Uint8Array): Promise<Uint8Array>;
  readonly possessionAlgorithm: PossessionAlgorithm;
  /** For `possessionStatement`: base64, EC as IEEE P1363. */
  signPossession(statement: Uint8Array): Promise<string>;
}

export const tokenOptions: Record<string, Option> = {
  module: {
    type: 'string',
    value: '<file>',
    help: 'PKCS #11 module of an HSM: the key is, or is made, in its token',
  },
  token: { type: 'string', value: '<label>', help: 'label of the token, where there are several' },
  label: { type: 'string', value: '<label>', help: 'label of the key in the token; needed with --module' },
  ...secretOptions('pin'),
};

/** What every command takes that uses a private key. */
export const privateKeyOptions: Record<string, Option> = {
  key: {
    type: 'string',
    short: 'k',
    value: '<file>',
    help: 'private key in PEM; needed, unless --module is',
  },
  ...secretOptions('password'),
  ...tokenOptions,
};

/** What every command takes that signs a message. */
export const signatureOptions: Record<string, Option> = {
  certificate: {
    type: 'string',
    value: '<file>',
    required: true,
    help: 'your active certificate in PEM, issuers may follow',
  },
  ...privateKeyOptions,
};

/** Opens the key, uses it, and closes the token again. Asks for password or PIN where none was named. */
export async function withPrivateKey<T>(call: Call, use: (key: PrivateKey) => Promise<T>): Promise<T> {
  const inFile = call.text('key') !== undefined;
  if (inFile === (call.text('module') !== undefined)) {
    throw new UsageError('name the private key: "--key" for a file, or "--module" and "--label" for an HSM');
  }
  if (inFile)
    return use(keyOfFile(await readKeyFile(call.required('key'), () => readSecret(call, 'password'))));
  const label = call.required('label');
  return withToken(await tokenChoice(call), (token) => use(keyOfToken(token.key(label))));
}

/**
 * The detached JWS over the body, by the key that was pointed at and in the name of the first certificate of the file.
 * @throws UsageError where they do not belong together
 */
export async function signatureBy(call: Call, certificateFile: string, body: Uint8Array): Promise<string> {
  const [der] = readChain(readFileSync(certificateFile));
  return withPrivateKey(call, (key) => {
    requireKeyOf(certificateFile, der!, key.spki);
    return signDetached(body, der!, key);
  });
}

/** Else the other side would say no more than that the signature does not verify. */
export function requireKeyOf(file: string, der: Uint8Array, spki: Uint8Array): void {
  if (!Buffer.from(parseCertificate(der).spki).equals(spki))
    throw new UsageError(`the private key does not belong to the certificate of "${file}"`);
}

export async function tokenChoice(call: Call): Promise<TokenChoice> {
  const token = call.text('token');
  const choice = { module: call.required('module'), ...(token === undefined ? {} : { token }) };
  return { ...choice, pin: await readSecret(call, 'pin') };
}

interface Algorithms {
  readonly requestAlgorithm: RequestAlgorithm;
  readonly possessionAlgorithm: PossessionAlgorithm;
  readonly hash: 'sha256' | 'sha384';
}

function algorithmsOf(key: KeyObject): Algorithms {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(key);
  if (asymmetricKeyType === 'rsa') {
    return { requestAlgorithm: 'rsa-sha256', possessionAlgorithm: 'PS256', hash: 'sha256' };
  }
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') {
    return { requestAlgorithm: 'ecdsa-sha256', possessionAlgorithm: 'ES256', hash: 'sha256' };
  }
  if (asymmetricKeyDetails?.namedCurve === 'secp384r1') {
    return { requestAlgorithm: 'ecdsa-sha384', possessionAlgorithm: 'ES384', hash: 'sha384' };
  }
  throw new UsageError(`"--key": expected RSA, P-256 or P-384, found ${asymmetricKeyType}`);
}

export function keyOfFile(key: KeyObject): PrivateKey {
  const { requestAlgorithm, possessionAlgorithm, hash } = algorithmsOf(key);
  const spki = spkiOf(key);
  const rsa = requestAlgorithm === 'rsa-sha256';
  return {
    keyId: keyThumbprintOf(spki),
    spki,
    requestAlgorithm,
    signRequest: async (bytes) => sign(hash, bytes, key),
    possessionAlgorithm,
    signPossession: async (statement) => {
      const signature = rsa
        ? signDigestPss(key, sha256(statement))
        : sign(hash, statement, { key, dsaEncoding: 'ieee-p1363' });
      return Buffer.from(signature).toString('base64');
    },
    sign: async (digest) => {
      if (!rsa) throw new UsageError('messages are signed with RSA keys only (PS256)');
      return signDigestPss(key, digest);
    },
  };
}

export function keyOfToken(key: TokenKey): PrivateKey {
  return {
    keyId: key.label,
    spki: key.spki,
    requestAlgorithm: 'rsa-sha256',
    signRequest: async (bytes) => key.sign(bytes),
    possessionAlgorithm: 'PS256',
    signPossession: async (statement) => Buffer.from(key.signDigestPss(sha256(statement))).toString('base64'),
    sign: async (digest) => key.signDigestPss(digest),
  };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
