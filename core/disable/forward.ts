// How does a disable, or a suspension, travel between nodes? The messages `certificate.disable_forward` and
// `participant.suspend`. Certificates are named by the enrolments that the network forwarded, so that a disable can
// overtake its enrolment; the participant's own bytes go along as evidence, never as a condition.

import type { OriginalMessage } from '../enrolment/ports.ts';
import { Refusal } from '../errors.ts';
import type { JsonObject } from '../message/envelope.ts';
import { isSuspending, type SuspendingOffice, suspendingOffices } from '../suspension/suspension.ts';
import type { DisableRecord } from './ports.ts';
import { type DisableCause, disableCauses } from './request.ts';

/** A sender that ends more says it in several messages: each is one transaction of its receiver. */
export const mostEnrolments = 20;
const ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** Names what we say of one disable to one node: its message_id and the bytes of its first attempt hang from it. */
export function forwardEntryId(disableId: string, operator: string): string {
  return `disable.forward.${disableId}.${operator}`;
}

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
  return { ...readWhom(parameters), enrolmentIds: [...new Set(ids as readonly string[])], cause };
}

export interface SuspendForward {
  readonly participant: string;
  readonly reason: string;
  /** Of the person who spoke first, where one did: the receiver asks the other office. */
  readonly suspendedBy?: SuspendingOffice;
  /** The second word was said at the sender. */
  readonly confirmed: boolean;
}

export function suspendParameters(forward: SuspendForward): JsonObject {
  const { participant, reason, suspendedBy, confirmed } = forward;
  return { participant, reason, ...(suspendedBy && { suspended_by: suspendedBy }), confirmed };
}

/** @throws Refusal FORWARD_MALFORMED */
export function readSuspend(parameters: JsonObject): SuspendForward {
  const { suspended_by: office, confirmed } = parameters;
  if (office !== undefined && (typeof office !== 'string' || !isSuspending(office)))
    throw malformed('suspended_by', suspendingOffices.join(', '));
  return { ...readWhom(parameters), ...(office && { suspendedBy: office }), confirmed: confirmed === true };
}

function readWhom({ participant, reason }: JsonObject): Pick<DisableForward, 'participant' | 'reason'> {
  if (typeof participant !== 'string' || !ID.test(participant)) throw malformed('participant', 'a fin_id');
  if (typeof reason !== 'string' || reason.length > 2000) throw malformed('reason', 'text');
  // Half a letter has no place in a record; what is to end is not refused for it.
  return { participant, reason: reason.toWellFormed() };
}

function malformed(parameter: string, expected: string): Refusal {
  return new Refusal('FORWARD_MALFORMED', { parameter, expected });
}
