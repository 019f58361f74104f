// What does a node know about one enrolment of one certificate by one participant? The record, its sixteen
// numbered steps (docs/enrolment.md) and the codes it can end with. What grants anything is the certificate's
// sealed status item, never this record.

import type { NetworkStatus, Validity } from '../certificate/lifecycle.ts';
import type { Unheard } from '../certificate/revocation/answer.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { RefusalCode } from '../errors.ts';

export type NodeRole = 'network' | 'payoutOperator';
export type CertificateUse = 'signing' | 'transport';

/** Why an enrolment ended `rejected`: what a person, a clock or another node said, or a refusal of the rules. */
export const endings = {
  OFFICER_REJECTED: 'The security officer rejected the certificate.',
  APODERADO_REJECTED: 'The apoderado rejected the certificate.',
  WRONG_CODE: 'The confirmation code was wrong three times.',
  NODE_OPERATOR_REJECTED: 'A node operator rejected the certificate.',
  NO_ANSWER: 'Nobody answered the request for confirmation in time.',
  OPERATORS_REJECTED: 'No payout operator of the participant accepted the certificate.',
  OPERATORS_SILENT: 'No payout operator of the participant answered in time.',
  WITHDRAWN: 'The participant withdrew the certificate.',
  SUPERSEDED: 'Another pending certificate of the participant was confirmed instead.',
  SUSPENDED: 'The participant is suspended.',
  REVOKED_WHILE_PENDING: 'The PSC revoked the certificate before it was confirmed.',
  EXPIRED_WHILE_PENDING: 'The certificate expired before it was confirmed.',
  DISABLED_ELSEWHERE: 'The network ended it, before or after it arrived at the payout operator.',
  DISABLED: 'The participant disabled the certificate.',
  ROTATED: 'Another certificate took its place, and the overlap is over.',
  ANCHOR_REMOVED: 'The node operators took the anchor of this certificate out of trust.',
  NO_PAYOUT_OPERATOR: 'The participant has no payout operator that could accept the certificate.',
} as const;
export type EndingCode = keyof typeof endings | RefusalCode;

/** Step numbers of. */
export type StepNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16;

export interface Step {
  readonly number: StepNumber;
  /** Upper-case outcome: `DONE`, `GOOD`, `CONFIRMED`, `REJECTED`, `NO_ANSWER`, a code ... */
  readonly outcome: string;
  readonly at: Date;
  /** Who: a personId, an API key's id, a payout operator's fin_id, or the node itself. */
  readonly by?: string;
}

export interface Enrolment {
  readonly id: string;
  readonly role: NodeRole;
  /** fin_id of the participant whose certificate it is. */
  readonly participant: string;
  /** fin_id of the node that forwarded it; at the network's own door: the participant. */
  readonly receivedFrom: string;
  readonly thumbprint: Thumbprint;
  readonly keyThumbprint: string;
  readonly use: CertificateUse;
  /** Given by the participant: plain text, <= 200 characters, shown quoted and escaped, never in a mail. */
  readonly reason: string;
  readonly replaces?: Thumbprint;
  /** Of the participant's own message: with thumbprint and enrolment id it yields the 6-character code (S18). */
  readonly messageId: string;
  readonly creationDate: Date;
  /** Id of the API key that brought it; never the key. */
  readonly apiKeyId: string;
  /** The active certificate that signed the message, when one did. */
  readonly signedBy?: Thumbprint;
  /** The apoderado's record at this node (`signing`); the name and tax id stand in the certificate and with the person. */
  readonly holder?: string;
  readonly pscProfile?: string;
  /** Display name of the PSC: the profile's, else the issuer's organisation. */
  readonly pscName: string;
  readonly anchor?: Thumbprint;
  /** SHA-256 hex of the URLs of the path's revocation sources; empty where the path did not hold. */
  readonly sources: readonly string[];
  /** Hex, as printed by PSCs. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly networkStatus: NetworkStatus;
  readonly validity: Validity;
  readonly code?: EndingCode;
  readonly retryable?: boolean;
  /** While its PSC is asked in vain, and when it ended for that: whom, and why not. */
  readonly unheard?: readonly Unheard[];
  readonly steps: readonly Step[];
  readonly createdAt: Date;
  /** Grows by one with every write; the condition of the next. */
  readonly version: number;
}

export type OperatorStatus = 'waiting' | 'pending' | 'accepted' | 'rejected' | 'silent';

/** One payout operator's word on one enrolment (network node only). */
export interface OperatorAnswer {
  readonly enrolmentId: string;
  readonly operator: string;
  readonly status: OperatorStatus;
  readonly code?: string;
  readonly at: Date;
  /** The operator's signed message that said so, kept as evidence. */
  readonly messageId?: string;
  /** For people to read, none decides anything: when we asked, when it had it, when its apoderado confirmed. */
  readonly askedAt?: Date;
  readonly pendingAt?: Date;
  readonly confirmedAt?: Date;
}

/** What an earlier word of the same operator leaves behind for the next one to carry. */
export function timesOf(row: OperatorAnswer | undefined): Pick<OperatorAnswer, 'askedAt' | 'pendingAt'> {
  const askedAt = row?.askedAt ?? (row?.status === 'waiting' ? row.at : undefined);
  const pendingAt = row?.pendingAt ?? (row?.status === 'pending' ? row.at : undefined);
  return { ...(askedAt && { askedAt }), ...(pendingAt && { pendingAt }) };
}

/** A certificate's status item: what a verifier reads, under 1 KB. Sealed while it grants (S22). */
export interface CertificateStatus {
  readonly thumbprint: Thumbprint;
  readonly keyThumbprint: string;
  readonly participant: string;
  readonly enrolmentId: string;
  readonly use: CertificateUse;
  readonly networkStatus: NetworkStatus;
  readonly validity: Validity;
  readonly code?: string;
  readonly notAfter: Date;
  readonly holder?: string;
  /** The end of the holder's power (S16); absent: without end. */
  readonly powerUntil?: Date;
  /** Payout operators that accepted it; a payout for another one is refused (S19). */
  readonly acceptingOperators: readonly string[];
  /** SHA-256 hex of the URLs of its path's revocation sources. */
  readonly sources: readonly string[];
  readonly anchor: Thumbprint;
  readonly pscProfile?: string;
  readonly activatedAt: Date;
  /** A node's successor certificate: from then on its node signs with it; absent: at once. */
  readonly signsFrom?: Date;
  readonly disabledAt?: Date;
}
