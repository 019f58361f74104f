// The second word: the other person confirms the suspension, or says that it is a mistake. One conditional write with
// its proof; what a confirmation ends is follow-suspension's. Looking changes nothing.

import { Refusal } from '../../core/errors.ts';
import { type Person, requireActive } from '../../core/people/person.ts';
import type { Links, People } from '../../core/people/ports.ts';
import type { Proof } from '../../core/people/proof.ts';
import type { FactorAttempt, SecondFactor } from '../../core/people/second-factor.ts';
import type { SuspensionStatement } from '../../core/people/statement.ts';
import { nodeOperatorsToTell, peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import { effectsOf } from '../../core/suspension/recording.ts';
import {
  admitSecondWord,
  confirmed,
  disputed,
  nodesThatFollow,
  type Suspension,
} from '../../core/suspension/suspension.ts';

export interface SecondWordPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: 'network' | 'payoutOperator';
  readonly nodeFinId: string;
  readonly links: Pick<Links, 'find'>;
  readonly people: Pick<People, 'person' | 'holders'>;
  readonly suspensions: Suspensions;
  readonly secondFactor: SecondFactor;
  readonly nonce: () => string;
}

export interface Seen {
  readonly person: Person;
  readonly participant: string;
  /** Undefined: it was lifted since the link was made. */
  readonly standing: Suspension | undefined;
}

/** @throws Refusal LINK_UNKNOWN, LINK_EXPIRED, SUSPENSION_NOT_YOURS */
export async function findSuspension(ports: SecondWordPorts, linkId: string): Promise<Seen> {
  const link = await ports.links.find(linkId);
  if (link?.target.kind !== 'suspension') throw new Refusal('LINK_UNKNOWN');
  if (ports.clock.now() >= link.expiresAt) throw new Refusal('LINK_EXPIRED');
  const { participant, suspensionId, personId } = link.target;
  const person = await ports.people.person(personId);
  if (!person) throw new Refusal('LINK_UNKNOWN');
  if (person.participant !== participant || person.state !== 'active')
    throw new Refusal('SUSPENSION_NOT_YOURS');
  const standing = await ports.suspensions.find(participant);
  return { person, participant, standing: standing?.id === suspensionId ? standing : undefined };
}

export interface WordInput {
  readonly linkId: string;
  readonly word: 'confirm' | 'dispute';
  readonly attempt: FactorAttempt;
  readonly source: string;
}

/** What the person's passkey would sign. @throws as saySecondWord */
export async function secondWordStatement(
  ports: SecondWordPorts,
  { linkId, word }: Pick<WordInput, 'linkId' | 'word'>,
): Promise<SuspensionStatement> {
  const { person, standing } = await findSuspension(ports, linkId);
  if (!standing) throw new Refusal('SUSPENSION_NONE');
  admitSecondWord(standing, person.personId);
  requireActive(person, ports.clock.now());
  return statementOf(ports, standing, person.personId, word);
}

/** @throws Refusal LINK_*, SUSPENSION_*, PERSON_*, FACTOR_*, PASSKEY_*, TRIES_EXHAUSTED */
export async function saySecondWord(ports: SecondWordPorts, input: WordInput): Promise<void> {
  const statement = await secondWordStatement(ports, input);
  const { person } = await findSuspension(ports, input.linkId);
  const { attempt, source } = input;
  const proof = await ports.secondFactor.prove({ personId: person.personId, statement, attempt, source });
  for (let again = 0; again < 5; again++) {
    const { standing: now } = await findSuspension(ports, input.linkId);
    if (!now) throw new Refusal('SUSPENSION_NONE');
    admitSecondWord(now, person.personId);
    if (await record(ports, now, input.word, proof)) return;
  }
  throw new Error('the suspension changes faster than a word can be recorded');
}

function statementOf(
  { nodeFinId, nonce }: SecondWordPorts,
  { participant, id, reason }: Suspension,
  person: string,
  word: WordInput['word'],
): SuspensionStatement {
  return {
    type: 'apodera/suspension/v1',
    action: `suspension.${word}`,
    node: nodeFinId,
    participant,
    suspension: id,
    reason,
    person,
    nonce: nonce(),
  };
}

async function record(
  ports: SecondWordPorts,
  standing: Suspension,
  word: WordInput['word'],
  proof: Proof<SuspensionStatement>,
): Promise<boolean> {
  const at = ports.clock.now();
  const { personId } = proof;
  const confirms = word === 'confirm';
  const suspension = confirms
    ? confirmed(standing, { kind: 'person', personId, proof }, at)
    : disputed(standing, personId, at);
  const people = [
    ...(await peopleToTell(ports.people, standing.participant)),
    ...(await nodeOperatorsToTell(ports.people)),
  ];
  // At a payout operator it ends what is here; the network asks its own people.
  const nodes = ports.role === 'network' ? nodesThatFollow(standing) : [];
  const effects = effectsOf({
    suspension,
    word: confirms ? 'confirmed' : 'disputed',
    evidenceId: ports.ids.next(),
    actor: { kind: 'person', personId, method: proof.method },
    at,
    audience: { people, nodes },
    proof,
  });
  return (await ports.suspensions.record(suspension, effects)) === 'RECORDED';
}
