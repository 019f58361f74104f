// Steps 6 and 13: what does a mailed link show, and what does a vote do? Looking changes nothing. A vote is one
// transaction: the decision with the vote and its proof, the others it supersedes, evidence, wake-up, mails.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import { confirmationCode, normalisedCode } from '../../core/message/code.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import {
  admitVoter,
  applyVote,
  countWrongCode,
  type Decision,
  endDecision,
  outcome,
  type RejectionCause,
  taskIdOf,
  type Vote,
} from '../../core/people/decision.ts';
import { principalsOf } from '../../core/people/delegation.ts';
import { type Person, requireActive } from '../../core/people/person.ts';
import type { Decisions, Links, People } from '../../core/people/ports.ts';
import { type Proof, proofDigest } from '../../core/people/proof.ts';
import type {
  FactorAttempt,
  PasskeyCeremonies,
  PasskeyQuestion,
  SecondFactor,
} from '../../core/people/second-factor.ts';
import type { ConfirmationStatement } from '../../core/people/statement.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ConfirmTaskPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly links: Pick<Links, 'find'>;
  readonly people: Pick<People, 'person' | 'holders'>;
  readonly decisions: Decisions;
  readonly secondFactor: SecondFactor;
  readonly passkeys: Pick<PasskeyCeremonies, 'ask'>;
  /** A fresh nonce of at least 128 bits, base64url. */
  readonly nonce: () => string;
}

export interface Task {
  readonly decision: Decision;
  readonly person: Person;
}

/** @throws Refusal LINK_UNKNOWN, LINK_EXPIRED, DECISION_NOT_YOURS */
export async function findTask(ports: ConfirmTaskPorts, linkId: string): Promise<Task> {
  const link = await ports.links.find(linkId);
  if (link?.target.kind !== 'task') throw new Refusal('LINK_UNKNOWN');
  if (ports.clock.now() >= link.expiresAt) throw new Refusal('LINK_EXPIRED');
  const decision = await ports.decisions.find(link.target.decisionId);
  const person = await ports.people.person(link.target.personId);
  if (!decision || !person) throw new Refusal('LINK_UNKNOWN');
  const entitled = person.office === decision.office && person.participant === decision.subject.participant;
  if (!entitled || !decision.asked.includes(person.personId)) throw new Refusal('DECISION_NOT_YOURS');
  return { decision, person };
}

export interface VoteInput {
  readonly linkId: string;
  readonly vote: 'confirm' | 'reject';
  readonly cause?: RejectionCause;
  /** As typed; needed to confirm, not to reject. */
  readonly code: string;
  readonly attempt: FactorAttempt;
  readonly source: string;
}

/** What the person's passkey would sign: the facts as the decision has them. @throws as castVote */
export async function askVote(
  ports: ConfirmTaskPorts,
  { linkId, vote }: Pick<VoteInput, 'linkId' | 'vote'>,
): Promise<PasskeyQuestion> {
  const task = await findTask(ports, linkId);
  requireVoter(task, ports.clock.now());
  const { personId } = task.person;
  return ports.passkeys.ask({
    personId,
    statement: statementOf(task.decision, personId, vote, ports.nonce()),
  });
}

/** @throws Refusal LINK_*, DECISION_*, TASK_ALREADY_VOTED, PERSON_*, FACTOR_*, PASSKEY_*, CODE_WRONG, CODE_WRONG_TOO_OFTEN */
export async function castVote(ports: ConfirmTaskPorts, input: VoteInput): Promise<Decision> {
  const task = await findTask(ports, input.linkId);
  const { person } = task;
  requireVoter(task, ports.clock.now());
  // The factor first: who cannot prove themselves learns nothing of the code and uses up none of its tries.
  const statement = statementOf(task.decision, person.personId, input.vote, ports.nonce());
  const { attempt, source } = input;
  const proof = await ports.secondFactor.prove({ personId: person.personId, statement, attempt, source });
  if (input.vote === 'confirm' && !codeFits(task.decision, input.code)) await refuseCode(ports, task, proof);
  for (let again = 0; again < 5; again++) {
    const { decision } = await findTask(ports, input.linkId);
    const onBehalfOf = await principalsIn(ports, decision, person);
    const vote = {
      personId: person.personId,
      ...(onBehalfOf.length > 0 && { onBehalfOf: onBehalfOf.map(({ personId }) => personId) }),
      vote: input.vote,
      cause: input.cause,
      at: ports.clock.now(),
      proof,
    };
    const next = applyVote(decision, withoutUndefined(vote));
    if (await record(ports, next, vote)) return next;
  }
  throw new Error('the decision changes faster than a vote can be recorded');
}

/** S17: who has named this person their delegate and has not answered themselves. */
export async function principalsIn(
  { people, clock }: Pick<ConfirmTaskPorts, 'people' | 'clock'>,
  { asked, votes, subject, office }: Decision,
  person: Person,
): Promise<readonly Person[]> {
  if (office !== 'apoderado') return [];
  const open = asked.filter((id) => !votes.some((vote) => vote.personId === id));
  const principals = principalsOf(person.personId, await people.holders(subject.participant), clock.now());
  return principals.filter(({ personId }) => open.includes(personId));
}

