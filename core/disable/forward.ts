// How does a disable, or a suspension, travel between nodes? The messages `certificate.disable_forward` and
// `participant.suspend`. Certificates are named by the enrolments that the network forwarded, so that a disable can
// overtake its enrolment; the participant's own bytes go along as evidence, never as a condition.

import type { OriginalMessage } from '../enrolment/ports.ts';
import { Refusal } from '../errors.ts';
import type { JsonObject } from '../message/envelope.ts';
import type { DisableRecord } from './ports.ts';
import { type DisableCause, disableCauses } from './request.ts';

/** A sender that ends more says it in several messages: each is one transaction of its receiver. */
export const mostEnrolments = 20;
const ID = /^[A-Za-z0-9._:-]{1,64}$/;

export interface DisableForward {
  readonly participant: string;
  readonly enrolmentIds: readonly string[];
  readonly cause: DisableCause;
  readonly reason: string;
}

export function disableForwardParameters(
  record: DisableRecord,
  original: OriginalMessage | undefined,
): JsonObject {
  return {
    participant: record.participant,
    enrolment_ids: [...record.enrolmentIds],
    thumbprints: [...record.disabled],
    cause: record.cause,
    reason: record.reason,
    message: original ? Buffer.from(original.bytes).toString('base64') : null,
    signature: original?.signature ?? null,
  };
}

/** @throws Refusal FORWARD_MALFORMED */
export function readDisableForward(parameters: JsonObject): DisableForward {
  const { enrolment_ids: ids } = parameters;
  const good = Array.isArray(ids) && ids.every((id) => typeof id === 'string' && ID.test(id));
  if (!good || ids.length === 0 || ids.length > mostEnrolments)
    throw malformed('enrolment_ids', `1 to ${mostEnrolments} ids`);
  const cause = disableCauses.find((known) => known === parameters.cause);
  if (!cause) throw malformed('cause', disableCauses.join(', '));
  return { ...readSuspend(parameters), enrolmentIds: [...new Set(ids as readonly string[])], cause };
}

export function suspendParameters({ participant, reason }: DisableRecord): JsonObject {
  return { participant, reason };
}

/** @throws Refusal FORWARD_MALFORMED */
export function readSuspend({
  participant,
  reason,
}: JsonObject): Pick<DisableForward, 'participant' | 'reason'> {
  if (typeof participant !== 'string' || !ID.test(participant)) throw malformed('participant', 'a fin_id');
  if (typeof reason !== 'string' || reason.length > 2000) throw malformed('reason', 'text');
  return { participant, reason };
}

function malformed(parameter: string, expected: string): Refusal {
  return new Refusal('FORWARD_MALFORMED', { parameter, expected });
}
