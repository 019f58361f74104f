// Where does an enrolment stand among its sixteen steps, and whom does it wait for? Read out of what this node has
// recorded, of the decision it waits for and of the payout operators' words. It decides nothing and proves nothing.

import type { Decision } from '../people/decision.ts';
import type { Enrolment, OperatorAnswer, Step, StepNumber } from './enrolment.ts';

export type TimelineState =
  | 'done'
  | 'failed'
  | 'waiting'
  /** Its turn has not come. */
  | 'ahead'
  /** The enrolment ended before it, or policy did not ask for it. */
  | 'skipped'
  /** Another node's: what this node was told stands with its payout operators. */
  | 'elsewhere';

export type Awaited = 'source' | 'securityOfficer' | 'apoderado' | 'payoutOperator' | 'node';

export interface TimelineStep {
  readonly number: StepNumber;
  readonly state: TimelineState;
  /** As recorded: `GOOD`, `CONFIRMED`, a code. */
  readonly outcome?: string;
  readonly at?: Date;
  /** It was known here by then; when it happened stands at the other node. */
  readonly atLatest?: boolean;
  /** personIds, fin_ids, an API key's id or the name of a function. */
  readonly by?: readonly string[];
  /** What `by` names where it is not who did it: who was told, or whose word it is. */
  readonly role?: 'told' | 'says';
  readonly waitsFor?: Awaited;
  readonly since?: Date;
  readonly until?: Date;
}

export interface TimelineFacts {
  readonly enrolment: TimelineEnrolment;
  readonly rows: readonly OperatorWord[];
  /** Of the office that this node asks: the officer at the network, the apoderado at a payout operator. */
  readonly decision: Decision | undefined;
}

/** As much as the participant hears too. */
export type TimelineEnrolment = Pick<
  Enrolment,
  'role' | 'use' | 'networkStatus' | 'code' | 'steps' | 'createdAt'
>;
type OperatorWord = Pick<
  OperatorAnswer,
  'operator' | 'status' | 'code' | 'at' | 'askedAt' | 'pendingAt' | 'confirmedAt'
>;

