// Is everything of a participant frozen, who said so, and whose word comes next (M8, S21)? A flag beside the
// certificates' states, not one of them. What a confirmation ends, and who is told, is elsewhere.

import { Refusal } from '../errors.ts';
import type { Person } from '../people/person.ts';
import { powerInForce } from '../people/person.ts';
import type { Proof } from '../people/proof.ts';
import type { SuspensionStatement } from '../people/statement.ts';
import { suspensionPolicy } from '../policy.ts';

export const suspendingOffices = ['securityOfficer', 'apoderado'] as const;
export type SuspendingOffice = (typeof suspendingOffices)[number];
/** What a person says in one tap; nothing is typed on this page that others would read. */
export const suspensionCauses = ['keysTaken', 'intruder', 'wrongPayouts', 'other'] as const;
export type SuspensionCause = (typeof suspensionCauses)[number];

export type SuspendedBy =
  /** S table: a disable of the last or of all certificates with the API key alone. */
  | { readonly kind: 'apiKey'; readonly keyId: string }
  | {
      readonly kind: 'person';
      readonly personId: string;
      readonly office: SuspendingOffice;
      readonly proof: Proof<SuspensionStatement>;
    }
  /** Another node, which has suspended it itself; `office`: whose word it was there. */
  | { readonly kind: 'node'; readonly finId: string; readonly office?: SuspendingOffice }
  | { readonly kind: 'nodeOperator'; readonly personId: string };

/** Whose second word made it final: the other person's, two node operators', or the network's at a payout operator. */
export type ConfirmedBy =
  | { readonly kind: 'person'; readonly personId: string; readonly proof: Proof<SuspensionStatement> }
  | { readonly kind: 'nodeOperators'; readonly actId: string }
  | { readonly kind: 'node'; readonly finId: string };

export interface Suspension {
  readonly id: string;
  readonly participant: string;
  readonly state: 'unconfirmed' | 'confirmed';
  readonly since: Date;
  readonly by: SuspendedBy;
  /** A cause of ours, or what the participant's message gave. */
  readonly reason: string;
  /** personIds, any one of whom confirms. */
  readonly asked: readonly string[];
  /** fin_ids of the nodes that were told. */
  readonly told: readonly string[];
  /** Until then a person of the participant confirms; afterwards it is the node operators' turn. It never lapses. */
  readonly confirmBy: Date;
  readonly confirmedBy?: ConfirmedBy;
  readonly confirmedAt?: Date;
  /** The other person calls it a mistake: it stays, and the node operators decide. */
  readonly disputedBy?: string;
  readonly disputedAt?: Date;
  /** When the node operators were called because nobody answered. */
  readonly overdueAt?: Date;
  /** Certificates, pending enrolments and API keys have ended. */
  readonly carriedOutAt?: Date;
  /** Grows by one with every write; the condition of the next. */
  readonly version: number;
}

export function suspend(
  start: Pick<Suspension, 'id' | 'participant' | 'by' | 'reason' | 'asked' | 'told'>,
  now: Date,
): Suspension {
  // Where nobody is left to ask, it is the node operators' turn at once.
  const waitMs = start.asked.length > 0 ? suspensionPolicy.confirmMs : 0;
  const confirmBy = new Date(now.getTime() + waitMs);
  return { ...start, state: 'unconfirmed', since: now, confirmBy, version: 1 };
}

/** The other office than the one that spoke; both where no person of the participant did. */
export function peopleToAsk(
  by:
    | Exclude<SuspendedBy, { kind: 'person' }>
    | { readonly kind: 'person'; readonly office: SuspendingOffice },
  holders: readonly Person[],
  now: Date,
): readonly string[] {
  const spoke = 'office' in by ? by.office : undefined;
  return holders
    .filter(({ office }) => isSuspending(office) && office !== spoke)
    .filter((person) => person.state === 'active' && powerInForce(person, now))
    .map(({ personId }) => personId);
}

export function isSuspending(office: string): office is SuspendingOffice {
  return suspendingOffices.some((each) => each === office);
}

/** @throws Refusal SUSPENSION_NOT_YOURS, SUSPENSION_CONFIRMED: who may still say a second word */
export function admitSecondWord(suspension: Suspension, personId: string): void {
  if (!suspension.asked.includes(personId)) throw new Refusal('SUSPENSION_NOT_YOURS');
  if (suspension.state === 'confirmed') throw new Refusal('SUSPENSION_CONFIRMED');
}

/** fin_ids of the nodes that carry the network's confirmation out: those that were told, and who told it. */
export function nodesThatFollow({ told, by }: Suspension): readonly string[] {
  return by.kind === 'node' ? [...new Set([...told, by.finId])] : told;
}

/** @throws Refusal SUSPENSION_CONFIRMED */
export function confirmed(suspension: Suspension, by: ConfirmedBy, now: Date): Suspension {
  if (suspension.state === 'confirmed') throw new Refusal('SUSPENSION_CONFIRMED');
  return next(suspension, { state: 'confirmed', confirmedBy: by, confirmedAt: now });
}

export function disputed(suspension: Suspension, personId: string, now: Date): Suspension {
  return next(suspension, { disputedBy: personId, disputedAt: now });
}

/** Nobody answered: undefined where somebody has, or the node operators were called before. */
export function overdue(suspension: Suspension, now: Date): Suspension | undefined {
  const due = suspension.state === 'unconfirmed' && !suspension.overdueAt && now >= suspension.confirmBy;
  return due ? next(suspension, { overdueAt: now }) : undefined;
}

export function carriedOut(suspension: Suspension, now: Date): Suspension {
  return next(suspension, { carriedOutAt: now });
}

/** What is being ended is not lifted half way. @throws Refusal SUSPENSION_BEING_CARRIED_OUT */
export function admitLifting(suspension: Suspension): void {
  if (suspension.state === 'confirmed' && !suspension.carriedOutAt)
    throw new Refusal('SUSPENSION_BEING_CARRIED_OUT', { retryable: true });
}

function next(suspension: Suspension, change: Partial<Suspension>): Suspension {
  return { ...suspension, ...change, version: suspension.version + 1 };
}
