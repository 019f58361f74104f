// How does a "no" look on the wire? RFC 9457 with our stable code, and `errors[]` beside it, because published
// clients read nothing else and fail on a JSON 400 without it. Which half of a credential failed is never told: those
// codes share one answer.

import { type Refusal, type RefusalCode, refusals, type Transient } from '../../core/errors.ts';
import type { Answer } from './response.ts';

/** Whatever is not named here is a matter of the content: 400. */
const statuses: Readonly<Partial<Record<RefusalCode, number>>> = {
  EDGE_IDENTITY_MISSING: 401,
  EDGE_IDENTITY_WRONG: 401,
  EDGE_IDENTITY_OLD: 401,
  API_KEY_NOT_VALID: 403,
  EDGE_CERTIFICATE_REQUIRED: 403,
  SIGNATURE_MISSING: 403,
  SIGNATURE_MALFORMED: 403,
  SIGNATURE_PROFILE: 403,
  SIGNATURE_INVALID: 403,
  SIGNATURE_OTHER_CERTIFICATE: 403,
  SIGNING_KEY_UNSUITABLE: 403,
  SENDER_NOT_THE_CALLER: 403,
  POSSESSION_MISSING: 403,
  POSSESSION_NOT_PROVED: 403,
  REPLACES_UNSIGNED: 403,
  CERTIFICATE_UNKNOWN: 403,
  CERTIFICATE_NOT_ACTIVE: 403,
  ACCEPTANCE_INCOMPLETE: 403,
  CERTIFICATE_WRONG_USE: 403,
  CERTIFICATE_OF_ANOTHER: 403,
  CERTIFICATE_EXPIRED: 403,
  CERTIFICATE_REVOKED: 403,
  POWER_ENDED: 403,
  PARTICIPANT_SUSPENDED: 403,
  PARTICIPANT_UNKNOWN: 403,
  PEER_UNKNOWN: 403,
  DISABLE_TARGET_UNKNOWN: 404,
  ENROLMENT_UNKNOWN: 404,
  ENROLMENT_NOT_PENDING: 409,
  CERTIFICATE_PENDING: 409,
  ALREADY_ACTIVE: 409,
  ALREADY_ISSUED: 409,
  PAYOUT_UNKNOWN: 404,
  API_KEYS_BOTH_VALID: 409,
  IDEMPOTENCY_IN_FLIGHT: 409,
  MESSAGE_ALREADY_RECEIVED: 409,
  IDEMPOTENCY_OTHER_BODY: 422,
  TOO_MANY_PENDING: 429,
  TOO_MANY_TODAY: 429,
  PROOF_BROKEN: 503,
  SEAL_BROKEN: 503,
};

export const statusOfRefusal = (code: RefusalCode): number => statuses[code] ?? 400;

const retryAfterSeconds: Readonly<Record<number, number>> = { 409: 1, 429: 3600, 503: 30 };

/** What of the problem depends on the route. */
export interface ProblemOptions {
  /** The status where the route or the published wire asks for another one. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
}

export function problemOf(refusal: Refusal, interactionId: string, options: ProblemOptions = {}): Answer {
  const status = options.status ?? statusOfRefusal(refusal.code);
  const { parameter, expected, found, retryable } = refusal.detail;
  const wait = options.retryAfterSeconds ?? waitOf(refusal.code, status);
  const body = problem(refusal.code, status, refusals[refusal.code], refusal.message, interactionId);
  return {
    status,
    contentType: 'application/problem+json',
    body: { ...body, parameter, expected, found, retryable },
    ...(wait && { headers: { 'Retry-After': String(wait) } }),
  };
}

/** The world is busy: the same request again may pass, and nothing was burnt. */
export function busy(_cause: Transient, interactionId: string): Answer {
  const sentence = 'The node is busy; try the same again.';
  return {
    status: 503,
    contentType: 'application/problem+json',
    body: problem('BUSY', 503, sentence, sentence, interactionId),
    headers: { 'Retry-After': '5' },
  };
}

/** We are wrong: the caller hears a reference and nothing more. */
export function fault(interactionId: string): Answer {
  const sentence = 'Something went wrong on our side; tell us the interaction id.';
  return {
    status: 500,
    contentType: 'application/problem+json',
    body: problem('FAULT', 500, sentence, sentence, interactionId),
  };
}

function problem(code: string, status: number, title: string, detail: string, interactionId: string) {
  return {
    type: `urn:apodera:problem:${code}`,
    title,
    status,
    code,
    detail,
    instance: `urn:uuid:${interactionId}`,
    errors: [{ error_code: code, error_message: detail }],
  };
}

function waitOf(code: RefusalCode, status: number): number | undefined {
  if (status === 409 && code !== 'IDEMPOTENCY_IN_FLIGHT') return undefined;
  return retryAfterSeconds[status];
}
