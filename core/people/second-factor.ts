// How does a person prove, here and now, that it is them? One port; password + TOTP today, passkeys beside it when
// they come. Pages ask it and hold no key; it says nothing of what the proof is then used for.

import type { Proof } from './proof.ts';
import type { Statement } from './statement.ts';

/** What the person typed. Never logged, never stored. */
export interface PasswordAndTotp {
  readonly method: 'password+totp';
  readonly password: string;
  /** Six digits. */
  readonly totp: string;
}

export type FactorAttempt = PasswordAndTotp;

export interface SecondFactor {
  /**
   * @param source where the attempt came from (an address), for counting failures per account and source (S29)
   * @throws Refusal FACTOR_*, TRIES_EXHAUSTED, PERSON_*
   */
  prove<S extends Statement>(question: {
    readonly personId: string;
    readonly statement: S;
    readonly attempt: FactorAttempt;
    readonly source: string;
  }): Promise<Proof<S>>;
}
