// What does time alone do to a participant's certificates today? Expiry is decided by the clock at every use; this
// says what the daily pass records (A-126, A-139; S16 of a holder's power), which replaced certificates have had their
// overlap, and who is reminded of an expiry that comes. Pure.

import { transitionFor } from '../certificate/lifecycle.ts';
import { enrolmentLimits, expiryReminderDays } from '../policy.ts';
import { type Holding, isActive } from './plan.ts';

export interface Reminder {
  readonly holding: Holding;
  /** Which step of the ladder: the smallest that is not smaller than the days left. */
  readonly days: number;
}

/** Old and new are both active, and the day is known on which the old one ends. */
export interface Overlap {
  readonly old: Holding;
  readonly successor: Holding;
  readonly endsAt: Date;
}

export interface Aged {
  readonly expired: readonly Holding[];
  /** Active, and the power of their holder is over (S16). */
  readonly powerless: readonly Holding[];
  /** Their successors are active, accepted by every operator of theirs, and the overlap is over. */
  readonly rotated: readonly Holding[];
  /** The overlap is over, but an operator of the old one has not accepted the new one: it goes on. */
  readonly held: readonly Holding[];
  /** In its last days, or held beyond: whoever still signs with the old one is told. */
  readonly ending: readonly Overlap[];
  readonly reminders: readonly Reminder[];
}

const day = 24 * 3_600_000;

/** @param operators whom the participant pays through today: nobody else is asked to accept a successor */
export function ageOf(holdings: readonly Holding[], now: Date, operators: readonly string[]): Aged {
  const expired = holdings.filter((holding) => now > notAfterOf(holding) && mayExpire(holding));
  const inTime = holdings.filter((holding) => isActive(holding) && now <= notAfterOf(holding));
  const powerless = inTime.filter(({ status }) => status!.powerUntil && now > status!.powerUntil);
  const living = inTime.filter((holding) => !powerless.includes(holding));
  const isAccepted = ({ old, successor }: Pick<Overlap, 'old' | 'successor'>) =>
    acceptedWherever(old, successor, operators);
  const replacing = living.map((successor) => ({ successor, replaced: replacedBy(successor, holdings) }));
  const overlaps = living.flatMap((old): readonly Overlap[] => {
    const all = replacing
      .filter(({ replaced }) => replaced.has(old.thumbprint))
      .map(({ successor }) => ({ old, successor, endsAt: endOfOverlap(successor) }))
      .toSorted((one, other) => +one.endsAt - +other.endsAt);
    const first = all.find(isAccepted) ?? all[0];
    return first ? [first] : [];
  });
  const over = overlaps.filter(({ endsAt }) => now >= endsAt);
  const done = over.filter(isAccepted);
  const lateFrom = now.getTime() + enrolmentLimits.lateUseDays * day;
  return {
    expired,
    powerless,
    rotated: done.map(({ old }) => old),
    held: over.filter((one) => !done.includes(one)).map(({ old }) => old),
    ending: overlaps.filter((one) => one.endsAt.getTime() <= lateFrom && !done.includes(one)),
    reminders: living.flatMap((holding) => reminderFor(holding, living, now)),
  };
}

const notAfterOf = ({ status, enrolment }: Holding) => (status ?? enrolment!).notAfter;

function mayExpire({ status, enrolment }: Holding): boolean {
  const state = status ?? enrolment!;
  return (
    transitionFor('EXPIRED', state) !== undefined &&
    (enrolment !== undefined || state.networkStatus === 'active')
  );
}

const endOfOverlap = ({ status }: Holding) =>
  new Date(status!.activatedAt.getTime() + enrolmentLimits.rotationOverlapDays * day);

/** What it replaces, and what that one had replaced, though it has ended meanwhile: a rotation within the overlap. */
function replacedBy(successor: Holding, holdings: readonly Holding[]): ReadonlySet<string> {
  const replaced = new Set<string>();
  let next = successor.enrolment?.replaces;
  while (next !== undefined && next !== successor.thumbprint && !replaced.has(next)) {
    replaced.add(next);
    next = holdings.find(({ thumbprint }) => thumbprint === next)?.enrolment?.replaces;
  }
  return replaced;
}

function acceptedWherever(old: Holding, successor: Holding, operators: readonly string[]): boolean {
  const accepting = new Set(successor.status!.acceptingOperators);
  const asked = old.status!.acceptingOperators.filter((operator) => operators.includes(operator));
  return asked.every((operator) => accepting.has(operator));
}

/** Silenced by a successor: another active one of the same use that lasts longer. */
function reminderFor(holding: Holding, living: readonly Holding[], now: Date): readonly Reminder[] {
  const successor = living.some(
    (other) => other.use === holding.use && notAfterOf(other) > notAfterOf(holding) && other !== holding,
  );
  if (successor) return [];
  const left = (notAfterOf(holding).getTime() - now.getTime()) / day;
  const days = expiryReminderDays.findLast((step) => left <= step);
  return days === undefined ? [] : [{ holding, days }];
}
