// Did enough of the right people really confirm this enrolment? Whoever activates asks here and believes no state:
// rule and people come from sealed items, the facts from the enrolment, each vote from its own proof (S22).

import type { KeyObject } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';
import { type AskedOffice, type Decision, type Rule, taskIdOf, votesNeeded } from './decision.ts';
import { delegateAt } from './delegation.ts';
import { type Person, powerInForce } from './person.ts';
import { type VerifiedProof, verifyProof } from './proof.ts';
import type { ConfirmationStatement, ConfirmationSubject } from './statement.ts';

declare const confirmed: unique symbol;
export interface Confirmation {
  readonly [confirmed]: true;
  readonly decisionId: string;
  readonly office: AskedOffice;
  readonly proofs: readonly VerifiedProof<ConfirmationStatement>[];
}

export interface ConfirmationEvidence {
  readonly decision: Decision;
  /** Facts as the enrolment record has them, not as the decision remembers them. */
  readonly subject: ConfirmationSubject;
  /** From the participant's sealed profile. */
  readonly rule: Rule;
  /** Every sealed person of that office and participant who has not ended. */
  readonly people: readonly Person[];
  /** SPKI of this node's factor key. */
  readonly factorPublicKey: KeyObject | Uint8Array;
}

/** @throws Refusal DECISION_*, PERSON_*, PROOF_* */
export function confirmationOf(evidence: ConfirmationEvidence): Confirmation {
  const { decision, people } = evidence;
  if (decision.state !== 'confirmed')
    throw new Refusal('DECISION_ALREADY_DECIDED', { found: decision.state });
  const entitled = people.filter(
    (person) =>
      person.office === decision.office &&
      person.participant === evidence.subject.participant &&
      person.state === 'active',
  );
  const proofs = new Map<string, VerifiedProof<ConfirmationStatement>>();
  for (const vote of decision.votes) {
    if (vote.vote !== 'confirm') continue;
    const person = entitled.find(({ personId }) => personId === vote.personId);
    if (!person) throw new Refusal('PERSON_NOT_ACTIVE');
    if (!powerInForce(person, vote.at)) throw new Refusal('PERSON_POWER_NOT_IN_FORCE');
    proofs.set(person.personId, proofOf(evidence, person, vote.at, vote.proof));
  }
  // "All" means all who hold the office and were asked: neither a shortened asked list nor an earlier time of asking
  // may lower the bar. The votes are signed with their time, and nobody waits longer than policy for one.
  const firstVote = Math.min(...[...proofs.values()].map(({ at }) => Date.parse(at)));
  const askedAt = Math.max(decision.createdAt.getTime(), firstVote - peoplePolicy.answerMs);
  const electorate = entitled.filter(
    (person) => (person.activeSince ?? person.invitedAt).getTime() <= askedAt,
  );
  const answered = evidence.rule === 'all' ? answeredFor(electorate, people, proofs) : proofs.size;
  if (proofs.size === 0 || answered < votesNeeded(evidence.rule, electorate.length))
    throw new Refusal('DECISION_UNKNOWN', {
      expected: `${evidence.rule} of ${electorate.length} to confirm`,
    });
  return {
    decisionId: decision.decisionId,
    office: decision.office,
    proofs: [...proofs.values()],
  } as unknown as Confirmation;
}

/** S17: under "all" a delegate answers for who is away; where heads are counted, one head is one vote. */
function answeredFor(
  electorate: readonly Person[],
  people: readonly Person[],
  proofs: ReadonlyMap<string, VerifiedProof<ConfirmationStatement>>,
): number {
  return electorate.filter(
    (person) =>
      proofs.has(person.personId) ||
      [...proofs.values()].some(
        ({ personId, at }) => delegateAt(person, people, new Date(at))?.personId === personId,
      ),
  ).length;
}

function proofOf(
  evidence: ConfirmationEvidence,
  { personId, passkeys }: Person,
  votedAt: Date,
  proof: Decision['votes'][number]['proof'],
): VerifiedProof<ConfirmationStatement> {
  return verifyProof<ConfirmationStatement>(proof, {
    factorPublicKey: evidence.factorPublicKey,
    personId,
    passkeys,
    votedAt,
    statement: {
      type: 'apodera/confirmation/v1',
      action: 'enrolment.confirm',
      ...evidence.subject,
      task_id: taskIdOf(evidence.decision.decisionId, personId),
    },
  });
}
