// What does a payout operator say about an enrolment, and how is it written? The message `enrolment.answer`
// (steps 11 and 15), read after its signature holds; `node.certificate_answer` says the same of a node's certificate.

import { canonicalJson } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import type { JsonObject } from '../message/envelope.ts';
import { parametersOf, readEnvelope } from '../message/envelope.ts';
import { messagePolicy } from '../policy.ts';

const answerStatuses = ['accepted', 'rejected', 'pending'] as const;
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
export function readAnswer(
  body: Uint8Array,
  action: 'enrolment.answer' | 'node.certificate_answer' = 'enrolment.answer',
): EnrolmentAnswer {
  const parameters = parametersOf(readEnvelope(body), action);
  const { enrolment_id, thumbprint, status, code, confirmation } = parameters;
  const known = answerStatuses.find((one) => one === status);
  if (typeof enrolment_id !== 'string' || typeof thumbprint !== 'string' || !known)
    throw new Refusal('ANSWER_MALFORMED');
  return {
    enrolmentId: enrolment_id,
    thumbprint,
    status: known,
    code: code === null || code === undefined ? null : readEndingCode(code),
    confirmation: readConfirmation(confirmation),
  };
}

/**
 * Another node's code goes into our records, our evidence and what we tell the participant.
 * @throws Refusal ANSWER_MALFORMED
 */
export function readEndingCode(code: unknown): string {
  if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  throw new Refusal('ANSWER_MALFORMED', { parameter: 'code', expected: '1 to 64 of A-Z, 0-9 and _' });
}

function readConfirmation(confirmation: unknown): JsonObject | null {
  if (!isObject(confirmation)) return null;
  const most = messagePolicy.confirmationBytes;
  if (canonicalBytes(confirmation) <= most) return confirmation;
  throw new Refusal('ANSWER_MALFORMED', { parameter: 'confirmation', expected: `at most ${most} bytes` });
}

/** What has no canonical form cannot stand in evidence either. */
function canonicalBytes(value: JsonObject): number {
  try {
    return Buffer.byteLength(canonicalJson(value));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
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
