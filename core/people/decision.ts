// What stands between "asked" and "decided"? One decision per enrolment and office, one vote per person, a rule that
// flips it once. Who may vote is the asked list; what a vote proves is proof.ts; waking the workflow is outside.

import type { EndingCode } from '../enrolment/enrolment.ts';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';
import type { Proof } from './proof.ts';
import type { ConfirmationStatement, ConfirmationSubject } from './statement.ts';

export const askedOffices = ['securityOfficer', 'apoderado'] as const;
export type AskedOffice = (typeof askedOffices)[number];
export const rules = ['any', 'all', 'twoOfThree'] as const;
export type Rule = (typeof rules)[number];
export type DecisionState = 'waiting' | 'confirmed' | 'rejected' | 'expired';
/** What a person says in one tap when rejecting. */
export const rejectionCauses = ['notExpected', 'wrongFacts', 'notAuthorised', 'other'] as const;
export type RejectionCause = (typeof rejectionCauses)[number];

export interface Vote {
  readonly personId: string;
  readonly vote: 'confirm' | 'reject';
  readonly cause?: RejectionCause;
  readonly at: Date;
  readonly proof: Proof<ConfirmationStatement>;
  /** personIds of those who named this person their delegate: shown, and counted under "all"; proved again at the end. */
  readonly onBehalfOf?: readonly string[];
}

export interface Decision {
  /** `<enrolmentId>.<office>` */
  readonly decisionId: string;
  readonly enrolmentId: string;
  readonly office: AskedOffice;
  readonly subject: ConfirmationSubject;
  /** Of the participant's message: with thumbprint and enrolment id it yields the 6-character code (S18). */
  readonly messageId: string;
  readonly rule: Rule;
  /** personIds, in the order in which they were asked. */
  readonly asked: readonly string[];
  readonly state: DecisionState;
  /** Why it ended without a person's vote. */
  readonly cause?: 'WRONG_CODE' | 'SUPERSEDED' | 'WITHDRAWN' | 'SUSPENDED' | 'OFFICE_MISSING';
  readonly decidedAt?: Date;
  readonly votes: readonly Vote[];
  readonly wrongCodes: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Grows by one with every write; the condition of the next. */
  readonly version: number;
}

/** The last forms are the waits for one payout operator and for an act of our node operators; nobody votes there. */
export function decisionIdOf(
  enrolmentId: string,
  office: AskedOffice | 'nodeOperator' | `operator.${string}`,
): string {
  return `${enrolmentId}.${office}`;
}

/** The task id that a statement names: one task per decision and person. */
export function taskIdOf(decisionId: string, personId: string): string {
  return `${decisionId}/${personId}`;
}

/** @throws Refusal OFFICE_MISSING */
export function openDecision(
  asked: Pick<Decision, 'enrolmentId' | 'office' | 'subject' | 'messageId' | 'rule' | 'asked'>,
  now: Date,
  timeoutSeconds: number,
): Decision {
  if (asked.asked.length < votesNeeded(asked.rule, asked.asked.length) || asked.asked.length === 0)
    throw new Refusal('OFFICE_MISSING', { parameter: asked.office });
  return {
    ...asked,
    decisionId: decisionIdOf(asked.enrolmentId, asked.office),
    state: 'waiting',
    votes: [],
    wrongCodes: 0,
    createdAt: now,
    expiresAt: new Date(now.getTime() + timeoutSeconds * 1000),
    version: 1,
  };
}

/** Nobody holds the office with a power in force: rejected at once, so that nobody waits for nobody. */
export function openWithoutPeople(
  asked: Pick<Decision, 'enrolmentId' | 'office' | 'subject' | 'messageId' | 'rule' | 'asked'>,
  now: Date,
): Decision {
  const decisionId = decisionIdOf(asked.enrolmentId, asked.office);
  const nothing = { votes: [], wrongCodes: 0, createdAt: now, expiresAt: now, decidedAt: now, version: 1 };
  return { ...asked, ...nothing, decisionId, state: 'rejected', cause: 'OFFICE_MISSING' };
}

