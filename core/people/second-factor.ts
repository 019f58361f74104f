// How does a person prove, here and now, that it is them? One port; a passkey, or password + TOTP where the person has
// none. Pages ask it and hold no key; it says nothing of what the proof is then used for.

import type { Assertion, Attestation } from './passkey.ts';
import type { PasskeyRegistration } from './passkey-registration.ts';
import type { Proof } from './proof.ts';
import type { Statement } from './statement.ts';

/** What the person typed. Never logged, never stored. */
export interface PasswordAndTotp {
  readonly method: 'password+totp';
  readonly password: string;
  /** Six digits. */
  readonly totp: string;
}

/** What the browser's passkey answered; which question it answers stands in it. */
export interface PasskeyAnswer {
  readonly method: 'passkey';
  readonly assertion: Assertion;
}

export type FactorAttempt = PasswordAndTotp | PasskeyAnswer;

/** For `navigator.credentials.get`; base64url. It counts once and for 5 minutes. */
export interface PasskeyQuestion {
  /** SHA-256 of the RFC 8785 JSON of the statement. */
  readonly challenge: string;
  readonly rpId: string;
  /** Empty where the browser says who it is. */
  readonly credentialIds: readonly string[];
}

/** For `navigator.credentials.create`. */
export interface NewPasskeyQuestion extends PasskeyQuestion {
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
}

/** Asking and reading passkeys; the proof itself is `SecondFactor`. */
export interface PasskeyCeremonies {
  /** @throws Refusal PERSON_*, PASSKEY_UNKNOWN where the person has none */
  ask(question: { readonly personId?: string; readonly statement: Statement }): Promise<PasskeyQuestion>;
  /** `credentialIds` are those that the device must not hold already. */
  askNew(question: { readonly personId: string; readonly statement: Statement }): Promise<NewPasskeyQuestion>;
  /** @throws Refusal PASSKEY_* */
  register(answer: {
    readonly personId: string;
    readonly attestation: Attestation;
  }): Promise<PasskeyRegistration>;
}

export interface SecondFactor {
  /**
   * @param source where the attempt came from (an address), for counting failures per account and source (S29)
   * @throws Refusal FACTOR_*, PASSKEY_*, TRIES_EXHAUSTED, PERSON_*
   */
  prove<S extends Statement>(question: {
    readonly personId: string;
    readonly statement: S;
    readonly attempt: FactorAttempt;
    readonly source: string;
    /** Whom the same typed address may mean besides; still one attempt. The proof says who it was. */
    readonly or?: readonly { readonly personId: string; readonly statement: S }[];
  }): Promise<Proof<S>>;
}
