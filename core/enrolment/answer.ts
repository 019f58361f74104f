// What does a payout operator say about an enrolment, and how is it written? The message `enrolment.answer`
// (steps 11 and 15), read after its signature holds.

import { Refusal } from '../errors.ts';
import type { JsonObject } from '../message/envelope.ts';
import { parametersOf, readEnvelope } from '../message/envelope.ts';

export const answerStatuses = ['accepted', 'rejected', 'pending'] as const;
export type AnswerStatus = (typeof answerStatuses)[number];

export interface EnrolmentAnswer {
  readonly enrolmentId: string;
  readonly thumbprint: string;
  readonly status: AnswerStatus;
  readonly code: string | null;
  /** How the apoderado confirmed, kept as evidence; the network believes the operator's signature, not this. */
  readonly confirmation: JsonObject | null;
}

/** @throws Refusal BODY_*, ENVELOPE_MALFORMED, ACTION_UNEXPECTED, ANSWER_MALFORMED */
export function readAnswer(body: Uint8Array): EnrolmentAnswer {
  const parameters = parametersOf(readEnvelope(body), 'enrolment.answer');
  const { enrolment_id, thumbprint, status, code, confirmation } = parameters;
  const known = answerStatuses.find((one) => one === status);
  if (typeof enrolment_id !== 'string' || typeof thumbprint !== 'string' || !known)
    throw new Refusal('ANSWER_MALFORMED');
  return {
    enrolmentId: enrolment_id,
    thumbprint,
    status: known,
    code: typeof code === 'string' ? code : null,
    confirmation: isObject(confirmation) ? confirmation : null,
  };
}

export function answerParameters(answer: EnrolmentAnswer): JsonObject {
  return {
    enrolment_id: answer.enrolmentId,
    thumbprint: answer.thumbprint,
    status: answer.status,
    code: answer.code,
    confirmation: answer.confirmation,
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