export function votesNeeded(rule: Rule, people: number): number {
  return { any: 1, all: people, twoOfThree: 2 }[rule];
}

/**
 * May this person still vote? The page asks it before it asks for a factor, the recording asks it again.
 * @throws Refusal DECISION_NOT_YOURS, DECISION_EXPIRED, DECISION_ALREADY_DECIDED, TASK_ALREADY_VOTED
 */
export function admitVoter(decision: Decision, personId: string, now: Date): void {
  if (!decision.asked.includes(personId)) throw new Refusal('DECISION_NOT_YOURS');
  if (decision.state === 'expired') throw new Refusal('DECISION_EXPIRED');
  if (decision.state !== 'waiting') throw new Refusal('DECISION_ALREADY_DECIDED', { found: decision.state });
  if (decision.votes.some((vote) => vote.personId === personId)) throw new Refusal('TASK_ALREADY_VOTED');
  if (now >= decision.expiresAt) throw new Refusal('DECISION_EXPIRED');
}

/** The decision after this vote. A rejection that leaves too few others to confirm decides at once. */
export function applyVote(decision: Decision, vote: Vote): Decision {
  admitVoter(decision, vote.personId, vote.at);
  const votes = [...decision.votes, vote];
  const state = outcomeOf(decision, votes);
  return {
    ...decision,
    votes,
    state,
    ...(state !== 'waiting' && { decidedAt: vote.at }),
    version: decision.version + 1,
  };
}

function outcomeOf({ rule, asked }: Decision, votes: readonly Vote[]): DecisionState {
  const confirming = votes.filter(({ vote }) => vote === 'confirm');
  const rejected = votes.length - confirming.length;
  const needed = votesNeeded(rule, asked.length);
  const answered = new Set(confirming.map(({ personId }) => personId));
  // A delegate answers for who is away; where heads are counted, one head is one vote.
  if (rule === 'all') for (const id of confirming.flatMap((vote) => vote.onBehalfOf ?? [])) answered.add(id);
  if (asked.filter((id) => answered.has(id)).length >= needed) return 'confirmed';
  // Under "any" each person speaks for all: the first answer decides, also a rejection.
  if (rule === 'any' ? rejected > 0 : asked.length - rejected < needed) return 'rejected';
  return 'waiting';
}

/** S18: three wrong codes reject; whoever holds no code was not asked by the participant. */
export function countWrongCode(decision: Decision, now: Date): Decision {
  const wrongCodes = decision.wrongCodes + 1;
  const over = wrongCodes >= peoplePolicy.wrongCodesUntilRejected;
  return {
    ...decision,
    wrongCodes,
    version: decision.version + 1,
    ...(over && { state: 'rejected', cause: 'WRONG_CODE', decidedAt: now }),
  };
}

/** Ends a waiting decision without a vote: silence, another one confirmed, withdrawn, suspended. */
export function endDecision(decision: Decision, cause: Decision['cause'] | undefined, now: Date): Decision {
  return {
    ...decision,
    state: cause ? 'rejected' : 'expired',
    ...(cause && { cause }),
    decidedAt: now,
    version: decision.version + 1,
  };
}

/** The one word that the workflow hears. */
export function outcome(decision: Decision): 'CONFIRMED' | 'REJECTED' | 'EXPIRED' | undefined {
  if (decision.state === 'waiting') return undefined;
  return decision.state.toUpperCase() as 'CONFIRMED' | 'REJECTED' | 'EXPIRED';
}

/** Why the enrolment ends because of this decision; undefined while waiting or confirmed. */
export function endingOf(decision: Decision): EndingCode | undefined {
  if (decision.state === 'expired') return 'NO_ANSWER';
  if (decision.state !== 'rejected') return undefined;
  return decision.cause ?? (decision.office === 'apoderado' ? 'APODERADO_REJECTED' : 'OFFICER_REJECTED');
}
