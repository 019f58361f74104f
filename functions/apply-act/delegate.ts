// An apoderado names who answers for them, or somebody stops it (S17): sealed into the principal's record, told to the
// delegate, to the principal and to every officer of the participant, who can stop it.

import { Refusal } from '../../core/errors.ts';
import { makeDelegation, stopDelegation } from '../../core/people/delegation.ts';
import { type Delegation, type Person, requireActive } from '../../core/people/person.ts';
import type { Grant } from '../../core/people/ports.ts';
import { type Proof, proofDigest, verifyProof } from '../../core/people/proof.ts';
import type { DelegationStatement } from '../../core/people/statement.ts';
import { type ApplyActPorts, mailTo } from './applying.ts';

export interface DelegateInput {
  /** Who signs: the principal, or an officer who stops it. */
  readonly personId: string;
  readonly principal: string;
  readonly proof: Proof;
  readonly change: { readonly make: { readonly delegate: string; readonly until: string } } | 'stop';
}

/** What is signed; page and sealing function ask for the same. */
export function delegationStatement(
  node: string,
  person: string,
  change: 'make' | 'stop',
  about: Pick<DelegationStatement, 'participant' | 'principal' | 'delegate' | 'until'>,
): Omit<DelegationStatement, 'nonce'> {
  const { participant, principal, delegate: delegateId, until } = about;
  const type = 'apodera/delegation/v1' as const;
  return { type, node, person, change, participant, principal, delegate: delegateId, until };
}

/** @throws Refusal DELEGATION_*, PERSON_*, PROOF_*, PASSKEY_* */
export async function delegate(
  ports: ApplyActPorts,
  input: DelegateInput,
): Promise<{ readonly until: string }> {
  for (let again = 0; again < 5; again++) {
    const until = await delegateOnce(ports, input);
    if (until !== 'MOVED') return { until };
  }
  throw new Error('the people of this participant change faster than one can be delegated to');
}

async function delegateOnce(ports: ApplyActPorts, input: DelegateInput): Promise<string> {
  const now = ports.clock.now();
  const [signer, principal] = [
    await ports.people.person(input.personId),
    await ports.people.person(input.principal),
  ];
  if (!signer || !principal?.participant) throw new Refusal('PERSON_UNKNOWN');
  requireActive(signer, now);
  const holders = await ports.people.holders(principal.participant);
  const word = input.change === 'stop' ? ('stop' as const) : ('make' as const);
  const delegation = changed(input, signer, principal, holders, now);
  const proof = verifyProof<DelegationStatement>(input.proof, {
    factorPublicKey: await ports.factorPublicKey(),
    personId: signer.personId,
    passkeys: signer.passkeys,
    votedAt: now,
    statement: delegationStatement(ports.nodeFinId, signer.personId, word, {
      participant: principal.participant,
      principal: principal.personId,
      delegate: delegation.delegate,
      until: delegation.countsUntil.toISOString(),
    }),
  });
  // Giving a right away asks for the strongest proof; taking it back never fails for want of one.
  if (word === 'make' && proof.method !== 'passkey') throw new Refusal('PASSKEY_NEEDED');
  const person: Person = { ...principal, delegation, version: principal.version + 1 };
  const done = await ports.ledger.commit(
    [{ noun: 'person', person }, ...(word === 'make' ? unchanged(holders, person) : [])],
    [proofDigest(proof)],
    effectsOf(ports, { word, proof, signer, principal, delegation, holders }, now),
  );
  return done === 'MOVED' ? done : delegation.countsUntil.toISOString();
}

/** Two made at the same moment would make the chain that neither is: the other apoderados are as they were read. */
function unchanged(holders: readonly Person[], { personId }: Person): readonly Grant[] {
  const others = holders.filter((each) => each.office === 'apoderado' && each.personId !== personId);
  return others.map((person) => ({ noun: 'samePerson' as const, person }));
}

function changed(
  input: DelegateInput,
  signer: Person,
  principal: Person,
  holders: readonly Person[],
  now: Date,
): Delegation {
  if (input.change === 'stop') return stopDelegation(principal, signer, now);
  // Nobody names a delegate for somebody else.
  if (signer.personId !== principal.personId) throw new Refusal('PROOF_OTHER_PERSON');
  const { delegate: delegateId, until } = input.change.make;
  return makeDelegation(principal, delegateId, new Date(until), holders, now);
}

interface Change {
  readonly word: 'make' | 'stop';
  readonly proof: Proof;
  readonly signer: Person;
  readonly principal: Person;
  readonly delegation: Delegation;
  readonly holders: readonly Person[];
}

function effectsOf(ports: ApplyActPorts, change: Change, now: Date) {
  const { word, proof, signer, principal, delegation, holders } = change;
  const officers = holders.filter(({ office, state }) => office === 'securityOfficer' && state === 'active');
  const told = new Set([principal, ...officers].map(({ personId }) => personId).concat(delegation.delegate));
  const id = ports.ids.next();
  const evidence = {
    id,
    scope: principal.participant ?? 'node',
    kind: word === 'make' ? 'delegation.made' : 'delegation.stopped',
    at: now,
    actor: { kind: 'person' as const, personId: signer.personId, method: proof.method },
    subjects: { personId: principal.personId },
    facts: {
      delegate: delegation.delegate,
      from: delegation.countsFrom.toISOString(),
      until: delegation.countsUntil.toISOString(),
      proof: proofDigest(proof),
    },
  };
  const refs = { aboutPersonId: principal.personId, what: word };
  const outbox = [...told].map((personId) => mailTo('mail.delegation', id, personId, refs, now));
  return { evidence: [evidence], outbox };
}
