// Which six characters tie the enrolment that a person confirms to the one their own system asked for? (S18)
// The participant's system shows them, the page asks for them, neither page nor mail contains them. They are
// no secret and prove nothing alone: they stop a person from confirming somebody else's submission. The enrolment
// id is the network's, so that no submitter can try messages until one has the code of somebody else's.

import { createHash } from 'node:crypto';
import type { Thumbprint } from '../certificate/thumbprint.ts';

/** Crockford's base32: no I, L, O, U, so that a code read aloud or from paper is typed right. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export interface CodedEnrolment {
  readonly thumbprint: Thumbprint;
  /** Of the participant's own message. */
  readonly messageId: string;
  /** Random, chosen by the network after the message was complete. */
  readonly enrolmentId: string;
}

/** First 30 bits of SHA-256 over tag, thumbprint, message_id and enrolment id; both ends compute it. */
export function confirmationCode({ thumbprint, messageId, enrolmentId }: CodedEnrolment): string {
  const text = `apodera/code/v2\n${thumbprint}\n${messageId}\n${enrolmentId}`;
  const digest = createHash('sha256').update(text).digest();
  const bits = digest.readUInt32BE(0);
  return [27, 22, 17, 12, 7, 2].map((shift) => alphabet[(bits >>> shift) & 31]).join('');
}

/** A typed code in the form confirmationCode gives: what people confuse is read as meant. */
export function normalisedCode(typed: string): string {
  const upper = typed.toUpperCase().replace(/[\s-]/g, '');
  return upper.replaceAll('O', '0').replace(/[IL]/g, '1');
}

/** Whether it can be any enrolment's code at all: what is not whole was mistyped, and is no guess. */
export function isWholeCode(typed: string): boolean {
  const code = normalisedCode(typed);
  return code.length === 6 && [...code].every((character) => alphabet.includes(character));
}
