// May this signed message of payouts be recorded? Everything that can be said without the table's counters: whose
// payouts, through which payout operators, within limits on their own. The write decides the rest (ports.ts).

import type { CertificateStatus } from '../enrolment/enrolment.ts';
import { Refusal } from '../errors.ts';
import { type Debit, dayIn, debitsOf, exceedsAlone, type Limits, limitRefusal } from './limits.ts';
import { about, type Instruction, refuseAll } from './message.ts';

/** What this node's people have set for a participant's payouts; sealed. */
export interface PayoutSettings {
  readonly limits: Limits;
  /** S10: each payout operator of a message sees all of it. */
  readonly severalOperators: boolean;
}

export interface PayingParticipant {
  readonly finId: string;
  readonly payoutOperators: readonly string[];
  readonly timeZone: string;
  readonly settings: PayoutSettings;
}

declare const admitted: unique symbol;

/** Payouts that may be recorded, if the counters allow; only admitPayouts makes one. */
export interface AdmittedPayouts {
  readonly participant: string;
  readonly instructions: readonly Instruction[];
  readonly debits: readonly Debit[];
  /** Of the counters: where the participant is. */
  readonly day: string;
  /** Each once, in the order of the message. */
  readonly payoutOperators: readonly string[];
  readonly [admitted]: true;
}

/**
 * @param accepting payout operators that accepted the certificate (S19)
 * @throws PayoutsRefused; Refusal SEVERAL_PAYOUT_OPERATORS
 */
export function admitPayouts(
  instructions: readonly Instruction[],
  participant: PayingParticipant,
  accepting: CertificateStatus['acceptingOperators'],
  now: Date,
): AdmittedPayouts {
  const payoutOperators = operatorsOf(instructions, participant, accepting);
  if (payoutOperators.length > 1 && !participant.settings.severalOperators)
    throw new Refusal('SEVERAL_PAYOUT_OPERATORS');
  const day = dayIn(participant.timeZone, now);
  requireLimits(instructions, participant.settings.limits);
  const debits = debitsOf(instructions, participant.settings.limits, day);
  refuseDebits(debits.filter(exceedsAlone), instructions);
  return {
    participant: participant.finId,
    instructions,
    debits,
    day,
    payoutOperators,
  } as unknown as AdmittedPayouts;
}

/** Names every transaction that a counter which did not hold would have counted. @throws PayoutsRefused */
export function refuseDebits(debits: readonly Debit[], instructions: readonly Instruction[]): void {
  refuseAll(
    debits.flatMap((debit) =>
      debit.transactions.map((at) => limitRefusal(debit, instructions[at]!.transactionId)),
    ),
  );
}

/** Each once, in the order of the message. @throws PayoutsRefused */
function operatorsOf(
  instructions: readonly Instruction[],
  participant: PayingParticipant,
  accepting: readonly string[],
): readonly string[] {
  const operators = new Set<string>();
  const refusals: Refusal[] = [];
  for (const { payoutOperator, transactionId } of instructions) {
    if (operators.has(payoutOperator)) continue;
    const refusal = operatorRefusal(payoutOperator, participant, accepting);
    if (refusal) refusals.push(about(refusal, transactionId));
    else operators.add(payoutOperator);
  }
  refuseAll(refusals);
  return [...operators];
}

/** @throws PayoutsRefused CURRENCY_UNKNOWN */
function requireLimits(instructions: readonly Instruction[], limits: Limits): void {
  const refusals: Refusal[] = [];
  for (const { money, transactionId } of instructions) {
    if (!limits[money.currency])
      refusals.push(about(new Refusal('CURRENCY_UNKNOWN', { parameter: 'currency' }), transactionId));
  }
  refuseAll(refusals);
}

function operatorRefusal(
  operator: string,
  participant: PayingParticipant,
  accepting: readonly string[],
): Refusal | undefined {
  if (!participant.payoutOperators.includes(operator)) return new Refusal('PAYOUT_OPERATOR_UNKNOWN');
  return accepting.includes(operator) ? undefined : new Refusal('PAYOUT_OPERATOR_NOT_ACCEPTED');
}
