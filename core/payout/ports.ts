// What does a payout need from a store? Each method is exact under any concurrency: once per message and transaction,
// no counter above its limit, nothing left behind by a refusal.

import type { CertificateStatus } from '../enrolment/enrolment.ts';
import type { OriginalMessage, SignedEnvelope } from '../enrolment/ports.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import type { Institution } from '../message/envelope.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { AdmittedPayouts, PayingParticipant } from './admission.ts';
import type { Debit } from './limits.ts';
import type { Payout, PayoutResponse, PayoutState } from './payout.ts';

/** A message as it was recorded. */
export interface RecordedMessage {
  readonly digest: string;
  readonly state: 'reserving' | 'committed' | 'abandoned';
  readonly admittedAt: Date;
  readonly seed: Uint8Array;
}

export interface NewPayouts {
  readonly admitted: AdmittedPayouts;
  readonly messageId: string;
  readonly message: Required<OriginalMessage>;
  /** Hex SHA-256 of the bytes. */
  readonly digest: string;
  readonly admittedAt: Date;
  readonly seed: Uint8Array;
  readonly evidence: readonly EvidenceRecord[];
  readonly outbox: readonly OutboxEntry[];
}

export type RecordPayoutsOutcome =
  | { readonly outcome: 'RECORDED' }
  | { readonly outcome: 'KNOWN_MESSAGE'; readonly known: RecordedMessage | undefined }
  /** Places of transactions whose id was used before in another message. */
  | { readonly outcome: 'KNOWN_TRANSACTIONS'; readonly places: readonly number[] }
  | { readonly outcome: 'OVER_LIMIT'; readonly debits: readonly Debit[] };

export interface PayoutStore {
  record(payouts: NewPayouts): Promise<RecordPayoutsOutcome>;
  /** Undefined: no message of payouts. */
  known(sender: string, messageIds: readonly string[]): Promise<readonly (RecordedMessage | undefined)[]>;
}

export interface PayoutReader {
  find(participant: string, id: string): Promise<Payout | undefined>;
  answerOf(payout: Payout): Promise<Required<OriginalMessage> | undefined>;
  list(
    participant: string,
    page: {
      readonly limit: number;
      readonly cursor?: string;
      /** Any of these. */
      readonly states?: readonly PayoutState[];
      readonly from?: Date;
      readonly to?: Date;
      readonly messageId?: string;
    },
  ): Promise<{ readonly items: readonly Payout[]; readonly cursor?: string }>;
}

/** All that a node knows of a sender of payouts, read in one round trip for the very request. */
export interface SenderFacts {
  readonly status: CertificateStatus | undefined;
  readonly anchorVersion: number;
  readonly participant: (PayingParticipant & Institution & { readonly suspended: boolean }) | undefined;
}

/** A recorded message, byte for byte, with its place in time. */
export interface OriginalPayouts {
  readonly original: Required<OriginalMessage>;
  readonly admittedAt: Date;
}

/** One payout from one state to the next; everything beside it in the same transaction, or none of it. */
export interface PayoutMove {
  readonly from: Payout;
  readonly to: PayoutState;
  readonly response?: PayoutResponse;
  /** To be debited now: at the operator with `executing`, at the network for an `ok` after `error`. */
  readonly debits?: readonly Debit[];
  /** Takes the debit back, from the counters and the day that were debited. */
  readonly release?: boolean;
  /** Debits again what was released, over the limit if need be: the money is gone (S6). */
  readonly redebit?: boolean;
  /** The signed words that moved it, kept for the participant. */
  readonly answer?: Required<OriginalMessage> & {
    /** Whose place it takes: its record may not be locked yet. */
    readonly earlier?: Required<OriginalMessage>;
  };
  readonly evidence: readonly EvidenceRecord[];
  readonly outbox: readonly OutboxEntry[];
}

export type PayoutMoveOutcome =
  | { readonly outcome: 'MOVED' }
  | { readonly outcome: 'STALE' }
  | { readonly outcome: 'OVER_LIMIT'; readonly debits: readonly Debit[] };

export interface ReceivedPayouts {
  readonly participant: string;
  readonly messageId: string;
  /** The network that brings it: what it was once refused is not taken from it any more. */
  readonly network: string;
  readonly original: Required<OriginalMessage>;
  /** What the network signed around it. */
  readonly envelope: SignedEnvelope;
  readonly receivedAt: Date;
  readonly payouts: readonly (Payout & { readonly entry: OutboxEntry })[];
  readonly evidence: readonly EvidenceRecord[];
}

export interface PayoutMoves {
  find(participant: string, transactionId: string): Promise<Payout | undefined>;
  /** Undefined where the message is not committed. */
  original(participant: string, messageId: string): Promise<OriginalPayouts | undefined>;
  answerOf(participant: string, transactionId: string): Promise<Required<OriginalMessage> | undefined>;
  move(move: PayoutMove): Promise<PayoutMoveOutcome>;
  /** At the payout operator: each payout once, under the participant of its own message (S3). */
  receive(received: ReceivedPayouts): Promise<'RECEIVED' | 'OTHER_MESSAGE'>;
  /** Puts a payout that was never seen as `tombstone`, with what is told of it (S6); false where one stands. */
  bury(
    tombstone: Payout,
    evidence: readonly EvidenceRecord[],
    outbox: readonly OutboxEntry[],
  ): Promise<boolean>;
  /**
   * Takes none of this id from this network any more; whoever orders under it through another one still can.
   * False where that stands.
   */
  refuseFrom(
    network: string,
    payout: Pick<Payout, 'participant' | 'transactionId' | 'networkTransactionId'>,
    evidence: readonly EvidenceRecord[],
    outbox: readonly OutboxEntry[],
  ): Promise<boolean>;
  /** The envelope of a forward that was taken, by the SHA-256 (base64url) of its bytes. */
  forwardOf(participant: string, messageId: string, sha256: string): Promise<SignedEnvelope | undefined>;
  /** What no change of state brings along. */
  enqueue(entry: OutboxEntry): Promise<void>;
}
