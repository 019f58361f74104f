// Keys of a participant: made here or in an HSM, and asked a certificate for. No key is ever sent anywhere.

import { buildRequest } from '../../core/certificate/request.ts';
import { keyThumbprintOf } from '../../core/certificate/thumbprint.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { encryptedPem, generateKey, keyTypes, pem, readKeyFile, spkiOf, writeNew } from '../keys/key-file.ts';
import { withToken } from '../keys/pkcs11.ts';
import { privateKeyOptions, tokenChoice, tokenOptions, withPrivateKey } from '../keys/private-key.ts';
import { readSubject } from '../keys/subject.ts';
import { readSecret, secretOptions } from '../password.ts';
import { columns } from '../style.ts';

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
          help: 'where to write it, encrypted; needed, unless --module makes it in an HSM',
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
        ...privateKeyOptions,
      },
      run: csr,
    },
    protect: {
      summary: 'put a private key that a PSC delivered under a password of your own',
      positionals: [{ name: 'file', help: 'private key in PEM, encrypted or not' }],
      options: {
        out: {
          type: 'string',
          short: 'o',
          value: '<file>',
          required: true,
          help: 'PKCS #8 in PEM, as "key create" writes it',
        },
        ...secretOptions('old-password'),
        ...secretOptions('password'),
      },
      notes: 'A .p12 or .pfx file first: openssl pkcs12 -in file.p12 -nocerts -out key.pem',
      run: protect,
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
  const der = await withPrivateKey(call, (key) =>
    buildRequest({
      subject,
      spki: key.spki,
      algorithm: key.requestAlgorithm,
      sign: (bytes) => key.signRequest(bytes),
    }),
  );
  const text = pem('CERTIFICATE REQUEST', der);
  const file = call.text('out');
  if (file === undefined) return { json: { certificate_request: text }, text: text.trimEnd() };
  writeNew(file, text, 0o644);
  return { json: { file, certificate_request: text }, text: `request written to ${file}` };
}

/** A PSC may deliver the key itself (variant b of the model): from then on it lies here under a password. */
async function protect(call: Call): Promise<Outcome> {
  const file = call.required('out');
  const key = await readKeyFile(call.argument(0), () => readSecret(call, 'old-password'));
  const password = await readSecret(call, 'password', { twice: true });
  writeNew(file, await encryptedPem(key, password), 0o600);
  const outcome = created('protected', spkiOf(key), { file });
  return { ...outcome, text: `${outcome.text}\n\nNow destroy ${call.argument(0)} and every copy of it.` };
}
