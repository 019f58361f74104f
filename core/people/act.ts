// Which deeds need two node operators, and have two really agreed to this very one? An act is proposed with a
// session, signed with proofs over its hash, applied by one function. What each kind changes is apply-act's.

import { createHash, type KeyObject } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { Refusal } from '../errors.ts';
import { isPlainText } from '../plain-text.ts';
import { peoplePolicy } from '../policy.ts';
import type { ActKind, ActParameters } from './act-parameters.ts';
import { admitSigners } from './offices.ts';
import { type Person, requireActive } from './person.ts';
import { type Proof, type VerifiedProof, verifyProof } from './proof.ts';
import type { ActVoteStatement } from './statement.ts';

/** Least number of node operators. One suffices only where nobody gains a right (docs/threat-model.md, who may do what). */
export const operatorsNeeded = {
  'participant.onboard': 2,
  'participant.change': 2,
  'person.invite': 2,
  'person.release': 2,
  'person.reset': 2,
  'person.end': 1,
  'apiKey.issue': 2,
  'apiKey.end': 1,
  'peer.pin': 2,
  'peer.confirmCertificate': 2,
  'peer.endCertificate': 1,
  'peer.setApiKey': 2,
  'node.announceCertificate': 2,
  'anchors.change': 2,
  'outbox.revive': 1,
  'limits.raise': 2,
  'limits.lower': 1,
  'policy.change': 2,
  'payout.settle': 2,
  'participant.suspend': 1,
  'suspension.confirm': 2,
  'suspension.lift': 2,
} as const satisfies Record<ActKind, 1 | 2>;

export interface ActVote {
  readonly personId: string;
  readonly vote: 'confirm' | 'reject';
  readonly at: Date;
  readonly proof: Proof<ActVoteStatement>;
}

export interface Act<K extends ActKind = ActKind> {
  readonly actId: string;
  readonly kind: K;
  readonly parameters: ActParameters[K];
  readonly reason: string;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly state: 'open' | 'applied' | 'rejected';
  readonly votes: readonly ActVote[];
  readonly closedAt?: Date;
  readonly version: number;
}

export function isActKind(kind: string): kind is ActKind {
  return Object.hasOwn(operatorsNeeded, kind);
}

/** base64url SHA-256 of RFC 8785 JSON: what an operator signs is this very act, not a button. */
export function actHash(act: Pick<Act, 'actId' | 'kind' | 'parameters' | 'reason'>): string {
  const { actId: act_id, kind, reason } = act;
  const bytes = canonicalJson({
    type: 'apodera/act/v1',
    act_id,
    kind,
    parameters: act.parameters as unknown as Json,
    reason,
  });
  return createHash('sha256').update(bytes).digest('base64url');
}

/** @throws Refusal ACT_REASON_MISSING, REASON_UNREADABLE */
export function proposeAct<K extends ActKind>(
  proposal: Pick<Act<K>, 'actId' | 'kind' | 'parameters' | 'reason' | 'proposedBy'>,
  now: Date,
): Act<K> {
  const reason = proposal.reason.trim();
  if (reason.length < 3 || reason.length > 200) throw new Refusal('ACT_REASON_MISSING');
  if (!isPlainText(reason)) throw new Refusal('REASON_UNREADABLE', { parameter: 'reason' });
  const expiresAt = new Date(now.getTime() + peoplePolicy.actLifeMs);
  return { ...proposal, reason, proposedAt: now, expiresAt, state: 'open', votes: [], version: 1 };
}

/** What this person signs when they vote. */
export function actVoteStatement(
  act: Act,
  person: string,
  vote: ActVote['vote'],
): Omit<ActVoteStatement, 'nonce'> {
  return { type: 'apodera/act-vote/v1', act_hash: actHash(act), vote, person };
}

/** @throws Refusal PERSON_WRONG_OFFICE, ACT_CLOSED, ACT_ALREADY_SIGNED */
export function admitActVoter(act: Act, person: Person, now: Date): void {
  if (person.office !== 'nodeOperator') throw new Refusal('PERSON_WRONG_OFFICE');
  requireActive(person, now);
  if (act.state !== 'open' || now >= act.expiresAt) throw new Refusal('ACT_CLOSED', { found: act.state });
  if (act.votes.some((vote) => vote.personId === person.personId)) throw new Refusal('ACT_ALREADY_SIGNED');
}

/** One rejection closes the act: whoever wants it still proposes it again, with a better reason. */
export function applyActVote(act: Act, vote: ActVote): Act {
  const state = vote.vote === 'reject' ? ('rejected' as const) : act.state;
  return {
    ...act,
    votes: [...act.votes, vote],
    state,
    ...(state === 'rejected' && { closedAt: vote.at }),
    version: act.version + 1,
  };
}

declare const signed: unique symbol;
export type SignedAct<K extends ActKind = ActKind> = Act<K> & {
  readonly [signed]: true;
  readonly signers: readonly string[];
  readonly proofs: readonly VerifiedProof<ActVoteStatement>[];
};

/** Enough signatures are there to try; `requireSigned` then believes none of them unseen. */
export function enoughVotes(act: Act): boolean {
  return act.votes.filter(({ vote }) => vote === 'confirm').length >= operatorsNeeded[act.kind];
}

/** @param people the signers' sealed records. @throws Refusal ACT_*, PERSON_*, PROOF_*, OFFICE_* */
export function requireSigned(
  act: Act,
  people: readonly Person[],
  factorPublicKey: KeyObject | Uint8Array,
  now: Date,
): SignedAct {
  if (act.state !== 'open' || now >= act.expiresAt) throw new Refusal('ACT_CLOSED', { found: act.state });
  const confirming = act.votes.filter(({ vote }) => vote === 'confirm');
  const signers = confirming.map(({ personId }) => {
    const person = people.find((candidate) => candidate.personId === personId);
    if (!person) throw new Refusal('PERSON_UNKNOWN');
    if (person.office !== 'nodeOperator') throw new Refusal('PERSON_WRONG_OFFICE');
    return requireActive(person, now);
  });
  admitSigners(signers, now);
  if (signers.length < operatorsNeeded[act.kind]) throw new Refusal('ACT_NOT_ENOUGH_SIGNERS');
  const proofs = confirming.map(({ personId, at, proof }) =>
    verifyProof<ActVoteStatement>(proof, {
      factorPublicKey,
      personId,
      passkeys: signers.find((signer) => signer.personId === personId)?.passkeys,
      votedAt: at,
      statement: actVoteStatement(act, personId, 'confirm'),
    }),
  );
  return { ...act, signers: signers.map(({ personId }) => personId), proofs } as unknown as SignedAct;
}
