// Which six characters tie the enrolment that a person confirms to the one their own system asked for? (S18)
// The participant's system shows them, the page asks for them, neither page nor mail contains them. They are
// no secret and prove nothing alone: they stop a person from confirming somebody else's submission.

import { createHash } from 'node:crypto';
import type { Thumbprint } from '../certificate/thumbprint.ts';

/** Crockford's base32: no I, L, O, U, so that a code read aloud or from paper is typed right. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** First 30 bits of SHA-256 over tag, thumbprint and message_id; both ends compute it. */
export function confirmationCode(thumbprint: Thumbprint, messageId: string): string {
  const digest = createHash('sha256').update(`apodera/code/v1\n${thumbprint}\n${messageId}`).digest();
  const bits = digest.readUInt32BE(0);
  return [27, 22, 17, 12, 7, 2].map((shift) => alphabet[(bits >>> shift) & 31]).join('');
}

/** A typed code in the form confirmationCode gives: what people confuse is read as meant. */
export function normalisedCode(typed: string): string {
  const upper = typed.toUpperCase().replace(/[\s-]/g, '');
  return upper.replaceAll('O', '0').replace(/[IL]/g, '1');
}
