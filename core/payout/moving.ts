// Which move of a payout is due, and what is told of it? Values only: the use cases read, the store writes.

import { Refusal } from '../errors.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import { newOutboxEntry, type OutboxEntry } from '../outbox.ts';
import type { PayoutAnswer } from './forward.ts';
import { isTold, mayFollow, type Payout, type PayoutResponse, type PayoutState } from './payout.ts';

export interface Making {
  /** Of the evidence record. */
  readonly evidenceId: string;
  /** Of the outbox entry. */
  readonly entryId: string;
  readonly responseId: string;
  readonly by: string;
  readonly now: Date;
}

/** The published status for what a rule of ours refuses after the message was taken. */
export function refusedResponse(refusal: Refusal, { responseId, now }: Making): PayoutResponse {
  return { id: responseId, status: 'invalid', message: `${refusal.code}: ${refusal.message}`, at: now };
}

/** @param to what is told of it from now on, where something is: audits hold the item against it (S23) */
export function payoutEvidence(
  payout: Pick<
    Payout,
    'participant' | 'transactionId' | 'networkTransactionId' | 'messageId' | 'payoutOperator'
  > &
    Partial<Pick<Payout, 'state'>>,
  kind: string,
  making: Making,
  facts: EvidenceRecord['facts'] = {},
  to?: PayoutState,
): EvidenceRecord {
  const { participant, transactionId, networkTransactionId, messageId, state } = payout;
  const item = `TX#${participant}#${transactionId}|PAYOUT`;
  return {
    id: making.evidenceId,
    scope: participant,
    kind,
    at: making.now,
    actor: { kind: 'node', function: making.by },
    subjects: { messageId, transactionId, networkTransactionId },
    facts: { payoutOperator: payout.payoutOperator, ...facts },
    ...(to && { states: [{ item, version: toldVersion(state), holds: { state: to } }] }),
  };
}

/** Of the item once it is told of, and once more where money moved after all. */
export const toldVersion = (from: PayoutState | undefined) => (from && isTold(from) ? 2 : 1);

/** At the network: the participant's webhook. At the payout operator: the network that forwarded. */
export function tell(
  kind: 'payout.respond' | 'payout.answer',
  payout: Payout,
  receiver: string,
  { entryId, now }: Making,
): OutboxEntry {
  const { participant, transactionId } = payout;
  const refs = { participant, transactionId, receiver };
  return newOutboxEntry({ id: entryId, queue: 'deliver', kind, refs, receiver, now });
}

/** At the payout operator: to have it executed, or its core asked what became of it. */
export function toExecute(
  id: string,
  { participant, transactionId }: Pick<Payout, 'participant' | 'transactionId'>,
  now: Date,
  notBefore = now,
): OutboxEntry {
  const refs = { participant, transactionId };
  return newOutboxEntry({ id, queue: 'payment', kind: 'payout.execute', refs, now, notBefore });
}

export type AnswerEffect = 'SETTLE' | 'KNOWN' | 'OK_AFTER_ERROR';

/**
 * What an answer does to the payout that it is about (S6, S7).
 * @param from the payout operator that signed it
 * @throws Refusal PAYOUT_ANSWER_UNEXPECTED
 */
export function answerEffect(payout: Payout | undefined, answer: PayoutAnswer, from: string): AnswerEffect {
  if (!payout || !isAbout(payout, answer, from)) throw new Refusal('PAYOUT_ANSWER_UNEXPECTED');
  if (payout.state === answer.status) return 'KNOWN';
  if (!mayFollow(payout.state, answer.status))
    throw new Refusal('PAYOUT_ANSWER_UNEXPECTED', { expected: payout.state, found: answer.status });
  return payout.state === 'error' ? 'OK_AFTER_ERROR' : 'SETTLE';
}

const isAbout = (payout: Payout, { networkTransactionId }: PayoutAnswer, from: string) =>
  payout.payoutOperator === from && payout.networkTransactionId === networkTransactionId;

/** Whoever said that money moved, people perhaps: who executes it says that none did. */
export const deniesPayment = (payout: Payout | undefined, answer: PayoutAnswer, from: string) =>
  payout?.state === 'ok' && answer.status === 'error' && isAbout(payout, answer, from);
