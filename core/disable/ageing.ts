// What does time alone do to a participant's certificates today? Expiry is decided by the clock at every use; this
// says what the daily pass records, which replaced certificates have had their overlap, and who
// is reminded of an expiry that comes. Pure.

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
  /** Their successors are active, accepted by every operator of theirs, and the overlap is over. */
  readonly rotated: readonly Holding[];
  /** The overlap is over, but an operator of the old one has not accepted the new one: it goes on. */
  readonly held: readonly Holding[];
  /** In its last days, or held beyond: whoever still signs with the old one is told. */
  readonly ending: readonly Overlap[];
  readonly reminders: readonly Reminder[];
}

const day = 24 * 3_600_000;

export function ageOf(holdings: readonly Holding[], now: Date): Aged {
  const expired = holdings.filter((holding) => now > notAfterOf(holding) && mayExpire(holding));
  const living = holdings.filter((holding) => isActive(holding) && now <= notAfterOf(holding));
  const overlaps = living.flatMap((old): readonly Overlap[] => {
    const successor = living.find(({ enrolment }) => enrolment?.replaces === old.thumbprint);
    return successor ? [{ old, successor, endsAt: endOfOverlap(successor) }] : [];
  });
  const over = overlaps.filter(({ endsAt }) => now >= endsAt);
  const done = over.filter(({ old, successor }) => acceptedWherever(old, successor));
  const lateFrom = now.getTime() + enrolmentLimits.lateUseDays * day;
  return {
    expired,
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

function acceptedWherever(old: Holding, successor: Holding): boolean {
  const accepting = new Set(successor.status!.acceptingOperators);
  return old.status!.acceptingOperators.every((operator) => accepting.has(operator));
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
