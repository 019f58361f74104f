// What the rules of core/payout say no to: one code, one sentence that a person can act on.

export const payoutRefusals = {
  AMOUNT_MALFORMED: 'The amount is a decimal string: digits, at most one dot, at most 18 digits.',
  AMOUNT_NOT_POSITIVE: 'The amount must be more than zero.',
  AMOUNT_FRACTION_LOST: 'The amount is finer than the smallest unit of its currency.',
  CURRENCY_UNKNOWN: 'This node pays no amounts in that currency.',
  TRANSACTION_ID_TWICE: 'The message names the same transaction_id twice; give each payout its own.',
  TRANSACTION_ID_REUSED: 'This transaction_id was used before in another message; make a new one.',
  EXECUTION_DATE_AHEAD: 'Payouts are executed at once; an execution_date ahead of now is not offered.',
  PAYOUT_OPERATOR_MISSING: 'The debtor names no financial institution to pay from.',
  PAYOUT_OPERATOR_UNKNOWN: 'The debtor institution is not a payout operator of this participant.',
  PAYOUT_OPERATOR_NOT_ACCEPTED:
    'The payout operator has not accepted the certificate that signed the message; wait until it has, or sign with one that it accepted.',
  SEVERAL_PAYOUT_OPERATORS:
    'The message names several payout operators, each of which would see all of it; send one message each.',
  LIMIT_PAYOUT_DAY:
    'The limit of this participant for one day would be exceeded; wait for tomorrow, or have two node operators raise it.',
  LIMIT_CREDITOR:
    'The limit for one creditor and day would be exceeded, counted by identification; wait for tomorrow, or have it raised.',
  LIMIT_ACCOUNT:
    'The limit for one creditor account and day would be exceeded; wait for tomorrow, or have it raised.',
  LIMITS_NOT_RAISED: 'Neither limit would be higher than it is; lowering one is another act.',
  LIMITS_NOT_LOWERED:
    'A limit would be higher than it is, or none lower; raising one takes two node operators.',
  LIMIT_CREDITOR_ABOVE_DAY: 'The limit of one creditor cannot be higher than that of the whole day.',
  PAYOUT_NOT_STUCK:
    'Nobody decides this payout: it ended, was not started, or whoever executes it may still answer in time.',
  PAYOUTS_FROZEN:
    'This node takes no payouts while its records are being restored; send the same message again later.',
  PAYOUT_IN_PROGRESS: 'The same message is being recorded; ask again in a moment.',
  PAYOUT_UNKNOWN: 'You have no payout of that id.',
  PAYOUT_FORWARD_MALFORMED: 'The forwarded payout is not of the documented shape.',
  PAYOUT_FORWARD_OVERDUE: 'The forwarded payout arrived after the time until which it may be started.',
  PAYOUT_NOT_OURS: 'The forwarded payout is to be executed by another payout operator.',
  PAYOUT_ANSWER_UNEXPECTED: 'The answer is about a payout that was not forwarded to its sender.',
  DEBTOR_ACCOUNT_UNKNOWN: 'The payout operator holds no such debtor account.',
  DEBTOR_ACCOUNT_OF_ANOTHER: 'The debtor account belongs to somebody else than the participant.',
} as const satisfies Record<string, string>;
