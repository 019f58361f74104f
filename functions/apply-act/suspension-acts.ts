// What do the acts about a suspension change (M8)? One node operator freezes a participant, as its own people could; two
// say the second word in their place, or lift a false alarm, with the act's reason, at this node alone.

import { disableChange, recordOf } from '../../core/disable/recording.ts';
import { Refusal } from '../../core/errors.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { nodeOperatorsToTell, peopleToTell } from '../../core/people/told.ts';
import { firstWord } from '../../core/suspension/first-word.ts';
import { effectsOf, type SuspensionWord } from '../../core/suspension/recording.ts';
import {
  admitLifting,
  confirmed,
  nodesThatFollow,
  type Suspension,
} from '../../core/suspension/suspension.ts';
import { type ActContext, type Applied, type ApplyActPorts, nothing } from './applying.ts';

/** At once and before the act is recorded as applied; where it stands already there is nothing to do. */
export async function suspendParticipant(
  ports: ApplyActPorts,
  { participant }: ActParameters['participant.suspend'],
  { act, signers, now }: ActContext,
): Promise<Applied> {
  const party = await ports.parties.party(participant);
  if (party?.kind !== 'participant')
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'participant',
      expected: 'a known participant',
    });
  const applied = { ...nothing, subjects: { participant } };
  if (await ports.suspensions.find(participant)) return applied;
  const personId = signers[0]!;
  const by = { kind: 'nodeOperator', personId } as const;
  const { suspension, audience } = await firstWord(ports, { party, by, reason: act.reason, now });
  const facts = {
    id: ports.ids.next(),
    participant,
    origin: 'nodeOperators' as const,
    cause: 'incident' as const,
    reason: act.reason,
    at: now,
    suspended: true,
    warnings: [],
  };
  // Moved: somebody else's word was a moment earlier, and it stands.
  await ports.disables.commit(
    disableChange({
      record: recordOf(facts, []),
      role: ports.role,
      actor: { kind: 'person', personId },
      evidenceId: ports.ids.next(),
      codes: { active: 'SUSPENDED', pending: 'SUSPENDED' },
      by: personId,
      holdings: [],
      audience,
      suspension,
    }),
  );
  return applied;
}

export async function confirmSuspension(
  ports: ApplyActPorts,
  parameters: ActParameters['suspension.confirm'],
  context: ActContext,
): Promise<Applied> {
  const standing = await standingHere(ports, parameters);
  const suspension = confirmed(standing, { kind: 'nodeOperators', actId: context.actId }, context.now);
  const grants = [{ noun: 'suspension' as const, suspension }];
  return { ...nothing, grants, ...(await told(ports, suspension, 'confirmed', context)) };
}

/** What ended stays ended: the participant begins again with a new key and new certificates. */
export async function liftSuspension(
  ports: ApplyActPorts,
  parameters: ActParameters['suspension.lift'],
  context: ActContext,
): Promise<Applied> {
  const suspension = await standingHere(ports, parameters);
  admitLifting(suspension);
  const grants = [{ noun: 'noSuspension' as const, suspension, at: context.now }];
  return { ...nothing, grants, ...(await told(ports, suspension, 'lifted', context)) };
}

async function standingHere(
  ports: ApplyActPorts,
  { participant, suspension_id: id }: ActParameters['suspension.lift'],
): Promise<Suspension> {
  const standing = await ports.suspensions.find(participant);
  if (standing?.id !== id) throw new Refusal('SUSPENSION_NONE', { found: participant });
  return standing;
}

async function told(
  ports: ApplyActPorts,
  suspension: Suspension,
  word: SuspensionWord,
  { signers, now }: ActContext,
): Promise<Pick<Applied, 'effects' | 'subjects'>> {
  const { participant, id } = suspension;
  const people = [
    ...(await peopleToTell(ports.people, participant)),
    ...(await nodeOperatorsToTell(ports.people)),
  ];
  // Lifting never travels; what is confirmed at the network is carried out at its payout operators.
  const nodes = ports.role === 'network' && word === 'confirmed' ? nodesThatFollow(suspension) : [];
  const actor = { kind: 'person', personId: signers.at(-1)! } as const;
  const evidenceId = ports.ids.next();
  const effects = effectsOf({ suspension, word, evidenceId, actor, at: now, audience: { people, nodes } });
  return { effects, subjects: { participant, suspensionId: id } };
}
