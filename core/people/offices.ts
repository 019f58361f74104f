// Which persons may stand beside each other (S13)? Officer and apoderado of a participant, and all signers of one
// act, are different people: tax id and address differ. A node operator holds no other office.
// It does not say what an act needs (act.ts).

import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';
import { normalisedAddress, normalisedTaxId, type Office, type Person } from './person.ts';

/** One person as far as distinctness goes. */
export interface Holder {
  readonly office: Office;
  /** null for the node's own people. */
  readonly participant: string | null;
  readonly taxId: string;
  readonly email: string;
}

/**
 * May `candidate` take this office beside the people who hold one now? Ended people must be left out by the caller.
 * Two apoderados (or two officers) of one participant are different persons too: a rule "all" counts heads.
 * @throws Refusal OFFICE_NODE_OPERATOR_ONLY, OFFICE_SAME_PERSON
 */
export function admitHolder(candidate: Holder, others: readonly Holder[]): void {
  for (const other of others) {
    if (!samePerson(candidate, other)) continue;
    if (candidate.office === 'nodeOperator' || other.office === 'nodeOperator')
      throw new Refusal('OFFICE_NODE_OPERATOR_ONLY');
    if (candidate.participant === other.participant) throw new Refusal('OFFICE_SAME_PERSON');
  }
}

export function samePerson(
  left: Pick<Holder, 'taxId' | 'email'>,
  right: Pick<Holder, 'taxId' | 'email'>,
): boolean {
  return (
    normalisedTaxId(left.taxId) === normalisedTaxId(right.taxId) ||
    normalisedAddress(left.email) === normalisedAddress(right.email)
  );
}

/**
 * S13: who invited or reset a person cannot be the second with them for 7 days. Bootstrap's own are exempt.
 * @throws Refusal ACT_ALREADY_SIGNED, OFFICE_RECENTLY_INVITED
 */
export function admitSigners(signers: readonly Person[], now: Date): void {
  const ids = new Set(signers.map((signer) => signer.personId));
  if (ids.size !== signers.length) throw new Refusal('ACT_ALREADY_SIGNED');
  for (const signer of signers) {
    const ageMs = now.getTime() - signer.invitedAt.getTime();
    if (signer.bootstrap || ageMs >= peoplePolicy.inviterPauseMs) continue;
    const inviter = signer.invitedBy.find((id) => id !== signer.personId && ids.has(id));
    if (inviter) throw new Refusal('OFFICE_RECENTLY_INVITED');
  }
}
