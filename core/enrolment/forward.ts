// How does an enrolment travel from the network to a payout operator? The message `enrolment.forward` (step 7):
// the participant's own bytes and signature, untouched, inside an envelope that the network signs.

import { Refusal } from '../errors.ts';
import type { JsonObject } from '../message/envelope.ts';
import type { OriginalMessage } from './ports.ts';

export interface EnrolmentForward {
  readonly enrolmentId: string;
  readonly original: OriginalMessage;
}

export function forwardParameters(forward: EnrolmentForward): JsonObject {
  return {
    enrolment_id: forward.enrolmentId,
    message: Buffer.from(forward.original.bytes).toString('base64'),
    signature: forward.original.signature ?? null,
  };
}

/** @throws Refusal FORWARD_MALFORMED */
export function readForward(parameters: JsonObject): EnrolmentForward {
  const { enrolment_id, message, signature } = parameters;
  if (typeof enrolment_id !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(enrolment_id))
    throw new Refusal('FORWARD_MALFORMED', { parameter: 'enrolment_id' });
  const bytes = typeof message === 'string' ? Buffer.from(message, 'base64') : undefined;
  if (!bytes || bytes.length === 0 || bytes.toString('base64') !== message)
    throw new Refusal('FORWARD_MALFORMED', { parameter: 'message', expected: 'base64' });
  if (signature !== null && typeof signature !== 'string')
    throw new Refusal('FORWARD_MALFORMED', { parameter: 'signature' });
  return {
    enrolmentId: enrolment_id,
    original: signature === null ? { bytes } : { bytes, signature },
  };
}
