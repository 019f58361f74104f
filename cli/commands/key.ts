// Keys of a participant: made here or in an HSM, and asked a certificate for. No key is ever sent anywhere.

import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { buildRequest, type RequestAlgorithm } from '../../core/certificate/request.ts';
import { keyThumbprintOf } from '../../core/certificate/thumbprint.ts';
import type { Call, Noun, Option, Outcome } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { encryptedPem, generateKey, keyTypes, pem, readKeyFile, spkiOf, writeNew } from '../keys/key-file.ts';
import { type TokenChoice, withToken } from '../keys/pkcs11.ts';
import { readSubject } from '../keys/subject.ts';
import { readSecret, secretOptions } from '../password.ts';
import { columns } from '../style.ts';

const tokenOptions: Record<string, Option> = {
  module: { type: 'string', value: '<file>', help: 'PKCS #11 module: the key is, or is made, in its token' },
  token: { type: 'string', value: '<label>', help: 'label of the token, where there are several' },
  label: { type: 'string', value: '<label>', help: 'label of the key in the token' },
  ...secretOptions('pin'),
};

const noun: Noun = {
  summary: 'Private keys, in a file under a password or in an HSM, and certificate requests for them.',
  verbs: {
    create: {
      summary: 'make a private key: an encrypted file, or in an HSM with --module',
      options: {
        type: {
          type: 'string',
          value: '<type>',
          help: `${keyTypes.join(', ')}; signing certificates need RSA`,
        },
        out: {
          type: 'string',
          short: 'o',
          value: '<file>',
          help: 'PKCS #8 in PEM, encrypted, readable by its owner only',
        },
        ...secretOptions('password'),
        ...tokenOptions,
      },
      notes:
        'The password is asked for on the terminal unless a variable or file is named; it needs 12 characters.',
      run: create,
    },
    csr: {
      summary: 'write a certificate request (PKCS #10) for a key',
      options: {
        key: { type: 'string', short: 'k', value: '<file>', help: 'private key in PEM' },
        subject: {
          type: 'string',
          value: '<name>',
          required: true,
          help: 'CN=Camila Soto,serialNumber=12345678-5,C=CL; PSCs write the final name themselves',
        },
        out: {
          type: 'string',
          short: 'o',
          value: '<file>',
          help: 'where to write it; standard output by default',
        },
        ...secretOptions('password'),
        ...tokenOptions,
      },
      run: csr,
    },
  },
};
export default noun;

async function create(call: Call): Promise<Outcome> {
  const type = call.oneOf('type', keyTypes, 'rsa-2048');
  if (call.text('module') !== undefined) {
    if (!type.startsWith('rsa-')) throw new UsageError('"--type": keys in a token are RSA here');
    const label = call.required('label');
    const key = await withToken(await tokenChoice(call), (token) =>
      token.createRsaKey(label, Number(type.slice(4))),
    );
    return created(type, key.spki, { label, module: call.required('module') });
  }
  const file = call.required('out');
  const password = await readSecret(call, 'password', { twice: true });
  const key = await generateKey(type);
  writeNew(file, await encryptedPem(key, password), 0o600);
  return created(type, spkiOf(key), { file });
}

function created(type: string, spki: Uint8Array, place: Record<string, string>): Outcome {
  const thumbprint = keyThumbprintOf(spki);
  const rows: [string, string][] = [
    ['type', type],
    ...Object.entries(place),
    ['public key (SHA-256)', thumbprint],
  ];
  return { json: { type, ...place, public_key_thumbprint: thumbprint }, text: `key made\n${columns(rows)}` };
}

async function csr(call: Call): Promise<Outcome> {
  const subject = readSubject(call.required('subject'));
  const der =
    call.text('module') === undefined
      ? await requestOfFile(call, subject)
      : await requestOfToken(call, subject);
  const text = pem('CERTIFICATE REQUEST', der);
  const file = call.text('out');
  if (file === undefined) return { json: { certificate_request: text }, text: text.trimEnd() };
  writeNew(file, text, 0o644);
  return { json: { file, certificate_request: text }, text: `request written to ${file}` };
}

async function requestOfFile(call: Call, subject: ReturnType<typeof readSubject>): Promise<Uint8Array> {
  const key = await readKeyFile(call.required('key'), () => readSecret(call, 'password'));
  const { algorithm, hash } = algorithmOf(key);
  return buildRequest({ subject, spki: spkiOf(key), algorithm, sign: (bytes) => sign(hash, bytes, key) });
}

async function requestOfToken(call: Call, subject: ReturnType<typeof readSubject>): Promise<Uint8Array> {
  const label = call.required('label');
  const choice = await tokenChoice(call);
  return withToken(choice, (token) => {
    const { spki, sign: signInToken } = token.key(label);
    return buildRequest({ subject, spki, algorithm: 'rsa-sha256', sign: signInToken });
  });
}

function algorithmOf(key: KeyObject): { algorithm: RequestAlgorithm; hash: string } {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(key);
  if (asymmetricKeyType === 'rsa') return { algorithm: 'rsa-sha256', hash: 'sha256' };
  if (asymmetricKeyDetails?.namedCurve === 'secp384r1') return { algorithm: 'ecdsa-sha384', hash: 'sha384' };
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return { algorithm: 'ecdsa-sha256', hash: 'sha256' };
  throw new UsageError(`"--key": expected RSA, P-256 or P-384, found ${asymmetricKeyType}`);
}

async function tokenChoice(call: Call): Promise<TokenChoice> {
  const token = call.text('token');
  const choice = { module: call.required('module'), ...(token === undefined ? {} : { token }) };
  return { ...choice, pin: await readSecret(call, 'pin') };
}
