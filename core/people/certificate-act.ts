// Which act decides on another node's certificate, and what has it decided? One act for each enrolment, by its name,
// so that whoever settles the enrolment finds it. What it changes when it is applied is apply-act's.

import type { ConfirmationFinding } from '../enrolment/settlement.ts';
import type { Act } from './act.ts';

export const confirmationActId = (enrolmentId: string) => `certificate.${enrolmentId}`;

/**
 * Applied, it has activated in the same transaction: an enrolment that is pending beside an applied act was edited, and
 * counts as unanswered.
 */
export function confirmationByAct(act: Act | undefined, now: Date): ConfirmationFinding {
  if (act?.state === 'rejected') return { status: 'rejected', code: 'NODE_OPERATOR_REJECTED' };
  if (act?.state === 'open' && now >= act.expiresAt) return { status: 'expired' };
  return { status: 'waiting' };
}
