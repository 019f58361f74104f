// What does disabling need from a store? One transaction: the ends, the message that asked for them, the record that
// deliveries and mails read, evidence and outbox.

import type { CertificateState } from '../certificate/lifecycle.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { EndingCode, Step } from '../enrolment/enrolment.ts';
import type { OriginalMessage, WithTrace } from '../enrolment/ports.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { SuspendingOffice, Suspension } from '../suspension/suspension.ts';
import type { DisableWarning, Holding } from './plan.ts';
import type { DisableCause } from './request.ts';

/**
 * Who or what ended them: a participant's message, another node's, the PSC, the clock, the end of the holder's power, an
 * act of node operators, a person of the participant on the page of suspension, a suspension that was confirmed.
 */
export type DisableOrigin =
  | 'signature'
  | 'apiKey'
  | 'network'
  | 'psc'
  | 'rotation'
  | 'clock'
  | 'power'
  | 'nodeOperators'
  | 'person'
  | 'suspension';

/** What one disable did; deliveries, mails and repeated requests read it. */
export interface DisableRecord {
  readonly id: string;
  readonly participant: string;
  readonly origin: DisableOrigin;
  readonly cause: DisableCause;
  readonly reason: string;
  readonly at: Date;
  /** Thumbprints that became `disabled`. */
  readonly disabled: readonly Thumbprint[];
  /** Enrolments that were pending and ended. */
  readonly withdrawn: readonly string[];
  /** Enrolments of both: what other nodes know them by. */
  readonly enrolmentIds: readonly string[];
  readonly suspended: boolean;
  /** Whose word suspended, where it was a person of the participant's: the other office has the second. */
  readonly suspendedBy?: SuspendingOffice;
  readonly warnings: readonly DisableWarning[];
  /** Where it took several transactions: what all of them did. */
  readonly total?: { readonly disabled: readonly Thumbprint[]; readonly withdrawn: readonly string[] };
  /** Id of the participant's message; absent where the node, or another one, decided. */
  readonly messageId?: string;
}

export interface HoldingEnd {
  readonly holding: Holding;
  readonly to: CertificateState;
  readonly code: EndingCode;
  readonly step: Step;
}

export interface DisableChange extends WithTrace {
  readonly record: DisableRecord;
  readonly ends: readonly HoldingEnd[];
  /** Put with the change, so that it counts once; its subject is the record. */
  readonly message?: OriginalMessage & { readonly sender: string; readonly messageId: string };
  readonly mustStayActive?: Thumbprint;
  readonly suspension?: Suspension;
}

export interface DisableStore {
  /** Consistent: what became active or pending before the call is in it. */
  holdings(participant: string): Promise<readonly Holding[]>;
  find(id: string): Promise<DisableRecord | undefined>;
  suspended(participant: string): Promise<boolean>;
  /** MOVED: something in it changed meanwhile, read and plan again. KNOWN: the message, or the record, was there. */
  commit(change: DisableChange): Promise<'DONE' | 'MOVED' | 'KNOWN'>;
  /**
   * @param about a thumbprint, or another name of what ends
   * @returns false where this step of the ladder was said before
   */
  remindOnce(about: string, days: number, told: readonly OutboxEntry[]): Promise<boolean>;
}

/** A payout operator that was given up over a disable. */
export interface Undelivered {
  readonly disableId: string;
  readonly operator: string;
  readonly dueAt: Date;
}

/** Payout operators that were given up over a disable, until they have answered. */
export interface UndeliveredDisables {
  /** Every attempt has failed: due to be told again from now on. The evidence is written once. */
  note(disableId: string, operator: string, evidence: EvidenceRecord): Promise<void>;
  /** It has answered: where it had been given up, that is over, and the evidence says so. */
  end(disableId: string, operator: string, evidence: EvidenceRecord): Promise<void>;
  /** Who has waited longest first. */
  due(now: Date): Promise<readonly Undelivered[]>;
  /**
   * Starts the telling of these, of one disable, once more.
   * @param lostAt when they are due again, should that telling end without a word
   * @returns false where one of them moved meanwhile
   */
  tellAgain(those: readonly Undelivered[], start: OutboxEntry, lostAt: Date): Promise<boolean>;
}
