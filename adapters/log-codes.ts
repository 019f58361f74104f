// What may a log line say? One of these codes, with ids from a fixed list. `alarm` lines raise a metric (the template
// counts `$.code`) and have a runbook. In alphabetical order.

export const logCodes = {
  CERTIFICATE_UNPROVED: [
    'alarm',
    'The stored chain of an active certificate no longer proves it; messages signed with it are refused.',
  ],
  CONFIRMATION_UNPROVED: [
    'alarm',
    'A decision says confirmed, but its proofs do not hold; it counts as no answer.',
  ],
  DISABLE_NOT_DELIVERED: [
    'alarm',
    'A payout operator has not answered to a disable for days: what it was told to end may be active there.',
  ],
  DISABLE_POSTPONED: ['info', 'A payout operator has not answered to a disable; it is told again later.'],
  EVIDENCE_BROKEN: ['alarm', 'Evidence is not as it was written; run `apodera evidence audit`.'],
  EVIDENCE_UNCHAINED: ['alarm', 'Evidence has waited longer than a minute for its place in the chain.'],
  FAULT: ['alarm', 'Something of ours is wrong; the caller heard a reference and nothing more.'],
  MAIL_BOUNCED: ['alarm', 'A mail to a person came back: until it is mended they cannot answer in time.'],
  OPERATOR_ANSWER_UNPROVED: [
    'alarm',
    "A payout operator's recorded answer is not what its signed message says.",
  ],
  OUTBOX_DEAD: ['alarm', 'A message was given up after the last attempt that policy allows.'],
  OUTBOX_POSTPONED: ['info', 'A message will be tried again later.'],
  OUTBOX_UNANNOUNCED: ['warn', 'A message was recorded but not announced; the sweep will do it.'],
  PAYOUT_ERROR_AFTER_OK: ['alarm', 'A payout operator says error to a payout that was told as ok.'],
  PAYOUT_OK_AFTER_ERROR: ['alarm', 'A payout operator says ok to a payout that was told as an error.'],
  PAYOUT_PENDING_LONG: ['alarm', 'A payout has been open for more than a quarter of an hour.'],
  REQUEST_DENIED: ['info', 'A request did not get past the authorizer.'],
  REVOCATION_SOURCE_FAILING: [
    'alarm',
    'A revocation source that was due has failed, or been stale, for two hours; payouts may freeze.',
  ],
  ROTATION_HELD: [
    'warn',
    'A replaced certificate goes on: a payout operator has not accepted its successor, and the overlap is over.',
  ],
  SEAL_BROKEN: [
    'alarm',
    'An item that grants a right does not carry a good seal of this node, or went back to an older one.',
  ],
  SUSPENSION_OVERDUE: [
    'alarm',
    'Nobody confirmed a suspension in time: it stands, and two node operators confirm or lift it.',
  ],
  TRUSTSTORE_LEFT_OUT: [
    'warn',
    "CAs of enrolled certificates stay out of the edge's truststore: one of them has no list.",
  ],
} as const satisfies Record<string, readonly ['info' | 'warn' | 'alarm', string]>;

export type LogCode = keyof typeof logCodes;

/** Ids, counts and names of kinds: never a token, key, PIN, PEM, person's name, tax id, or a whole event. */
export interface LogFields {
  readonly actId?: string;
  readonly attempts?: number;
  readonly count?: number;
  readonly decisionId?: string;
  readonly disableId?: string;
  readonly enrolmentId?: string;
  readonly entryId?: string;
  readonly error?: string;
  readonly interactionId?: string;
  readonly item?: string;
  readonly itemVersion?: number;
  readonly kind?: string;
  readonly messageId?: string;
  readonly participant?: string;
  readonly payoutOperator?: string;
  readonly personId?: string;
  readonly queue?: string;
  readonly refusal?: string;
  readonly scope?: string;
  readonly seconds?: number;
  readonly source?: string;
  readonly thumbprint?: string;
  readonly transactionId?: string;
}
