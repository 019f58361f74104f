// Records a node operator's vote on an act and, once it has its signatures, applies it: the only function that does.
// It believes no vote that the table holds: hash, signatures, persons and their distance are proved again here.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import {
  type Act,
  actHash,
  actVoteStatement,
  admitActVoter,
  applyActVote,
  enoughVotes,
  requireSigned,
} from '../../core/people/act.ts';
import { type ActKind, type ActParameters, parseActParameters } from '../../core/people/act-parameters.ts';
import type { Person } from '../../core/people/person.ts';
import type { Effects } from '../../core/people/ports.ts';
import { type Proof, proofDigest, verifyProof } from '../../core/people/proof.ts';
import type { ActVoteStatement } from '../../core/people/statement.ts';
import { changeAnchors } from './anchors-act.ts';
import { type ActContext, type Applied, type ApplyActPorts, nothing, type Once } from './applying.ts';
import {
  announceCertificate,
  confirmCertificate,
  endCertificate,
  wakeRejected,
} from './node-certificate-acts.ts';
import { revive } from './outbox-acts.ts';
import { change, endKey, issueKey, onboard, pin, setPeerKey } from './party-acts.ts';
import { changePolicy, lowerLimits, raiseLimits, settlePayout } from './payout-acts.ts';
import { end, inviteOne, release, reset } from './people-acts.ts';
import { confirmSuspension, liftSuspension, suspendParticipant } from './suspension-acts.ts';

export interface VoteOnActInput {
  readonly actId: string;
  readonly personId: string;
  readonly vote: 'confirm' | 'reject';
  readonly proof: Proof;
}

export interface VotedAct {
  readonly state: Act['state'];
  readonly votes: number;
  /** Given back once, here; stored nowhere. */
  readonly once: readonly Once[];
}

type Applier<K extends ActKind> = (
  ports: ApplyActPorts,
  parameters: ActParameters[K],
  context: ActContext,
) => Promise<Applied>;

const appliers: { readonly [K in ActKind]: Applier<K> } = {
  'participant.onboard': onboard,
  'participant.change': change,
  'person.invite': inviteOne,
  'person.release': release,
  'person.reset': reset,
  'person.end': end,
  'apiKey.issue': issueKey,
  'apiKey.end': endKey,
  'peer.pin': pin,
  'peer.confirmCertificate': confirmCertificate,
  'peer.endCertificate': endCertificate,
  'peer.setApiKey': setPeerKey,
  'node.announceCertificate': announceCertificate,
  'anchors.change': changeAnchors,
  'outbox.revive': revive,
  'limits.raise': raiseLimits,
  'limits.lower': lowerLimits,
  'policy.change': changePolicy,
  'payout.settle': settlePayout,
  'participant.suspend': suspendParticipant,
  'suspension.confirm': confirmSuspension,
  'suspension.lift': liftSuspension,
};

/** @throws Refusal ACT_*, PERSON_*, PROOF_*, OFFICE_* and what the kind itself refuses */
export async function voteOnAct(ports: ApplyActPorts, input: VoteOnActInput): Promise<VotedAct> {
  for (let again = 0; again < 5; again++) {
    const act = await ports.acts.act(input.actId);
    const person = await ports.people.person(input.personId);
    if (!act) throw new Refusal('ACT_UNKNOWN');
    if (!person) throw new Refusal('PERSON_UNKNOWN');
    const voted = await withVote(ports, act, person, input);
    const applies = voted.state === 'open' && enoughVotes(voted);
    const applied = applies ? await applicationOf(ports, voted) : nothing;
    const wakes = voted.state === 'rejected' ? wakeRejected(voted, ports.clock.now()) : [];
    const closed: Act = applies ? { ...voted, state: 'applied', closedAt: ports.clock.now() } : voted;
    const proofs = [proofDigest(input.proof), ...act.votes.map(({ proof }) => proofDigest(proof))];
    const effects = effectsOf(ports, closed, input, { ...applied, mails: [...applied.mails, ...wakes] });
    const grants = [...applied.grants, { noun: 'act' as const, act: closed }];
    if ((await ports.ledger.commit(grants, proofs, effects)) === 'RECORDED')
      return { state: closed.state, votes: closed.votes.length, once: applied.once };
  }
  throw new Refusal('ACT_CLOSED', { expected: 'records that stand still while the act is applied' });
}

async function withVote(ports: ApplyActPorts, act: Act, person: Person, input: VoteOnActInput): Promise<Act> {
  const now = ports.clock.now();
  admitActVoter(act, person, now);
  const proof = verifyProof<ActVoteStatement>(input.proof, {
    factorPublicKey: await ports.factorPublicKey(),
    personId: person.personId,
    passkeys: person.passkeys,
    votedAt: now,
    statement: actVoteStatement(act, person.personId, input.vote),
  });
  return applyActVote(act, { personId: person.personId, vote: input.vote, at: now, proof });
}

async function applicationOf(ports: ApplyActPorts, act: Act): Promise<Applied> {
  const now = ports.clock.now();
  const people = await Promise.all(act.votes.map(({ personId }) => ports.people.person(personId)));
  const known = people.filter((person) => person !== undefined);
  const { signers } = requireSigned(act, known, await ports.factorPublicKey(), now);
  return apply(ports, act, { actId: act.actId, act, signers, now });
}

function apply<K extends ActKind>(ports: ApplyActPorts, act: Act<K>, context: ActContext): Promise<Applied> {
  const applier: Applier<K> = appliers[act.kind];
  return applier(ports, parseActParameters(act.kind, act.parameters), context);
}

function effectsOf(ports: ApplyActPorts, act: Act, input: VoteOnActInput, applied: Applied): Effects {
  const now = ports.clock.now();
  const kind = { open: 'act.signed', applied: 'act.applied', rejected: 'act.rejected' }[act.state];
  const subjects = { actId: act.actId, ...applied.subjects };
  const evidence = {
    id: ports.ids.next(),
    scope: applied.subjects.participant ?? 'node',
    kind,
    at: now,
    actor: { kind: 'person' as const, personId: input.personId, method: input.proof.method },
    subjects,
    facts: {
      actKind: act.kind,
      hash: actHash(act),
      reason: createHash('sha256').update(act.reason).digest('base64url'),
      signers: act.votes.map(({ personId }) => personId),
      proof: proofDigest(input.proof),
    },
  };
  const { evidence: more = [], outbox = [] } = applied.effects ?? {};
  return { evidence: [evidence, ...more], outbox: [...applied.mails, ...outbox] };
}