/** The order in which things happen at each role; a step that is not named happens at the other node. */
const orders = {
  network: [1, 2, 6, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  payoutOperator: [7, 8, 10, 9, 11, 12, 13, 14, 15],
  transport: [1, 2, 6, 3, 4, 5, 16],
} as const satisfies Record<string, readonly StepNumber[]>;

const good = new Set(['DONE', 'ADMITTED', 'GOOD', 'TOLD', 'ACTIVE', 'CONFIRMED', 'ACCEPTED', 'PENDING']);
const everyStep = Array.from({ length: 16 }, (_, at) => (at + 1) as StepNumber);

export function timelineOf(facts: TimelineFacts): readonly TimelineStep[] {
  const { enrolment } = facts;
  const transport = enrolment.role === 'network' && enrolment.use === 'transport';
  const order: readonly StepNumber[] = orders[transport ? 'transport' : enrolment.role];
  const known = new Map<StepNumber, TimelineStep>();
  for (const step of [...recorded(enrolment), ...decided(facts), ...forwarded(facts)])
    known.set(step.number, step);
  const pending = enrolment.networkStatus === 'pending';
  const last = order.findLastIndex((number) => ['done', 'failed'].includes(known.get(number)?.state ?? ''));
  const next = pending ? order.find((number, at) => at > last && !known.has(number)) : undefined;
  return everyStep.map((number) => {
    const found = known.get(number);
    if (found) return found;
    if (!order.includes(number)) return { number, state: transport ? 'skipped' : 'elsewhere' };
    if (number === next && !hasWaiting(known)) return awaited(number, enrolment);
    return { number, state: pending && order.indexOf(number) > last ? 'ahead' : 'skipped' };
  });
}

const hasWaiting = (known: ReadonlyMap<StepNumber, TimelineStep>) =>
  [...known.values()].some(({ state }) => state === 'waiting');

/** The first word on a step is what it came to; what follows it is `laterOn`. */
function recorded(enrolment: TimelineEnrolment): TimelineStep[] {
  const first = new Map<StepNumber, Step>();
  for (const step of enrolment.steps) if (!first.has(step.number)) first.set(step.number, step);
  const steps = [...first.values()].map(shown);
  const stored = first.get(10);
  const admitted = first.get(8)?.outcome === 'ADMITTED';
  // Step 11: the receipt of the network's message was the answer, in the same request.
  if (stored && enrolment.role === 'payoutOperator')
    steps.push({
      number: 11,
      state: admitted ? 'done' : 'failed',
      outcome: admitted ? 'PENDING' : (enrolment.code ?? 'REJECTED'),
      at: stored.at,
      ...(stored.by && { by: [stored.by] }),
    });
  return steps;
}

function shown({ number, outcome, at, by }: Step): TimelineStep {
  return { number, state: good.has(outcome) ? 'done' : 'failed', outcome, at, ...(by && { by: [by] }) };
}

/** Step 5 at the network, 12 and 13 at a payout operator. */
function decided({ enrolment, decision, rows }: TimelineFacts): TimelineStep[] {
  const number = enrolment.role === 'network' ? 5 : 13;
  if (!decision) {
    const passed = number === 5 && (rows.length > 0 || enrolment.networkStatus === 'active');
    return passed ? [{ number, state: 'skipped' }] : [];
  }
  const { createdAt, expiresAt, decidedAt, state, cause, votes, asked } = decision;
  const by = votes.map(({ personId }) => personId);
  const mailed: TimelineStep[] =
    number === 13
      ? [{ number: 12, state: 'done', outcome: 'TOLD', at: createdAt, by: asked, role: 'told' }]
      : [];
  if (state === 'waiting')
    return [
      ...mailed,
      { number, state: 'waiting', waitsFor: decision.office, since: createdAt, until: expiresAt, by: asked },
    ];
  const outcome = cause ?? (state === 'expired' ? 'NO_ANSWER' : state.toUpperCase());
  const at = decidedAt ?? createdAt;
  return [...mailed, { number, state: state === 'confirmed' ? 'done' : 'failed', outcome, at, by }];
}

const furthest: readonly OperatorAnswer['status'][] = [
  'accepted',
  'pending',
  'waiting',
  'rejected',
  'silent',
];

/** What the network knows of steps 7 to 15: the word of the operator that has come farthest. */
function forwarded({ enrolment, rows }: TimelineFacts): TimelineStep[] {
  if (enrolment.role !== 'network' || rows.length === 0) return [];
  const row = [...rows].sort((a, b) => furthest.indexOf(a.status) - furthest.indexOf(b.status))[0]!;
  const by = [row.operator];
  const say = (state: TimelineState, more: Partial<TimelineStep>, ...numbers: StepNumber[]) =>
    numbers.map((number): TimelineStep => ({ number, state, by, ...more }));
  const { at, code, askedAt, pendingAt, confirmedAt } = row;
  const sent: TimelineStep = { number: 7, state: 'done', ...(askedAt && { at: askedAt }) };
  // What the operator did between its words, it did before the next of them.
  const before = (word: Date, ...numbers: StepNumber[]) =>
    say('done', { at: word, atLatest: true }, ...numbers);
  const received = pendingAt ?? at;
  switch (row.status) {
    case 'accepted':
      return [
        sent,
        ...before(received, 8, 10),
        ...say('done', { at: received, ...(!pendingAt && { atLatest: true }) }, 11),
        ...before(at, 9, 12, 14),
        ...say('done', { at: confirmedAt ?? at, role: 'says', ...(!confirmedAt && { atLatest: true }) }, 13),
        ...say('done', { at, outcome: 'ACCEPTED' }, 15),
      ];
    case 'rejected':
      return [
        sent,
        ...say('elsewhere', {}, 8, 9, 10, 11, 12, 13, 14),
        ...say('failed', { at, outcome: code ?? 'REJECTED' }, 15),
      ];
    case 'silent':
      return [sent, ...say('failed', { at, outcome: 'NO_ANSWER' }, 15)];
    case 'pending':
      return [
        sent,
        ...before(at, 8, 10),
        ...say('done', { at, outcome: 'PENDING' }, 11),
        ...say('elsewhere', {}, 9, 12),
        ...(enrolment.networkStatus === 'pending'
          ? say('waiting', { waitsFor: 'apoderado', since: at }, 13)
          : say('skipped', {}, 13)),
      ];
    default:
      return enrolment.networkStatus === 'pending'
        ? say('waiting', { waitsFor: 'payoutOperator', since: at }, 7)
        : say('skipped', {}, 7);
  }
}

function awaited(number: StepNumber, { steps, createdAt }: TimelineEnrolment): TimelineStep {
  const since = steps.at(-1)?.at ?? createdAt;
  const waitsFor: Awaited = number === 3 || number === 9 ? 'source' : number === 13 ? 'apoderado' : 'node';
  return { number, state: 'waiting', waitsFor, since };
}

/** What became of it after it was decided: disabled, revoked, expired, withdrawn. */
export function laterOn({ steps }: Pick<Enrolment, 'steps'>): readonly Step[] {
  const decidedAt = steps.findIndex(({ outcome }) => outcome === 'ACTIVE');
  return decidedAt < 0 ? [] : steps.slice(decidedAt + 1).filter(({ outcome }) => outcome !== 'TOLD');
}
