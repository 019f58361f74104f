// What does enrolment need from a store? Each method is one transaction: the change, its evidence and what has to
// be sent because of it stand or fall together.

import type { CertificateState, NetworkStatus } from '../certificate/lifecycle.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { Watch } from '../sweep/watch.ts';
import type { CertificateStatus, EndingCode, Enrolment, OperatorAnswer, Step } from './enrolment.ts';

/** The participant's message, kept byte for byte: it is forwarded and it is evidence. */
export interface OriginalMessage {
  readonly bytes: Uint8Array;
  /** Detached JWS header value; absent where only an API key vouched for it. */
  readonly signature?: string;
}

/** At a payout operator: with what the network signed around it. */
export interface ForwardedMessage extends OriginalMessage {
  readonly envelope?: SignedEnvelope;
}

export interface SignedEnvelope {
  readonly bytes: Uint8Array;
  /** Detached JWS header value. */
  readonly signature: string;
}

export interface WithTrace {
  readonly evidence: readonly EvidenceRecord[];
  readonly outbox: readonly OutboxEntry[];
}

export interface NewEnrolment extends WithTrace {
  readonly enrolment: Enrolment;
  readonly message: ForwardedMessage;
  /** Leaf first, anchor excluded; absent where the path did not hold. */
  readonly path?: readonly Uint8Array[];
  /** Of that path. */
  readonly watch?: Watch;
}

export type RecordOutcome =
  | { readonly outcome: 'RECORDED' }
  /** It was ended before it arrived. */
  | { readonly outcome: 'FORESTALLED' }
  /** The same message was recorded before; `sameBytes` tells a retry from a re-used id. */
  | { readonly outcome: 'KNOWN_MESSAGE'; readonly enrolmentId: string; readonly sameBytes: boolean }
  /** This participant already has this certificate waiting or active. */
  | { readonly outcome: 'PENDING_ALREADY'; readonly enrolmentId: string };

export interface Move extends WithTrace {
  readonly from: Enrolment;
  readonly to: CertificateState;
  readonly code?: EndingCode;
  readonly retryable?: boolean;
  readonly steps: readonly Step[];
  /** That asked for it: kept with the change, so that it counts once. */
  readonly message?: Required<OriginalMessage> & { readonly sender: string; readonly messageId: string };
}

export interface Activation extends WithTrace {
  readonly from: Enrolment;
  readonly status: CertificateStatus;
  readonly steps: readonly Step[];
  /** SHA-256 (base64url) of the proofs that allow it; they stand under the seal. */
  readonly proofs: readonly string[];
}

export type ActivationOutcome = 'ACTIVATED' | 'ALREADY_ACTIVE' | 'KEY_OF_ANOTHER' | 'STALE';

/** One operator's answer with the signed message that carried it, so that it can be verified again (S22). */
export interface OperatorRow extends OperatorAnswer {
  readonly message?: OriginalMessage;
}

export interface EnrolmentStore {
  find(id: string): Promise<Enrolment | undefined>;
  /** The participant's own message, byte for byte. */
  messageOf(enrolment: Pick<Enrolment, 'participant' | 'messageId'>): Promise<ForwardedMessage | undefined>;
  /** The message of this sender and id, as first recorded: what it was about, and SHA-256 (hex) of its bytes. */
  knownMessage(
    sender: string,
    messageId: string,
  ): Promise<{ readonly subject: string; readonly digest: string } | undefined>;
  /** Leaf first, anchor excluded. */
  chainOf(thumbprint: Thumbprint): Promise<readonly Uint8Array[] | undefined>;
  rows(id: string): Promise<readonly OperatorRow[]>;
  /** Enrolments of one participant, newest first. */
  list(
    participant: string,
    page: { limit: number; cursor?: string },
  ): Promise<{ readonly items: readonly Enrolment[]; readonly cursor?: string }>;
  /** All of this certificate by this participant that were recorded seconds ago or earlier, ended ones included. */
  ofCertificate(participant: string, thumbprint: Thumbprint): Promise<readonly Enrolment[]>;
  record(fresh: NewEnrolment): Promise<RecordOutcome>;
  /** @returns the enrolment as written, or undefined when somebody else wrote it meanwhile: read and decide again */
  move(move: Move): Promise<Enrolment | undefined>;
  /** Adds steps, and what was seen, without a change of state. */
  note(
    from: Enrolment,
    steps: readonly Step[],
    trace: WithTrace,
    seen?: Pick<Enrolment, 'unheard'>,
  ): Promise<Enrolment | undefined>;
  activate(activation: Activation): Promise<ActivationOutcome>;
  /** Adds accepting operators to an active certificate, sealed anew. */
  widen(activation: Activation): Promise<boolean>;
  /** FINAL: the operator's last word was said before, or a `pending` again. */
  putRow(row: OperatorRow, trace: WithTrace): Promise<'WRITTEN' | 'FINAL'>;
  /**
   * An enrolment that is over before it arrived: `record` answers FORESTALLED to it, if `from` is who brings it.
   * ARRIVED: it came meanwhile, nothing was kept; read and end it.
   */
  forestall(enrolmentId: string, from: string): Promise<'KEPT' | 'ARRIVED'>;
  /** Entries that no change of state brings along. */
  enqueue(entries: readonly OutboxEntry[]): Promise<void>;
}

/** The status items of certificates, read for every request. */
export interface StatusStore {
  /** With its seal checked; @throws Refusal SEAL_BROKEN */
  status(thumbprint: Thumbprint): Promise<CertificateStatus | undefined>;
  /** Active certificates of one participant. */
  activeOf(participant: string): Promise<readonly CertificateStatus[]>;
  listOf(participant: string): Promise<readonly CertificateStatus[]>;
  /**
   * Newest first; a page may hold fewer than its limit where states were left out.
   * @throws Refusal CURSOR_MALFORMED, SEAL_BROKEN
   */
  page(
    participant: string,
    page: { readonly limit: number; readonly cursor?: string; readonly networkStatus?: NetworkStatus },
  ): Promise<{ readonly items: readonly CertificateStatus[]; readonly cursor?: string }>;
}
