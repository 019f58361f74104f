// What does a payout operator ask of its bank's core? Whose an account is (S1), which account a creditor's words mean
// (S8), to pay once per key, and what became of a key. An outcome that is not known is never guessed: whoever called asks
// again by the key.

import type { Currency, Money } from './amount.ts';
import type { Payout } from './payout.ts';

export type ExecutorOutcome =
  | { readonly outcome: 'OK'; readonly reference: string }
  /** The core's own definite no: money did not move. */
  | { readonly outcome: 'ERROR'; readonly status: string; readonly message: string }
  /** Accepted and not finished, or no answer at all. */
  | { readonly outcome: 'UNKNOWN' };

/**
 * The idempotency key, `FINTECH_CL~26cdd1a5-...`: the ids that the participant signed, once for ever. The network's own id
 * would let it pass one payment for two payouts, and changes where it forgot a payout and takes it again. At most 129 of
 * A-Z a-z 0-9 . _ : - and one ~, which no id holds.
 */
export const paymentKey = ({ participant, transactionId }: Pick<Payout, 'participant' | 'transactionId'>) =>
  `${participant}~${transactionId}`;

export interface PaymentOrder {
  /** {@link paymentKey} */
  readonly key: string;
  readonly money: Money;
  readonly debtorAccount: string;
  /** The creditor as the participant wrote it, and the description. */
  readonly creditor: object;
  readonly description: string;
}

export interface Executor {
  /** The core does nothing twice under one key: only then may an order be sent again. */
  readonly idempotent: boolean;
  /** Tax id of the holder as the core names it; undefined where there is no such account. @throws Transient */
  holderOf(account: string): Promise<string | undefined>;
  /**
   * The core's own name of the creditor's account, one however it is written: an alias, an old number, a branch in front.
   * Undefined where the core has no name for it but the participant's words. @throws Transient
   */
  creditorAccount(creditor: object, currency: Currency): Promise<string | undefined>;
  /** Never throws for an answer that got lost: that is UNKNOWN. */
  pay(order: PaymentOrder): Promise<ExecutorOutcome>;
  /** @throws Transient where the core cannot be asked */
  find(key: string): Promise<ExecutorOutcome | { readonly outcome: 'NEVER_SEEN' }>;
}

/** Tax ids are compared by their letters and digits. */
export function sameTaxId(one: string, other: string): boolean {
  const plain = (text: string) =>
    text
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, '')
      .replace(/^0+/, '');
  return plain(one) !== '' && plain(one) === plain(other);
}
