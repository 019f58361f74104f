// May this apoderado let another answer for them, and who answers for whom at a moment (S17)? To a released apoderado of
// the same participant, no chains, at most 30 days, from 24 hours after it was made; one head still counts once.
// It says nothing of the votes (confirmation.ts).

import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';
import { type Delegation, type Person, powerInForce } from './person.ts';

/** @throws Refusal DELEGATION_*, PERSON_* */
export function makeDelegation(
  principal: Person,
  delegateId: string,
  until: Date,
  holders: readonly Person[],
  now: Date,
): Delegation {
  if (principal.office !== 'apoderado') throw new Refusal('PERSON_WRONG_OFFICE');
  if (openDelegation(principal, now)) throw new Refusal('DELEGATION_EXISTS');
  const delegate = holders.find(({ personId }) => personId === delegateId);
  if (!delegate || !mayAnswerFor(principal, delegate, now)) throw new Refusal('DELEGATION_NOT_ALLOWED');
  const isDelegate = holders.some((each) => openDelegation(each, now)?.delegate === principal.personId);
  if (isDelegate || openDelegation(delegate, now)) throw new Refusal('DELEGATION_CHAIN');
  const countsFrom = new Date(now.getTime() + peoplePolicy.delegationWaitMs);
  const longest = now.getTime() + peoplePolicy.delegationLifeMs;
  if (!(until > countsFrom && until.getTime() <= longest)) throw new Refusal('DELEGATION_TOO_LONG');
  return { delegate: delegateId, madeAt: now, countsFrom, countsUntil: until, stoppedAt: null };
}

function mayAnswerFor(principal: Person, delegate: Person, at: Date): boolean {
  return (
    delegate.personId !== principal.personId &&
    delegate.office === 'apoderado' &&
    delegate.participant === principal.participant &&
    delegate.state === 'active' &&
    powerInForce(delegate, at)
  );
}

/** Made, not stopped, not over; whether it counts yet is another question. */
export function openDelegation({ delegation }: Person, at: Date): Delegation | undefined {
  if (!delegation || at > delegation.countsUntil) return undefined;
  return delegation.stoppedAt === null || at < delegation.stoppedAt ? delegation : undefined;
}

/** Who answers for this person at that moment. Nobody whose own power, or whose principal's, is not in force. */
export function delegateAt(principal: Person, people: readonly Person[], at: Date): Person | undefined {
  const open = openDelegation(principal, at);
  if (!open || at < open.countsFrom || principal.state !== 'active' || !powerInForce(principal, at))
    return undefined;
  const delegate = people.find(({ personId }) => personId === open.delegate);
  return delegate && mayAnswerFor(principal, delegate, at) ? delegate : undefined;
}

/** For whom this person answers at that moment, besides themselves. */
export function principalsOf(delegate: string, people: readonly Person[], at: Date): readonly Person[] {
  return people.filter((each) => delegateAt(each, people, at)?.personId === delegate);
}

/** By the principal, or by an officer of the participant (S17). @throws Refusal DELEGATION_UNKNOWN, PERSON_WRONG_OFFICE */
export function stopDelegation(principal: Person, by: Person, now: Date): Delegation {
  const officer = by.office === 'securityOfficer' && by.participant === principal.participant;
  if (by.personId !== principal.personId && !officer) throw new Refusal('PERSON_WRONG_OFFICE');
  const open = openDelegation(principal, now);
  if (!open) throw new Refusal('DELEGATION_UNKNOWN');
  return { ...open, stoppedAt: now };
}

/** After a reset: an open one is stopped, whoever made it makes it again. */
export function withoutDelegation(person: Person, now: Date): Pick<Person, 'delegation'> {
  const open = openDelegation(person, now);
  return open ? { delegation: { ...open, stoppedAt: now } } : {};
}
