// A private key in a file: PKCS #8 under a password (RFC 5958, PBES2 of RFC 8018), readable by OpenSSL and all
// that read PEM. Written once, for the owner alone, never over another file.

import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  pbkdf2,
  randomBytes,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
} from '../../core/certificate/der-writer.ts';
import { UsageError } from '../exit-codes.ts';

export const keyTypes = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384'] as const;
export type KeyType = (typeof keyTypes)[number];

/** OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256. OpenSSL's own default of 2,048 is too few. */
const iterations = 600_000;
/** NIST SP 800-63B asks for 8; a stolen file can be tried without end. */
const shortestPassword = 12;

export async function generateKey(type: KeyType): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  if (type === 'ec-p256') return (await generate('ec', { namedCurve: 'P-256' })).privateKey;
  if (type === 'ec-p384') return (await generate('ec', { namedCurve: 'P-384' })).privateKey;
  return (await generate('rsa', { modulusLength: Number(type.slice(4)) })).privateKey;
}

/** EncryptedPrivateKeyInfo: PBES2, PBKDF2 with HMAC-SHA256, AES-256-CBC. */
export async function encryptedPem(key: KeyObject, password: string): Promise<string> {
  if (password.length < shortestPassword) {
    throw new UsageError(`the password needs at least ${shortestPassword} characters`);
  }
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const secret = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', secret, iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const hmac = sequence(objectIdentifier('1.2.840.113549.2.9'), nullValue());
  const derivation = sequence(octetString(salt), integer(iterations), hmac);
  const scheme = sequence(
    sequence(objectIdentifier('1.2.840.113549.1.5.12'), derivation),
    sequence(objectIdentifier('2.16.840.1.101.3.4.1.42'), octetString(iv)),
  );
  const info = sequence(sequence(objectIdentifier('1.2.840.113549.1.5.13'), scheme), octetString(encrypted));
  return pem('ENCRYPTED PRIVATE KEY', info);
}

/** Refuses to write over anything. */
export function writeNew(file: string, content: string | Uint8Array, mode: number): void {
  try {
    writeFileSync(file, content, { flag: 'wx', mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UsageError(`"${file}" exists; nothing is written over a file`);
    }
    throw error;
  }
}

/** @param password asked for only where the key is encrypted */
export async function readKeyFile(file: string, password: () => Promise<string>): Promise<KeyObject> {
  const content = readFileSync(file);
  const encrypted = content.includes('ENCRYPTED');
  const passphrase = encrypted ? await password() : undefined;
  try {
    return createPrivateKey({ key: content, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    throw new UsageError(`"${file}" holds no private key${encrypted ? ' that this password opens' : ''}`);
  }
}

export function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
