// How does the control plane speak to the HSM? One module, one session, one login, for as long as the process lives.
// It never retries a PIN: a few wrong ones lock the token. TLS itself reaches the HSM by OpenSSL, not by this.

import { type Handle, PKCS11 } from 'pkcs11js';
import * as ck from './constants.ts';

export interface HsmChoice {
  /** Path of the PKCS #11 module: /opt/cloudhsm/lib/libcloudhsm_pkcs11.so, /usr/lib/softhsm/libsofthsm2.so. */
  readonly module: string;
  /** Label of the token; needed where the module shows several. */
  readonly token?: string;
  /** CloudHSM: `<user>:<password>`. */
  readonly pin: string;
}

export interface Attribute {
  readonly type: number;
  readonly value: number | boolean | string | Buffer;
}

export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: unknown;
}

/** The HSM refuses, or is not there: the message says which, never the PIN. */
export class HsmError extends Error {
  /** The token refused the PIN: trying again would lock it. */
  readonly pinRefused: boolean;

  constructor(message: string, options: ErrorOptions & { readonly pinRefused?: boolean } = {}) {
    super(message, options);
    this.name = 'HsmError';
    this.pinRefused = options.pinRefused ?? false;
  }
}

export class Hsm {
  readonly token: string;
  readonly #module: PKCS11;
  readonly #pin: string;
  #session: Handle;
  #pinRefused: HsmError | undefined;

  /** @throws HsmError, once: no retry lies in here */
  static open(choice: HsmChoice): Hsm {
    const module = new PKCS11();
    attempt(`the PKCS #11 module ${choice.module} does not load`, () => module.load(choice.module));
    try {
      attempt('the PKCS #11 module does not start', () => module.C_Initialize());
      const { session, label } = openSession(module, choice.token, choice.pin);
      return new Hsm(module, session, label, choice.pin);
    } catch (error) {
      module.close();
      throw error;
    }
  }

  private constructor(module: PKCS11, session: Handle, token: string, pin: string) {
    this.#module = module;
    this.#session = session;
    this.#pin = pin;
    this.token = token;
  }

  /**
   * A new session after the old one was lost; handles of keys are to be found again. A PIN that was refused once is
   * never tried again by this process. @throws HsmError
   */
  reopen(): void {
    if (this.#pinRefused) throw this.#pinRefused;
    const lost = this.#session;
    try {
      this.#session = openSession(this.#module, this.token, this.#pin).session;
      // Last: with the only session the login would end too. One that is gone cannot be closed.
      attempt('the old session does not close', () => this.#module.C_CloseSession(lost));
    } catch (error) {
      if (this.#session !== lost) return;
      if (error instanceof HsmError && error.pinRefused) this.#pinRefused = error;
      throw error;
    }
  }

  find(template: readonly Attribute[]): Handle[] {
    return attempt('the HSM does not search', () => {
      this.#module.C_FindObjectsInit(this.#session, [...template]);
      try {
        return this.#module.C_FindObjects(this.#session, 16);
      } finally {
        this.#module.C_FindObjectsFinal(this.#session);
      }
    });
  }

  /** Values as the token holds them. @throws HsmError also where the token will not tell */
  read(object: Handle, types: readonly number[]): Buffer[] {
    return attempt('the HSM does not tell an attribute', () =>
      this.#module
        .C_GetAttributeValue(
          this.#session,
          object,
          types.map((type) => ({ type })),
        )
        .map(({ value }) => Buffer.from(value as Buffer)),
    );
  }

  sign(key: Handle, mechanism: Mechanism, bytes: Uint8Array): Buffer {
    return attempt('the HSM does not sign', () => {
      this.#module.C_SignInit(this.#session, mechanism as never, key);
      return this.#module.C_Sign(this.#session, Buffer.from(bytes), Buffer.alloc(1024));
    });
  }

  generatePair(
    mechanism: Mechanism,
    publicKey: readonly Attribute[],
    privateKey: readonly Attribute[],
  ): void {
    attempt('the HSM makes no key', () =>
      this.#module.C_GenerateKeyPair(this.#session, mechanism as never, [...publicKey], [...privateKey]),
    );
  }

  /** Ceremonies alone: a key that was wrapped for `key` comes in, with the attributes of `template`. */
  unwrap(mechanism: Mechanism, key: Handle, wrapped: Uint8Array, template: readonly Attribute[]): Handle {
    return attempt('the HSM does not unwrap', () =>
      this.#module.C_UnwrapKey(this.#session, mechanism as never, key, Buffer.from(wrapped), [...template]),
    );
  }

  create(template: readonly Attribute[]): Handle {
    return attempt('the HSM takes no object', () =>
      this.#module.C_CreateObject(this.#session, [...template]),
    );
  }

  destroy(object: Handle): void {
    attempt('the HSM does not destroy an object', () => this.#module.C_DestroyObject(this.#session, object));
  }

  /**
   * Ends the module for this whole process. Only for commands that end after it: a serving process keeps its session,
   * for C_Finalize takes everybody's.
   */
  end(): void {
    this.#module.C_Finalize();
    this.#module.close();
  }
}

function openSession(
  module: PKCS11,
  token: string | undefined,
  pin: string,
): { session: Handle; label: string } {
  const { slot, label } = findToken(module, token);
  // CloudHSM's SDK 5 has no read-only sessions.
  const session = attempt('the token opens no session', () =>
    module.C_OpenSession(slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION),
  );
  logIn(module, session, pin, label);
  return { session, label };
}

function logIn(module: PKCS11, session: Handle, pin: string, label: string): void {
  try {
    module.C_Login(session, ck.CKU_USER, pin);
  } catch (error) {
    const { message } = error as Error;
    if (/ALREADY_LOGGED_IN/.test(message)) return;
    const pinRefused = /PIN/.test(message);
    const what = pinRefused ? 'refused the PIN; it is not tried again' : 'does not let us in';
    throw new HsmError(`the token "${label}" ${what}: ${message}`, { cause: error, pinRefused });
  }
}

function findToken(module: PKCS11, wanted: string | undefined): { slot: Handle; label: string } {
  const tokens = attempt('the HSM does not answer', () =>
    // Labels are padded with blanks to 32 characters (PKCS #11 §3.2).
    module.C_GetSlotList(true).map((slot) => ({ slot, label: module.C_GetTokenInfo(slot).label.trim() })),
  );
  const [found, ...others] = tokens.filter(({ label }) => wanted === undefined || label === wanted);
  if (!found || others.length > 0) {
    const names = tokens.map(({ label }) => `"${label}"`).join(', ') || 'none';
    throw new HsmError(`expected one token ${wanted === undefined ? '' : `"${wanted}"`}, found ${names}`);
  }
  return found;
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof HsmError) throw error;
    throw new HsmError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
