// What does a node know about one payout, and which states may follow which? The published states are pending, ok
// and error; `received` and `executing` are a payout operator's own, before the answer. Who moves it is elsewhere.

import type { Currency } from './amount.ts';

export type PayoutState = 'pending' | 'received' | 'executing' | 'ok' | 'error' | 'tombstone';

export interface Payout {
  readonly participant: string;
  readonly transactionId: string;
  /** The network's own, on the wire `shinkansen_transaction_id`: a UUIDv7. */
  readonly networkTransactionId: string;
  readonly messageId: string;
  /** Its place in the message. */
  readonly place: number;
  readonly payoutOperator: string;
  readonly currency: Currency;
  readonly amountMinor: bigint;
  readonly state: PayoutState;
  readonly createdAt: Date;
  /** What the counters were debited, to be released once and on the same day. */
  readonly day: string;
  readonly response?: PayoutResponse;
  /** At the payout operator: the network that forwarded it, and until when it may be started. */
  readonly network?: string;
  readonly notAfter?: Date;
}

/** Of the payout operator, as the participant hears it. */
export interface PayoutResponse {
  readonly id: string;
  readonly status: string;
  readonly message: string | null;
  readonly at: Date;
}

/**
 * `pending` is the network's; the payout operator's begins with `received`, and nothing leaves `executing` but by its
 * core's own word, or two people's where it has none.
 */
const payoutTransitions: Readonly<Record<PayoutState, readonly PayoutState[]>> = {
  pending: ['ok', 'error'],
  /** `ok` by two people alone: its core had paid it before the table was restored, and cannot be asked. */
  received: ['executing', 'ok', 'error'],
  executing: ['ok', 'error'],
  ok: [],
  /** Money did move after all: recorded, alarmed and told by event (S6). */
  error: ['ok'],
  /** A table that was restored had forgotten it, and the core had not. */
  tombstone: ['ok'],
};

/** Told to somebody, with a record of its own. */
export const isTold = (state: PayoutState) => state === 'ok' || state === 'error' || state === 'tombstone';

export const mayFollow = (from: PayoutState, to: PayoutState) => payoutTransitions[from].includes(to);

/** As the participant reads it. A tombstone was told as an error: it will never be paid. */
export function publishedState(state: PayoutState): 'pending' | 'ok' | 'error' {
  if (state === 'tombstone') return 'error';
  return state === 'ok' || state === 'error' ? state : 'pending';
}

export const statesPublishedAs = (status: string) =>
  (Object.keys(payoutTransitions) as PayoutState[]).filter((state) => publishedState(state) === status);
