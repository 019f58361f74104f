// A private key in an HSM or token, through its PKCS #11 module. The key is made there and never leaves; `pkcs11js`
// is optional and compiled, so that a machine without it still does everything else.

import { createPublicKey } from 'node:crypto';
import type { Handle, PKCS11 } from 'pkcs11js';
import {
  bitString,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
} from '../../core/certificate/der-writer.ts';
import { UsageError } from '../exit-codes.ts';

export interface TokenChoice {
  /** Path of the module, e.g. /usr/lib/softhsm/libsofthsm2.so. */
  readonly module: string;
  /** Label of the token; needed where the module shows several. */
  readonly token?: string;
  readonly pin: string;
}

export interface TokenKey {
  readonly label: string;
  readonly spki: Buffer;
  /** RSASSA-PKCS1-v1_5 with SHA-256, over the bytes themselves. */
  sign(bytes: Uint8Array): Uint8Array;
  /** RSASSA-PSS of a SHA-256 digest, MGF1 with SHA-256, salt of 32 bytes. */
  signDigestPss(digest: Uint8Array): Uint8Array;
}

/** Opens the token, does one thing, closes it, also when it fails. */
export async function withToken<T>(choice: TokenChoice, use: (token: Token) => T | Promise<T>): Promise<T> {
  const library = await load();
  const module = new library.PKCS11();
  try {
    module.load(choice.module);
  } catch (error) {
    throw new UsageError(`"--module": ${(error as Error).message}`);
  }
  module.C_Initialize();
  try {
    const slot = findSlot(module, choice.token);
    const session = module.C_OpenSession(slot, library.CKF_SERIAL_SESSION | library.CKF_RW_SESSION);
    logIn(() => module.C_Login(session, library.CKU_USER, choice.pin));
    return await use(new Token(library, module, session));
  } finally {
    module.C_Finalize();
    module.close();
  }
}

function logIn(act: () => void): void {
  try {
    act();
  } catch (error) {
    const { message } = error as Error;
    if (/PIN/.test(message)) throw new UsageError(`the token refused the PIN: ${message}`);
    throw error;
  }
}

type Library = typeof import('pkcs11js');

async function load(): Promise<Library> {
  try {
    const loaded = (await import('pkcs11js')) as Library & { default?: Library };
    return loaded.default ?? loaded;
  } catch {
    throw new UsageError(
      '"--module" needs the optional package pkcs11js, which is not installed here: install g++, make and python3, then run "npm rebuild pkcs11js"',
    );
  }
}

function findSlot(module: PKCS11, label: string | undefined): Handle {
  const tokens = module.C_GetSlotList(true).map((slot) => ({
    slot,
    // Padded with blanks to 32 characters (PKCS #11 §3.2).
    name: module.C_GetTokenInfo(slot).label.trim(),
  }));
  const matching = label === undefined ? tokens : tokens.filter(({ name }) => name === label);
  const [found] = matching;
  if (!found || matching.length > 1) {
    const names = tokens.map(({ name }) => `"${name}"`).join(', ');
    throw new UsageError(`"--token": expected the label of one token of ${names || 'none'}`);
  }
  return found.slot;
}

export class Token {
  readonly #library: Library;
  readonly #module: PKCS11;
  readonly #session: Handle;

  constructor(library: Library, module: PKCS11, session: Handle) {
    this.#library = library;
    this.#module = module;
    this.#session = session;
  }

  has(label: string): boolean {
    const { CKA_CLASS, CKO_PRIVATE_KEY } = this.#library;
    return this.#find([{ type: CKA_CLASS, value: CKO_PRIVATE_KEY }], label).length > 0;
  }

  /** Sensitive and not extractable. @throws UsageError when the label is taken */
  createRsaKey(label: string, modulusLength: number): TokenKey {
    if (this.has(label)) {
      throw new UsageError(`"--label": the token has a key "${label}" already`);
    }
    const own = this.#library;
    const id = Buffer.from(label);
    this.#module.C_GenerateKeyPair(
      this.#session,
      { mechanism: own.CKM_RSA_PKCS_KEY_PAIR_GEN, parameter: null as never },
      [
        { type: own.CKA_TOKEN, value: true },
        { type: own.CKA_LABEL, value: label },
        { type: own.CKA_ID, value: id },
        { type: own.CKA_VERIFY, value: true },
        { type: own.CKA_MODULUS_BITS, value: modulusLength },
        { type: own.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      ],
      [
        { type: own.CKA_TOKEN, value: true },
        { type: own.CKA_PRIVATE, value: true },
        { type: own.CKA_SENSITIVE, value: true },
        { type: own.CKA_EXTRACTABLE, value: false },
        { type: own.CKA_LABEL, value: label },
        { type: own.CKA_ID, value: id },
        { type: own.CKA_SIGN, value: true },
      ],
    );
    return this.key(label);
  }

  /** @throws UsageError unless exactly one RSA key pair has that label */
  key(label: string): TokenKey {
    const own = this.#library;
    const rsa = { type: own.CKA_KEY_TYPE, value: own.CKK_RSA };
    const [privateKey, ...others] = this.#find(
      [{ type: own.CKA_CLASS, value: own.CKO_PRIVATE_KEY }, rsa],
      label,
    );
    const [publicKey] = this.#find([{ type: own.CKA_CLASS, value: own.CKO_PUBLIC_KEY }, rsa], label);
    if (!privateKey || others.length > 0 || !publicKey) {
      throw new UsageError(`"--label": expected one RSA key pair named "${label}" on the token`);
    }
    const pss = {
      type: own.CK_PARAMS_RSA_PSS,
      hashAlg: own.CKM_SHA256,
      mgf: own.CKG_MGF1_SHA256,
      saltLen: 32,
    };
    return {
      label,
      spki: this.#spki(publicKey),
      sign: (bytes) => this.#sign(privateKey, own.CKM_SHA256_RSA_PKCS, null, bytes),
      signDigestPss: (digest) => this.#sign(privateKey, own.CKM_RSA_PKCS_PSS, pss, digest),
    };
  }

  #sign(key: Handle, mechanism: number, parameter: unknown, bytes: Uint8Array): Uint8Array {
    this.#module.C_SignInit(this.#session, { mechanism, parameter: parameter as never }, key);
    return this.#module.C_Sign(this.#session, Buffer.from(bytes), Buffer.alloc(1024));
  }

  #find(template: { type: number; value: number }[], label: string): Handle[] {
    this.#module.C_FindObjectsInit(this.#session, [
      ...template,
      { type: this.#library.CKA_LABEL, value: label },
    ]);
    const found = this.#module.C_FindObjects(this.#session, 10);
    this.#module.C_FindObjectsFinal(this.#session);
    return found;
  }

  #spki(publicKey: Handle): Buffer {
    const { CKA_MODULUS, CKA_PUBLIC_EXPONENT } = this.#library;
    const [modulus, exponent] = this.#module.C_GetAttributeValue(this.#session, publicKey, [
      { type: CKA_MODULUS },
      { type: CKA_PUBLIC_EXPONENT },
    ]);
    const key = sequence(integer(modulus!.value as Buffer), integer(exponent!.value as Buffer));
    const algorithm = sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue());
    const der = Buffer.from(sequence(algorithm, bitString(key)));
    return createPublicKey({ key: der, type: 'spki', format: 'der' }).export({ type: 'spki', format: 'der' });
  }
}
