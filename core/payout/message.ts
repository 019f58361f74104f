// What does a payout message ask for? Reads the transactions of a document whose shape holds; every "no" names its
// transaction, and all of them are told at once. The signature was verified before, over the same bytes.

import { Refusal } from '../errors.ts';
import { type Envelope, readTime } from '../message/envelope.ts';
import { payoutPolicy } from '../policy.ts';
import { type Money, readMoney } from './amount.ts';
import { type CreditorKeys, creditorKeys } from './creditor.ts';

export interface Instruction {
  readonly place: number;
  readonly transactionId: string;
  readonly money: Money;
  /** fin_id of the debtor's institution: the node that executes it. */
  readonly payoutOperator: string;
  readonly debtorAccount: string;
  readonly creditor: CreditorKeys;
}

/** All that is wrong with a message, each Refusal about one transaction; the message counts as never sent. */
export class PayoutsRefused extends Error {
  readonly refusals: readonly [Refusal, ...Refusal[]];

  constructor(refusals: readonly [Refusal, ...Refusal[]]) {
    super(refusals[0].message);
    this.name = 'PayoutsRefused';
    this.refusals = refusals;
  }
}

/** What admission reads of a transaction. */
export interface TransactionFields {
  readonly transaction_id: string;
  readonly currency: string;
  readonly amount: string;
  readonly execution_date: string;
  readonly debtor: Pick<Parameters<typeof creditorKeys>[0], 'financial_institution' | 'account'>;
  readonly creditor: Parameters<typeof creditorKeys>[0];
}

/** Of a document whose shape holds. */
export function transactionsOf({ document }: Envelope): {
  readonly transactions: readonly TransactionFields[];
} {
  return { transactions: document.transactions as unknown as readonly TransactionFields[] };
}

/** @throws PayoutsRefused */
export function readInstructions(
  { transactions }: { readonly transactions: readonly TransactionFields[] },
  now: Date,
): readonly Instruction[] {
  const refusals: Refusal[] = [];
  const seen = new Set<string>();
  /** Those of this message that are not ahead: most payouts of a message share one. */
  const dates = new Set<string>();
  const instructions: Instruction[] = [];
  for (let place = 0; place < transactions.length; place++) {
    const transaction = transactions[place]!;
    try {
      if (seen.has(transaction.transaction_id)) throw new Refusal('TRANSACTION_ID_TWICE');
      seen.add(transaction.transaction_id);
      instructions.push(readInstruction(transaction, place, now, dates));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(about(error, transaction.transaction_id));
    }
  }
  refuseAll(refusals);
  return instructions;
}

/** @throws PayoutsRefused where there is anything to refuse */
export function refuseAll(refusals: readonly Refusal[]): void {
  const [first, ...others] = refusals;
  if (first) throw new PayoutsRefused([first, ...others]);
}

/** The same "no", naming the transaction it is about. */
export function about(refusal: Refusal, transactionId: string): Refusal {
  const { parameter } = refusal.detail;
  const named = parameter ? `${transactionId} ${parameter}` : transactionId;
  return new Refusal(refusal.code, { ...refusal.detail, parameter: named });
}

function readInstruction(
  transaction: TransactionFields,
  place: number,
  now: Date,
  dates: Set<string>,
): Instruction {
  const money = readMoney(transaction.amount, transaction.currency);
  if (!dates.has(transaction.execution_date)) {
    const executionDate = readTime(transaction.execution_date, 'execution_date');
    if (executionDate.getTime() - now.getTime() > payoutPolicy.executionAhead)
      throw new Refusal('EXECUTION_DATE_AHEAD', { parameter: 'execution_date' });
    dates.add(transaction.execution_date);
  }
  const payoutOperator = transaction.debtor.financial_institution?.fin_id;
  if (!payoutOperator)
    throw new Refusal('PAYOUT_OPERATOR_MISSING', { parameter: 'debtor.financial_institution' });
  return {
    place,
    transactionId: transaction.transaction_id,
    money,
    payoutOperator,
    debtorAccount: transaction.debtor.account,
    creditor: creditorKeys(transaction.creditor, money.currency),
  };
}
