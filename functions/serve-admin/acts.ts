// Proposing and signing an act, for the page and for the command line alike. A proposal needs a session; a signature
// needs the person's own second factor over the hash of that very act, and apply-act proves it again.

import { Refusal } from '../../core/errors.ts';
import {
  type Act,
  actHash,
  actVoteStatement,
  admitActVoter,
  isActKind,
  operatorsNeeded,
  proposeAct,
} from '../../core/people/act.ts';
import { parseActParameters } from '../../core/people/act-parameters.ts';
import type { Person } from '../../core/people/person.ts';
import type { Acts, People } from '../../core/people/ports.ts';
import type {
  FactorAttempt,
  PasskeyCeremonies,
  PasskeyQuestion,
  SecondFactor,
} from '../../core/people/second-factor.ts';
import type { ActVoteStatement } from '../../core/people/statement.ts';
import { nodeOperatorsToTell, proposalEffects } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { VotedAct, VoteOnActInput } from '../apply-act/apply-act.ts';

export interface ActPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly acts: Acts;
  readonly people: Pick<People, 'person' | 'holders' | 'contact'>;
  readonly secondFactor: SecondFactor;
  readonly passkeys: Pick<PasskeyCeremonies, 'ask'>;
  readonly nonce: () => string;
  readonly apply: (input: VoteOnActInput) => Promise<VotedAct>;
  /** Replaces what may not stand in an act: a peer's API key, a manifest's bytes. */
  readonly prepare: (kind: string, parameters: unknown) => Promise<unknown>;
}

export interface Proposal {
  readonly kind: unknown;
  readonly parameters: unknown;
  readonly reason: unknown;
}

/** @throws Refusal ACT_*, PERSON_WRONG_OFFICE */
export async function propose(ports: ActPorts, person: Person, proposal: Proposal): Promise<Act> {
  if (person.office !== 'nodeOperator') throw new Refusal('PERSON_WRONG_OFFICE');
  const { kind, reason } = proposal;
  if (typeof kind !== 'string' || !isActKind(kind))
    throw new Refusal('ACT_KIND_UNKNOWN', { parameter: 'kind' });
  const parameters = parseActParameters(kind, await ports.prepare(kind, proposal.parameters));
  const now = ports.clock.now();
  const [actId, proposedBy] = [ports.ids.next(), person.personId];
  const act = proposeAct(
    { actId, kind, parameters, reason: typeof reason === 'string' ? reason : '', proposedBy },
    now,
  );
  // One operator suffices for what takes away: nobody else need be called.
  const operators = operatorsNeeded[kind] > 1 ? await nodeOperatorsToTell(ports.people) : [];
  const called = operators.filter((personId) => personId !== proposedBy);
  const actor = { kind: 'person' as const, personId: proposedBy };
  await ports.acts.propose(act, proposalEffects(act, ports.ids.next(), { actor }, called));
  return act;
}

export interface Signature {
  readonly actId: string;
  readonly vote: 'confirm' | 'reject';
  /** What the person was shown; another hash is another act. */
  readonly actHash: string;
  readonly attempt: FactorAttempt;
  readonly source: string;
}

/** What the person's passkey would sign. @throws as sign */
export async function askSignature(
  ports: ActPorts,
  person: Person,
  signature: Pick<Signature, 'actId' | 'vote' | 'actHash'>,
): Promise<PasskeyQuestion> {
  const statement = await statementOf(ports, person, signature);
  return ports.passkeys.ask({ personId: person.personId, statement });
}

async function statementOf(
  ports: ActPorts,
  person: Person,
  signature: Pick<Signature, 'actId' | 'vote' | 'actHash'>,
): Promise<ActVoteStatement> {
  const act = await ports.acts.act(signature.actId);
  if (!act) throw new Refusal('ACT_UNKNOWN');
  admitActVoter(act, person, ports.clock.now());
  if (signature.actHash !== actHash(act)) throw new Refusal('PROOF_OTHER_STATEMENT');
  return { ...actVoteStatement(act, person.personId, signature.vote), nonce: ports.nonce() };
}

/** @throws Refusal ACT_*, PERSON_*, FACTOR_*, PASSKEY_*, TRIES_EXHAUSTED, OFFICE_* */
export async function sign(ports: ActPorts, person: Person, signature: Signature): Promise<VotedAct> {
  const { actId, vote, attempt, source } = signature;
  const statement = await statementOf(ports, person, signature);
  const { personId } = person;
  const proof = await ports.secondFactor.prove({ personId, statement, attempt, source });
  return ports.apply({ actId, personId, vote, proof });
}

/** `profile.rule: all`: every member, in the order in which it stands. */
export function flattened(value: unknown, path = ''): (readonly [string, string])[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [[path, '[]']];
    return value.flatMap((entry, index) => flattened(entry, `${path}[${index}]`));
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, inner]) =>
      flattened(inner, path ? `${path}.${name}` : name),
    );
  return [[path, value === null ? '–' : String(value)]];
}
