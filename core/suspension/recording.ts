// How are the words on a suspension written down after the first, and who hears of them? Evidence and outbox of the one
// conditional write that core/suspension/suspension.ts decides. The first word is a disable's (core/disable).

import type { Actor, EvidenceRecord } from '../evidence/record.ts';
import { newOutboxEntry, type OutboxEntry } from '../outbox.ts';
import type { Effects } from '../people/ports.ts';
import { type Proof, proofDigest } from '../people/proof.ts';
import type { Suspension } from './suspension.ts';

/** What can be said of a suspension after its first word; the mails' and events' own word for it. */
export type SuspensionWord = 'confirmed' | 'disputed' | 'overdue' | 'lifted';

export interface SuspensionAudience {
  /** Active officers and apoderados of the participant, and node operators. */
  readonly people: readonly string[];
  /** fin_ids of nodes that must carry a confirmation out: the network's payout operators. */
  readonly nodes: readonly string[];
}

export interface Told {
  readonly suspension: Suspension;
  readonly word: SuspensionWord;
  readonly evidenceId: string;
  readonly actor: Actor;
  readonly at: Date;
  readonly audience: SuspensionAudience;
  readonly proof?: Proof;
}

export function effectsOf(told: Told): Effects {
  const { suspension, word, at, audience } = told;
  const confirms = word === 'confirmed';
  const hasEvent = confirms || word === 'lifted';
  return {
    evidence: [evidenceOf(told)],
    outbox: [
      ...audience.people.map((personId) => mail(suspension, word, personId, at)),
      ...(hasEvent ? [event(suspension, word, at)] : []),
      ...(confirms ? [followUp(suspension, 'carryOut', at)] : []),
      ...(confirms ? audience.nodes.map((node) => forward(suspension, node, at)) : []),
    ],
  };
}

function evidenceOf({ suspension, word, evidenceId, actor, at, proof }: Told): EvidenceRecord {
  return {
    id: evidenceId,
    scope: suspension.participant,
    kind: `suspension.${word}`,
    at,
    actor,
    subjects: { suspensionId: suspension.id },
    facts: { state: suspension.state, ...(proof && { proof: proofDigest(proof) }) },
  };
}

function mail(
  { id, participant, version }: Suspension,
  word: SuspensionWord,
  personId: string,
  now: Date,
): OutboxEntry {
  return newOutboxEntry({
    // Several people may call it a mistake, one after the other.
    id: `mail.suspension.${word}.${id}.${version}.${personId}`,
    queue: 'mail',
    kind: 'mail.suspension',
    refs: { participant, suspensionId: id, word, personId },
    receiver: personId,
    now,
  });
}

function event({ id, participant }: Suspension, word: SuspensionWord, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `event.suspension.${word}.${id}`,
    queue: 'deliver',
    kind: 'event.suspension',
    refs: { participant, suspensionId: id, word },
    receiver: participant,
    now,
  });
}

function forward({ id, participant }: Suspension, receiver: string, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `suspension.confirm.${id}.${receiver}`,
    queue: 'deliver',
    kind: 'suspension.confirm',
    refs: { participant, suspensionId: id, receiver },
    receiver,
    now,
  });
}

/**
 * What follows by itself: ending everything once it is confirmed, calling the node operators once the time is over.
 * @param at not before then; an entry's life begins with it
 */
export function followUp(
  { id, participant }: Pick<Suspension, 'id' | 'participant'>,
  what: 'carryOut' | 'overdue',
  at: Date,
): OutboxEntry {
  return newOutboxEntry({
    id: `suspension.${what}.${id}`,
    queue: 'execution',
    kind: `suspension.${what}`,
    refs: { participant, suspensionId: id },
    now: at,
  });
}
