// Another node says that a participant is suspended there (M8). It is frozen here at once and our own people are asked
// for the second word. A payout operator carries out what the network has confirmed, as it does with a disable; at the
// network a payout operator's word freezes and no more, so that none of them can end what the others rely on (ADR 22).

import type { SuspendForward } from '../../core/disable/forward.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, recordOf } from '../../core/disable/recording.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import type { Party } from '../../core/people/party.ts';
import type { Parties, People } from '../../core/people/ports.ts';
import { nodeOperatorsToTell, peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import { firstWord } from '../../core/suspension/first-word.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import { effectsOf } from '../../core/suspension/recording.ts';
import { confirmed } from '../../core/suspension/suspension.ts';
import { type FromNode, idOf, sourceOf, speaker } from './receive-disable.ts';

export interface ReceiveSuspensionPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly people: Pick<People, 'holders'>;
  readonly parties: Parties;
  readonly disables: Pick<DisableStore, 'commit'>;
  readonly suspensions: Pick<Suspensions, 'find' | 'record'>;
}

/** @throws Refusal PARTICIPANT_UNKNOWN: tried again, for the participant may be about to be set up here */
export async function receiveSuspension(
  ports: ReceiveSuspensionPorts,
  asked: SuspendForward,
  said: FromNode,
): Promise<void> {
  const party = await ports.parties.party(asked.participant);
  if (party?.kind !== 'participant') throw new Refusal('PARTICIPANT_UNKNOWN', { found: asked.participant });
  if (ports.role === 'network' && !party.payoutOperators.includes(said.from.finId))
    throw new Refusal('ACTION_UNEXPECTED', { expected: 'from a payout operator of the participant' });
  for (let attempt = 0; attempt < 5; attempt++) {
    if ((await freeze(ports, party, asked, said)) === 'MOVED') continue;
    if (!asked.confirmed || ports.role === 'network') return;
    if ((await carryOn(ports, asked, said)) !== 'MOVED') return;
  }
  throw new Error(`${asked.participant} changes faster than it can be suspended`);
}

async function freeze(ports: ReceiveSuspensionPorts, party: Party, asked: SuspendForward, said: FromNode) {
  const { from, messageId, message } = said;
  const { participant, reason, suspendedBy } = asked;
  const now = ports.clock.now();
  const isNew = !(await ports.suspensions.find(participant));
  const by = { kind: 'node', finId: from.finId, ...(suspendedBy && { office: suspendedBy }) } as const;
  const first = await firstWord(ports, { party, by, reason, now });
  const record = recordOf(
    {
      id: idOf(said),
      participant,
      origin: 'network',
      cause: 'incident',
      reason,
      at: now,
      suspended: true,
      ...(suspendedBy && { suspendedBy }),
      warnings: [],
      messageId,
    },
    [],
  );
  const change = disableChange({
    record,
    role: ports.role,
    actor: { kind: ports.role === 'network' ? 'payoutOperator' : 'network', ...speaker(said) },
    evidenceId: ports.ids.next(),
    codes: { active: 'SUSPENDED', pending: 'SUSPENDED' },
    by: from.finId,
    holdings: [],
    audience: isNew ? first.audience : { people: [], operators: [] },
    quiet: !isNew,
    ...(isNew && { suspension: first.suspension }),
    sources: [sourceOf(said)],
  });
  return ports.disables.commit({ ...change, message: { ...message, sender: from.finId, messageId } });
}

/** Confirmed at the network: here too, and what follows is this node's own work. */
async function carryOn(ports: ReceiveSuspensionPorts, { participant }: SuspendForward, { from }: FromNode) {
  const standing = await ports.suspensions.find(participant);
  // Lifted here meanwhile, or confirmed by our own people.
  if (standing?.state !== 'unconfirmed') return 'DONE';
  const at = ports.clock.now();
  const suspension = confirmed(standing, { kind: 'node', finId: from.finId }, at);
  const people = [
    ...(await peopleToTell(ports.people, participant)),
    ...(await nodeOperatorsToTell(ports.people)),
  ];
  const actor = { kind: 'network', finId: from.finId } as const;
  const evidenceId = ports.ids.next();
  const told = {
    suspension,
    word: 'confirmed',
    evidenceId,
    actor,
    at,
    audience: { people, nodes: [] },
  } as const;
  return ports.suspensions.record(suspension, effectsOf(told));
}
