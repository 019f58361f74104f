// What does the answer about an enrolment say of its sixteen steps? The node tells what it recorded and what the payout
// operators answered; core reads the steps out of that, and here they are put into words.

import type { OperatorStatus, StepNumber } from '../core/enrolment/enrolment.ts';
import {
  laterOn,
  type TimelineEnrolment,
  type TimelineFacts,
  type TimelineStep,
  timelineOf,
} from '../core/enrolment/timeline.ts';

export type Row = readonly [string, string];

interface StepJson {
  readonly number: StepNumber;
  readonly outcome: string;
  readonly at: string;
}

export interface OperatorJson {
  readonly fin_id: string;
  readonly status: OperatorStatus;
  readonly code?: string;
  readonly at: string;
}

/** What the answer says, as the node's own console reads it. The people's decisions are not in it. */
function timelineFacts(answer: Record<string, unknown>): TimelineFacts {
  const steps = answer.steps as readonly StepJson[];
  return {
    enrolment: {
      role: steps.some(({ number }) => number === 1) ? 'network' : 'payoutOperator',
      use: answer.use as TimelineEnrolment['use'],
      networkStatus: answer.network_status as TimelineEnrolment['networkStatus'],
      code: answer.code as never,
      steps: steps.map(({ at, ...step }) => ({ ...step, at: new Date(at) })),
      createdAt: new Date(String(answer.created_at)),
    },
    rows: (answer.operators as readonly OperatorJson[]).map(({ fin_id: operator, at, ...one }) => ({
      ...one,
      operator,
      at: new Date(at),
    })),
    decision: undefined,
  };
}

/** One for each of the sixteen, in their order: its name, and what became of it. */
export function stepRows(answer: Record<string, unknown>): readonly Row[] {
  const facts = timelineFacts(answer);
  return timelineOf(facts).map((step) => {
    const name = `${String(step.number).padStart(2)} ${stepNames[step.number - 1]}`;
    return [name.padEnd(nameWidth), stepText(step, facts)] as const;
  });
}

/** What has moved since the rows of before, and is this node's to tell. */
export function movedRows(before: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const words: readonly string[] = Object.values(stateWords);
  return rows.filter(([, now], at) => now !== before[at]?.[1] && !words.includes(now));
}

/** Disabled, revoked, expired, withdrawn. */
export function laterRows(answer: Record<string, unknown>): readonly Row[] {
  const later = laterOn(timelineFacts(answer).enrolment);
  return later.map(({ outcome, at }) => ['since then', `${outcome}  ${at.toISOString()}`] as const);
}

function stepText(step: TimelineStep, { enrolment, rows }: TimelineFacts): string {
  const { number, state, outcome = state === 'done' ? 'DONE' : '' } = step;
  // When it happened at the operator, this answer does not tell.
  const at = step.atLatest ? undefined : step.at;
  if (state === 'done' || state === 'failed') return at ? `${outcome}  ${at.toISOString()}` : outcome;
  if (state === 'waiting') return awaited[number] ?? stateWords.waiting;
  // Who confirmed, or that policy did not ask, this answer does not tell.
  const asksHere = enrolment.role === 'network' ? [5] : [12, 13];
  if (asksHere.includes(number) && (rows.length > 0 || enrolment.networkStatus === 'active')) return 'DONE';
  if (state === 'elsewhere' && enrolment.role === 'payoutOperator') return 'at the network';
  if (state === 'skipped' && enrolment.networkStatus === 'rejected') return 'not reached';
  return stateWords[state];
}

const stateWords = {
  waiting: 'being done',
  ahead: 'to come',
  skipped: 'not needed',
  elsewhere: 'at the payout operator',
} as const;

const awaited: Readonly<Record<number, string>> = {
  3: 'waits for the PSC to say whether it is revoked',
  5: 'waits for the security officer',
  7: 'waits for the payout operator',
  9: 'waits for the PSC to say whether it is revoked',
  12: 'waits for the apoderado',
  13: 'waits for the apoderado',
};

/** Of the sixteen steps of docs/enrolment.md. */
const stepNames = [
  'received',
  'validated',
  'revocation checked',
  'security officer told',
  'security officer asked',
  'chain stored',
  'sent to payout operator',
  'validated there',
  'revocation checked there',
  'chain stored there',
  'payout operator answered',
  'apoderado told',
  'apoderado asked',
  'active there',
  'final answer',
  'settled, participant told',
];

const nameWidth = 3 + Math.max(...stepNames.map(({ length }) => length));
