// Does this enrolment become active now, end, or go on waiting? Weighs what the persons, the payout operators
// and the clock have said. Pure: the caller has verified each proof that it hands in, and writes the outcome.

import type { CertificateState } from '../certificate/lifecycle.ts';
import { refusals } from '../errors.ts';
import type { EndingCode, Enrolment, OperatorAnswer } from './enrolment.ts';

/** What a decision item says, its proofs verified by the caller; `notAsked` where policy relaxed it. */
export type ConfirmationFinding =
  | { readonly status: 'notAsked' }
  | { readonly status: 'waiting' }
  | { readonly status: 'confirmed'; readonly by: readonly string[] }
  | { readonly status: 'rejected'; readonly code: EndingCode }
  | { readonly status: 'expired' };

export interface SettlementGround {
  readonly now: Date;
  /** The workflow's hint: `GOOD`, or why it came here without asking anybody. */
  readonly finding: string;
  readonly suspended: boolean;
  readonly confirmation: ConfirmationFinding;
  /** Only answers whose signature and signer the caller has verified. */
  readonly answers: readonly OperatorAnswer[];
  /** The workflow has come to its end: who has not answered by now is silent. */
  readonly final: boolean;
}

export type Settlement =
  | { readonly outcome: 'ACTIVATE'; readonly acceptedBy: readonly string[] }
  | { readonly outcome: 'ADD_OPERATORS'; readonly acceptedBy: readonly string[] }
  | { readonly outcome: 'END'; readonly event: 'REJECTED' | 'EXPIRED' | 'REVOKED'; readonly code: EndingCode }
  | { readonly outcome: 'NOTHING'; readonly state: CertificateState };

export function settle(enrolment: Enrolment, ground: SettlementGround): Settlement {
  const acceptedBy = ground.answers
    .filter((answer) => answer.status === 'accepted')
    .map((answer) => answer.operator)
    .sort();
  if (enrolment.networkStatus === 'active') {
    return acceptedBy.length > 0
      ? { outcome: 'ADD_OPERATORS', acceptedBy }
      : { outcome: 'NOTHING', state: enrolment };
  }
  if (enrolment.networkStatus !== 'pending') return { outcome: 'NOTHING', state: enrolment };
  const ending = endingOf(enrolment, ground);
  if (ending) return ending;
  if (!confirmed(ground.confirmation)) {
    // The workflow asks until somebody answers or time is over: what still waits at its end was not proved.
    if (ground.final) return { outcome: 'END', event: 'REJECTED', code: 'NO_ANSWER' };
    return { outcome: 'NOTHING', state: enrolment };
  }
  if (!needsOperators(enrolment)) return { outcome: 'ACTIVATE', acceptedBy: [] };
  // Step 16: the first acceptance activates at the network.
  if (acceptedBy.length > 0) return { outcome: 'ACTIVATE', acceptedBy };
  return operatorsEnding(enrolment, ground);
}

/** A signing certificate at the network waits for a payout operator; `transport` stays at the node that asked. */
export function needsOperators(enrolment: Pick<Enrolment, 'role' | 'use'>): boolean {
  return enrolment.role === 'network' && enrolment.use === 'signing';
}

function confirmed(confirmation: ConfirmationFinding): boolean {
  return confirmation.status === 'confirmed' || confirmation.status === 'notAsked';
}

/** What ends a pending enrolment whatever anybody confirmed, the gravest first. */
function endingOf(enrolment: Enrolment, ground: SettlementGround): Settlement | undefined {
  if (ground.finding === 'REVOKED')
    return { outcome: 'END', event: 'REVOKED', code: 'REVOKED_WHILE_PENDING' };
  if (ground.now > enrolment.notAfter)
    return { outcome: 'END', event: 'EXPIRED', code: 'EXPIRED_WHILE_PENDING' };
  if (ground.suspended) return { outcome: 'END', event: 'REJECTED', code: 'SUSPENDED' };
  if (ground.finding === 'REVOCATION_UNAVAILABLE')
    return { outcome: 'END', event: 'REJECTED', code: 'REVOCATION_UNAVAILABLE' };
  if (ground.confirmation.status === 'rejected')
    return { outcome: 'END', event: 'REJECTED', code: ground.confirmation.code };
  if (ground.confirmation.status === 'expired')
    return { outcome: 'END', event: 'REJECTED', code: 'NO_ANSWER' };
  if (ground.finding !== 'GOOD') {
    // A code of the rules (no source, a pointer to a private address) is the ending; anything else is our fault.
    const code: EndingCode = ground.finding in refusals ? (ground.finding as EndingCode) : 'FAULT';
    return { outcome: 'END', event: 'REJECTED', code };
  }
  return undefined;
}

function operatorsEnding(enrolment: Enrolment, ground: SettlementGround): Settlement {
  const open = ground.answers.filter((answer) => answer.status !== 'rejected');
  if (!ground.final && (open.length > 0 || ground.answers.length === 0))
    return { outcome: 'NOTHING', state: enrolment };
  const code: EndingCode =
    ground.answers.length === 0
      ? 'NO_PAYOUT_OPERATOR'
      : open.length > 0
        ? 'OPERATORS_SILENT'
        : 'OPERATORS_REJECTED';
  return { outcome: 'END', event: 'REJECTED', code };
}
