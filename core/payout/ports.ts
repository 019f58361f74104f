// What does a payout need from a store? Each method is exact under any concurrency: once per message and transaction,
// no counter above its limit, nothing left behind by a refusal.

import type { CertificateStatus } from '../enrolment/enrolment.ts';
import type { OriginalMessage } from '../enrolment/ports.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import type { Institution } from '../message/envelope.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { AdmittedPayouts, PayingParticipant } from './admission.ts';
import type { Debit } from './limits.ts';
import type { Payout } from './payout.ts';

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
  list(
    participant: string,
    page: {
      readonly limit: number;
      readonly cursor?: string;
      readonly state?: string;
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
