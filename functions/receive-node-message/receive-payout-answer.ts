// After step 13 of docs/payout.md at the network: a payout operator's signed word on one payout. It moves only a
// payout that was forwarded to this very operator and is not final (S7); an `ok` after `error` is money that moved
// against what was told, and rings (S6), as does an `error` after `ok`, which moves nothing.

import { createHash } from 'node:crypto';
import type { OriginalMessage } from '../../core/enrolment/ports.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import { readDetachedJws } from '../../core/message/jws.ts';
import type { PayoutAnswer } from '../../core/payout/forward.ts';
import { answerEffect, deniesPayment, type Making, payoutEvidence, tell } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { PayoutMoves } from '../../core/payout/ports.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ReceivePayoutAnswerPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly moves: PayoutMoves;
  /** It says otherwise than was told of money: people must know. */
  alarm(
    code: 'PAYOUT_OK_AFTER_ERROR' | 'PAYOUT_ERROR_AFTER_OK',
    about: { readonly transactionId: string; readonly payoutOperator: string },
  ): void;
}

export interface ReceivedPayoutAnswer {
  readonly answer: PayoutAnswer;
  /** fin_id of the node that signed it. */
  readonly payoutOperator: string;
  readonly message: Required<OriginalMessage>;
}

/** @throws Refusal PAYOUT_ANSWER_UNEXPECTED */
export async function receivePayoutAnswer(
  ports: ReceivePayoutAnswerPorts,
  { answer, payoutOperator, message }: ReceivedPayoutAnswer,
): Promise<void> {
  const payout = await ports.moves.find(answer.participant, answer.transactionId);
  const about = { transactionId: answer.transactionId, payoutOperator };
  if (deniesPayment(payout, answer, payoutOperator)) ports.alarm('PAYOUT_ERROR_AFTER_OK', about);
  const effect = answerEffect(payout, answer, payoutOperator);
  if (!payout) return;
  // Before the move: whoever takes up what a crash left finds it told already, and rings no more.
  if (effect === 'OK_AFTER_ERROR') ports.alarm('PAYOUT_OK_AFTER_ERROR', about);
  const earlier =
    effect === 'SETTLE' ? undefined : await ports.moves.answerOf(answer.participant, answer.transactionId);
  // Where two people said the same before, the operator's own signed word is kept beside theirs.
  if (effect === 'KNOWN' && earlier) return;
  const making: Making = {
    evidenceId: ports.ids.next(),
    entryId: ports.ids.next(),
    responseId: ports.ids.next(),
    by: 'receive-node-message',
    now: ports.clock.now(),
  };
  const response = {
    id: making.responseId,
    status: answer.responseStatus,
    message: answer.responseMessage,
    at: making.now,
  };
  const { thumbprint } = readDetachedJws(message.signature);
  const kind = effect === 'OK_AFTER_ERROR' ? 'payout.okAfterError' : 'payout.answered';
  const moved = await ports.moves.move({
    from: payout,
    to: answer.status,
    ...(effect !== 'KNOWN' && { response }),
    release: effect === 'SETTLE' && answer.status === 'error',
    redebit: effect === 'OK_AFTER_ERROR',
    answer: { ...message, ...(earlier && { earlier }) },
    evidence: [
      {
        ...payoutEvidence(
          payout,
          kind,
          making,
          { status: answer.status, code: answer.responseStatus },
          effect === 'KNOWN' ? undefined : answer.status,
        ),
        actor: { kind: 'payoutOperator', finId: payoutOperator, thumbprint },
        sources: [answerSource(payout, message.bytes)],
      },
    ],
    outbox: effect === 'KNOWN' ? [] : [tell('payout.respond', payout, payout.participant, making)],
  });
  if (moved.outcome === 'STALE')
    throw new Transient('TransientPayoutMoved', 'the payout was moved by another answer');
  if (moved.outcome !== 'MOVED') throw new Refusal('PAYOUT_ANSWER_UNEXPECTED');
}

/** The payout operator's signed word; a later one takes its place in the item. */
function answerSource({ participant, transactionId }: Payout, bytes: Uint8Array): SourceBytes {
  const sha256 = createHash('sha256').update(bytes).digest('base64url');
  return { kind: 'message', sha256, copiedFrom: `TX#${participant}#${transactionId}|ANSWER` };
}
