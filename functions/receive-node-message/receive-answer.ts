// Steps 11 and 15 at the network: one payout operator's word on one enrolment, kept with its signed message, however
// late. The first acceptance activates (settle-enrolment weighs it); a final word wakes the waiting execution.

import { createHash } from 'node:crypto';
import { type EnrolmentAnswer, readAnswer } from '../../core/enrolment/answer.ts';
import { type Enrolment, type OperatorAnswer, timesOf } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore, OriginalMessage } from '../../core/enrolment/ports.ts';
import { endAtOperator, settleEnrolment } from '../../core/enrolment/recording.ts';
import { Refusal } from '../../core/errors.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import { readDetachedJws } from '../../core/message/jws.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { decisionIdOf } from '../../core/people/decision.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ReceiveAnswerPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: EnrolmentStore;
}

export interface ReceivedAnswer {
  readonly operator: string;
  readonly messageId: string;
  readonly message: Required<OriginalMessage>;
}

/** @throws Refusal ENROLMENT_UNKNOWN, ANSWER_OF_ANOTHER, ANSWER_MALFORMED */
export async function receiveAnswer(ports: ReceiveAnswerPorts, received: ReceivedAnswer): Promise<void> {
  const answer = readAnswer(received.message.bytes);
  const enrolment = await ports.enrolments.find(answer.enrolmentId);
  const rows = enrolment ? await ports.enrolments.rows(enrolment.id) : [];
  // Only whom we asked may answer (S7 says the same of payouts).
  const asked = rows.find((row) => row.operator === received.operator);
  if (!enrolment || !asked) throw new Refusal('ENROLMENT_UNKNOWN');
  if (answer.thumbprint !== enrolment.thumbprint) throw new Refusal('ANSWER_OF_ANOTHER');
  await putAnswer(ports, received, answer, enrolment, asked);
}

async function putAnswer(
  ports: ReceiveAnswerPorts,
  received: ReceivedAnswer,
  answer: EnrolmentAnswer,
  enrolment: Enrolment,
  before: OperatorAnswer,
): Promise<void> {
  const now = ports.clock.now();
  const { thumbprint } = readDetachedJws(received.message.signature);
  await ports.enrolments.putRow(
    {
      enrolmentId: enrolment.id,
      operator: received.operator,
      status: answer.status,
      ...(answer.code === null ? {} : { code: answer.code }),
      at: now,
      ...timesOf(before),
      ...confirmedAtOf(answer, now),
      messageId: received.messageId,
      message: received.message,
    },
    {
      evidence: [
        {
          id: ports.ids.next(),
          scope: enrolment.participant,
          kind: 'enrolment.answered',
          at: now,
          actor: { kind: 'payoutOperator', finId: received.operator, thumbprint },
          subjects: { enrolmentId: enrolment.id, thumbprint: enrolment.thumbprint },
          facts: { status: answer.status, code: answer.code, confirmation: answer.confirmation },
          sources: [answerSource(enrolment.id, received.operator, received.message.bytes)],
        },
      ],
      outbox: consequences(received, answer, enrolment, now),
    },
  );
}

/** The operator's word for it, as far as it can be true: shown, never decided by. */
function confirmedAtOf({ confirmation }: EnrolmentAnswer, now: Date): Pick<OperatorAnswer, 'confirmedAt'> {
  const at = confirmation?.at;
  const confirmedAt = new Date(typeof at === 'string' ? at : '');
  return confirmedAt <= now ? { confirmedAt } : {};
}

/** The signed word itself: a later one of the same operator takes its place in the row. */
export function answerSource(enrolmentId: string, operator: string, bytes: Uint8Array): SourceBytes {
  const sha256 = createHash('sha256').update(bytes).digest('base64url');
  return { kind: 'message', sha256, copiedFrom: `ENR#${enrolmentId}|OPERATOR#${operator}` };
}

function consequences(
  received: ReceivedAnswer,
  answer: EnrolmentAnswer,
  enrolment: Enrolment,
  now: Date,
): OutboxEntry[] {
  if (answer.status === 'pending') return [];
  const { operator, messageId } = received;
  const open = enrolment.networkStatus === 'pending' || enrolment.networkStatus === 'active';
  if (!open && answer.status === 'accepted') {
    // It ended here: the operator must not go on with what the network does not carry.
    return [endAtOperator(enrolment.id, operator, now, messageId)];
  }
  const decisionId = decisionIdOf(enrolment.id, `operator.${operator}`);
  return [
    settleEnrolment(enrolment.id, `${operator}.${messageId}`, now),
    wakeEntry(decisionId, answer.status.toUpperCase(), messageId, now),
  ];
}