function requireVoter({ decision, person }: Task, now: Date): void {
  admitVoter(decision, person.personId, now);
  requireActive(person, now);
}

function withoutUndefined({ cause, ...vote }: Vote): Vote {
  return cause ? { ...vote, cause } : vote;
}

function statementOf(
  decision: Decision,
  personId: string,
  vote: 'confirm' | 'reject',
  nonce: string,
): ConfirmationStatement {
  return {
    type: 'apodera/confirmation/v1',
    action: `enrolment.${vote}`,
    ...decision.subject,
    task_id: taskIdOf(decision.decisionId, personId),
    nonce,
  };
}

function codeFits({ subject, messageId, enrolmentId }: Decision, typed: string): boolean {
  const thumbprint = subject.thumbprint as Thumbprint;
  return normalisedCode(typed) === confirmationCode({ thumbprint, messageId, enrolmentId });
}

async function record(ports: ConfirmTaskPorts, next: Decision, vote: Vote): Promise<boolean> {
  const superseded = next.state === 'confirmed' ? await ports.decisions.waitingBeside(next) : [];
  const ended = superseded.map((other) => endDecision(other, 'SUPERSEDED', vote.at));
  const evidence = [
    evidenceOf(ports, next, 'confirmation.voted', vote.personId, vote.proof.method, {
      vote: vote.vote,
      cause: vote.cause,
      method: vote.proof.method,
      state: next.state,
      proof: proofDigest(vote.proof),
      ...(vote.onBehalfOf && { onBehalfOf: vote.onBehalfOf.join(' ') }),
    }),
    ...ended.map((other) =>
      evidenceOf(ports, other, 'confirmation.superseded', vote.personId, vote.proof.method, {
        by: next.decisionId,
      }),
    ),
  ];
  const outbox = [
    ...[next, ...ended].flatMap((decision) => wakesOf(decision, vote.at)),
    ...(next.state === 'rejected' ? await mailsToAll(ports, next, vote.at) : []),
  ];
  return (await ports.decisions.record([next, ...ended], { evidence, outbox })) === 'RECORDED';
}

function wakesOf(decision: Decision, now: Date): OutboxEntry[] {
  const decided = outcome(decision);
  return decided ? [wakeEntry(decision.decisionId, decided, `v${decision.version}`, now)] : [];
}

/** S18: a wrong code counts; the third rejects, and everybody is told. Always throws. */
async function refuseCode(ports: ConfirmTaskPorts, { person }: Task, proof: Proof): Promise<never> {
  const decisionId = (proof.statement as ConfirmationStatement).task_id.split('/')[0]!;
  for (let again = 0; again < 5; again++) {
    const decision = (await ports.decisions.find(decisionId))!;
    const now = ports.clock.now();
    admitVoter(decision, person.personId, now);
    const next = countWrongCode(decision, now);
    const facts = { wrongCodes: next.wrongCodes, state: next.state };
    const evidence = [
      evidenceOf(ports, next, 'confirmation.codeWrong', person.personId, proof.method, facts),
    ];
    const over = next.state === 'rejected';
    const outbox = over ? [...wakesOf(next, now), ...(await mailsToAll(ports, next, now))] : [];
    if ((await ports.decisions.record([next], { evidence, outbox })) === 'MOVED') continue;
    throw new Refusal(over ? 'CODE_WRONG_TOO_OFTEN' : 'CODE_WRONG', { found: String(next.wrongCodes) });
  }
  throw new Error('the decision changes faster than a wrong code can be counted');
}

/** Everybody who was asked, and the participant's officers: nobody rejects behind another's back. */
async function mailsToAll(ports: ConfirmTaskPorts, decision: Decision, now: Date): Promise<OutboxEntry[]> {
  const holders = await ports.people.holders(decision.subject.participant);
  const officers = holders.filter(({ office, state }) => office === 'securityOfficer' && state === 'active');
  const ids = new Set([...decision.asked, ...officers.map(({ personId }) => personId)]);
  return [...ids].map((personId) =>
    newOutboxEntry({
      id: `mail.decided.${decision.decisionId}.${personId}`,
      queue: 'mail',
      kind: 'mail.decided',
      refs: { decisionId: decision.decisionId, personId },
      receiver: personId,
      now,
    }),
  );
}

function evidenceOf(
  ports: ConfirmTaskPorts,
  decision: Decision,
  kind: string,
  personId: string,
  method: Proof['method'],
  facts: Record<string, string | number | undefined>,
) {
  const { enrolmentId, decisionId, subject } = decision;
  return {
    id: ports.ids.next(),
    scope: subject.participant,
    kind,
    at: ports.clock.now(),
    actor: { kind: 'person' as const, personId, method },
    subjects: { enrolmentId, decisionId, thumbprint: subject.thumbprint },
    facts,
  };
}
