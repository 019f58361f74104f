// How do payouts look on the published wire (docs/payout.md) and in openapi.yaml? Every refusal of content is a 400
// with one entry of errors[] for each thing that is wrong; published clients read nothing else.

import type { Json } from '../../core/canonical-json.ts';
import type { OriginalMessage } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import type { Envelope, JsonObject } from '../../core/message/envelope.ts';
import { writeAmount } from '../../core/payout/amount.ts';
import { about, refuseAll } from '../../core/payout/message.ts';
import { type Payout, publishedState } from '../../core/payout/payout.ts';
import type { Payout as PayoutAnswer, PayoutDetail } from './generated/types.ts';
import { problemOf } from './problem.ts';
import type { Answer } from './response.ts';
import { requireShape, type Validator } from './validate.ts';

/** Not the content's fault: wrong credentials, and what passes by itself. */
const statuses: Readonly<Record<string, number>> = {
  PARTICIPANT_UNKNOWN: 403,
  REVOCATION_SOURCE_FROZEN: 503,
  PROOF_BROKEN: 503,
  SEAL_BROKEN: 503,
  ANCHORS_MISSING: 503,
  PAYOUT_IN_PROGRESS: 503,
  PAYOUTS_FROZEN: 503,
};
/** Seconds: a reservation ends soon, a list of a PSC does not. */
const waits: Readonly<Record<string, number>> = {
  PAYOUT_IN_PROGRESS: 2,
  REVOCATION_SOURCE_FROZEN: 300,
  PAYOUTS_FROZEN: 600,
};

export function payoutsRefused(refusals: readonly [Refusal, ...Refusal[]], interactionId: string): Answer {
  const [first] = refusals;
  const wait = waits[first.code];
  const answer = problemOf(first, interactionId, {
    status: statuses[first.code] ?? 400,
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  });
  const errors = refusals.map(({ code, message }) => ({ error_code: code, error_message: message }));
  return { ...answer, body: { ...answer.body, errors } };
}

/**
 * Names every transaction that has not the documented shape. Loaded when it is first asked: a message as it is usually
 * spelled never is.
 * @throws PayoutsRefused, Refusal BODY_SCHEMA where it is the message itself
 */
export async function requirePayoutShape({ document }: Envelope): Promise<void> {
  const { validate } = await import('./generated/payout-message.js');
  const message = { document } as unknown as Json;
  if (validate(message)) return;
  const { header, transactions } = document;
  if (Array.isArray(transactions) && transactions.length > 0 && transactions.length <= 1000) {
    refuseAll(transactions.flatMap((one, place) => shapeOf(validate, header, one as Json, place)));
  }
  requireShape(validate, message);
}

function shapeOf(
  validate: Validator<unknown>,
  header: JsonObject[string],
  transaction: Json,
  place: number,
): readonly Refusal[] {
  try {
    requireShape(validate, { document: { header, transactions: [transaction] } } as unknown as Json);
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const id = (transaction as { transaction_id?: unknown } | null)?.transaction_id;
    return [about(error, typeof id === 'string' ? id.slice(0, 64) : `transactions.${place}`)];
  }
}

export function payoutAnswer(payout: Payout): PayoutAnswer {
  return {
    transaction_id: payout.transactionId,
    shinkansen_transaction_id: payout.networkTransactionId,
    message_id: payout.messageId,
    status: publishedState(payout.state),
    currency: payout.currency,
    amount: writeAmount(payout),
    payout_operator: payout.payoutOperator,
    created_at: payout.createdAt.toISOString(),
  };
}

/** With the payout operator's own signed words, once there are any. */
export function payoutDetail(payout: Payout, words: Required<OriginalMessage> | undefined): PayoutDetail {
  const { response } = payout;
  return {
    ...payoutAnswer(payout),
    ...(response && {
      response: {
        response_status: response.status,
        response_message: response.message,
        at: response.at.toISOString(),
      },
    }),
    ...(words && {
      operator_answer: { message: Buffer.from(words.bytes).toString('base64'), signature: words.signature },
    }),
  };
}
