// How does a payout travel from the network to a payout operator, and the answer back? `payout.forward`: the
// participant's own bytes and signature, untouched, and what this operator is to execute until when. `payout.answer`:
// the operator's word on one payout. `payout.inquire`, asked once nothing may start any more, says what the forward said.
// All stand in envelopes that their senders sign.

import type { OriginalMessage } from '../enrolment/ports.ts';
import { Refusal } from '../errors.ts';
import { type JsonObject, readTime } from '../message/envelope.ts';

export interface ForwardedTransaction {
  readonly transactionId: string;
  readonly networkTransactionId: string;
}

/** Also what `payout.inquire` asks after. */
export interface PayoutForward {
  readonly original: Required<OriginalMessage>;
  readonly payoutOperator: string;
  readonly transactions: readonly ForwardedTransaction[];
  /** Nothing is started after it. */
  readonly notAfter: Date;
}

export interface PayoutAnswer extends ForwardedTransaction {
  readonly participant: string;
  readonly status: 'ok' | 'error';
  /** On the wire to the participant `response_status` and `response_message`. */
  readonly responseStatus: string;
  readonly responseMessage: string | null;
}

export function payoutForwardParameters(forward: PayoutForward): JsonObject {
  return {
    message: Buffer.from(forward.original.bytes).toString('base64'),
    signature: forward.original.signature,
    payout_operator: forward.payoutOperator,
    transactions: forward.transactions.map(idsOnWire),
    not_after: forward.notAfter.toISOString(),
  };
}

export function payoutAnswerParameters(answer: PayoutAnswer): JsonObject {
  return {
    participant: answer.participant,
    ...idsOnWire(answer),
    status: answer.status,
    response_status: answer.responseStatus,
    response_message: answer.responseMessage,
  };
}

const idsOnWire = ({ transactionId, networkTransactionId }: ForwardedTransaction) => ({
  transaction_id: transactionId,
  shinkansen_transaction_id: networkTransactionId,
});

/** @throws Refusal PAYOUT_FORWARD_MALFORMED, ENVELOPE_MALFORMED */
export function readPayoutForward(parameters: JsonObject): PayoutForward {
  const { message, signature, payout_operator, transactions, not_after } = parameters;
  const bytes = typeof message === 'string' ? Buffer.from(message, 'base64') : undefined;
  if (!bytes || bytes.length === 0 || bytes.toString('base64') !== message) throw malformed('message');
  return {
    original: { bytes, signature: textIn(signature, 'signature', 8_000) },
    payoutOperator: textIn(payout_operator, 'payout_operator'),
    transactions: readTransactions(transactions),
    notAfter: readTime(textIn(not_after, 'not_after'), 'not_after'),
  };
}

/** @throws Refusal PAYOUT_FORWARD_MALFORMED */
export function readPayoutAnswer(parameters: JsonObject): PayoutAnswer {
  const { participant, status, response_status, response_message } = parameters;
  if (status !== 'ok' && status !== 'error') throw malformed('status');
  // Published clients ask the second word alone whether money moved.
  if ((status === 'ok') !== (response_status === 'ok')) throw malformed('response_status');
  return {
    participant: textIn(participant, 'participant'),
    ...readIds(parameters),
    status,
    responseStatus: textIn(response_status, 'response_status'),
    responseMessage: messageIn(response_message),
  };
}

function readTransactions(transactions: unknown): readonly ForwardedTransaction[] {
  if (!Array.isArray(transactions) || transactions.length < 1 || transactions.length > 1000)
    throw malformed('transactions');
  const read = (transactions as readonly JsonObject[]).map((one) => readIds(one));
  if (new Set(read.map(({ transactionId }) => transactionId)).size < read.length)
    throw malformed('transactions');
  return read;
}

function readIds(one: JsonObject): ForwardedTransaction {
  return {
    transactionId: idIn(one, 'transaction_id'),
    networkTransactionId: idIn(one, 'shinkansen_transaction_id'),
  };
}

function idIn(one: JsonObject, parameter: string): string {
  const id = textIn(one?.[parameter], parameter);
  if (/^[A-Za-z0-9._:-]+$/.test(id)) return id;
  throw malformed(parameter);
}

/** A core's own words, cut short on their way perhaps: half a letter is no reason to refuse what they say of money. */
function messageIn(value: unknown): string | null {
  if (value === null) return null;
  return textIn(typeof value === 'string' ? value.toWellFormed() : value, 'response_message', 2_000);
}

function textIn(value: unknown, parameter: string, longest = 64): string {
  if (typeof value === 'string' && value.length <= longest && value.isWellFormed()) return value;
  throw malformed(parameter);
}

const malformed = (parameter: string) => new Refusal('PAYOUT_FORWARD_MALFORMED', { parameter });
