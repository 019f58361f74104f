// What follows of a suspension by itself? Once it is confirmed every certificate is disabled, what is pending rejected
// and every API key ended, here; once its time is over without a second word the node operators are called. Each step
// reads what stands and is one transaction: dying in between and running again loses nothing and does nothing twice.

import { isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableStore } from '../../core/disable/ports.ts';
import { disableChange, endedAtOnce, recordOf } from '../../core/disable/recording.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import type { ApiKeyRings, Ledger, People } from '../../core/people/ports.ts';
import { nodeOperatorsToTell, peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import { effectsOf } from '../../core/suspension/recording.ts';
import { carriedOut, nodesThatFollow, overdue, type Suspension } from '../../core/suspension/suspension.ts';

export interface FollowSuspensionPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly people: Pick<People, 'holders'>;
  readonly disables: Pick<DisableStore, 'holdings' | 'commit'>;
  readonly suspensions: Suspensions;
  readonly apiKeys: ApiKeyRings;
  readonly ledger: Ledger;
  readonly alarm: (participant: string) => void;
}

export interface FollowSuspensionInput {
  readonly participant: string;
  readonly suspensionId: string;
  readonly moment: 'CONFIRMED' | 'OVERDUE';
}

export type FollowedSuspension = { readonly outcome: 'CARRIED_OUT' | 'CALLED' | 'NOTHING' };

const actor = { kind: 'node', function: 'follow-suspension' } as const;
/** Without any progress. */
const attempts = 20;

export async function followSuspension(
  ports: FollowSuspensionPorts,
  { participant, suspensionId, moment }: FollowSuspensionInput,
): Promise<FollowedSuspension> {
  const standing = await ports.suspensions.find(participant);
  if (standing?.id !== suspensionId) return { outcome: 'NOTHING' };
  if (moment === 'OVERDUE') return callOperators(ports, standing);
  if (standing.state !== 'confirmed' || standing.carriedOutAt) return { outcome: 'NOTHING' };
  await endCertificates(ports, standing);
  await endApiKeys(ports, standing);
  return settle(ports, standing);
}

async function endCertificates(ports: FollowSuspensionPorts, suspension: Suspension): Promise<void> {
  const { participant } = suspension;
  for (let fruitless = 0; fruitless < attempts; ) {
    const all = await ports.disables.holdings(participant);
    const open = all.filter((holding) => isActive(holding) || isPending(holding));
    if (open.length === 0) return;
    const accepting = open.flatMap(({ status }) => status?.acceptingOperators ?? []);
    const operators =
      ports.role === 'network' ? [...new Set([...nodesThatFollow(suspension), ...accepting])] : [];
    const holdings = endedAtOnce(open, ports.role, operators);
    const facts = {
      id: ports.ids.next(),
      participant,
      origin: 'suspension' as const,
      cause: 'incident' as const,
      reason: suspension.reason,
      at: ports.clock.now(),
      suspended: false,
      warnings: [],
    };
    const outcome = await ports.disables.commit(
      disableChange({
        record: recordOf(facts, holdings),
        role: ports.role,
        actor,
        evidenceId: ports.ids.next(),
        codes: { active: 'SUSPENDED', pending: 'SUSPENDED' },
        by: `suspension.${suspension.id}`,
        holdings,
        // The people hear of the confirmation in one mail; systems hear of each certificate.
        audience: { people: [], operators },
      }),
    );
    if (outcome !== 'DONE') fruitless++;
  }
  throw new Error(`certificates of ${participant} change faster than they can be ended`);
}

/** One by one: each end is a change of the one list whose version makes "at most two" hold. */
async function endApiKeys(ports: FollowSuspensionPorts, { participant, id }: Suspension): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const ring = await ports.apiKeys.heldBy(participant);
    const at = ports.clock.now();
    const key = ring.keys.find(({ endedAt }) => endedAt === undefined);
    if (!key) return;
    const { keyId } = key;
    const evidence = {
      id: ports.ids.next(),
      scope: participant,
      kind: 'apiKey.ended',
      at,
      actor,
      subjects: { apiKeyId: keyId, suspensionId: id },
    };
    await ports.ledger.commit([{ noun: 'apiKeyEnd', keyId, ring, at }], [], {
      evidence: [evidence],
      outbox: [],
    });
  }
  throw new Error(`API keys of ${participant} change faster than they can be ended`);
}

async function settle(ports: FollowSuspensionPorts, read: Suspension): Promise<FollowedSuspension> {
  const at = ports.clock.now();
  const evidence = {
    id: ports.ids.next(),
    scope: read.participant,
    kind: 'suspension.carriedOut',
    at,
    actor,
    subjects: { suspensionId: read.id },
  };
  const done = await ports.suspensions.record(carriedOut(read, at), { evidence: [evidence], outbox: [] });
  // Moved: another run of this very work was a moment earlier; nothing else touches what is being carried out.
  return { outcome: done === 'RECORDED' ? 'CARRIED_OUT' : 'NOTHING' };
}

/** They decide now, two of them: confirm or lift. Nothing lapses. */
async function callOperators(ports: FollowSuspensionPorts, read: Suspension): Promise<FollowedSuspension> {
  const at = ports.clock.now();
  const suspension = overdue(read, at);
  if (!suspension) return { outcome: 'NOTHING' };
  const people = [
    ...(await nodeOperatorsToTell(ports.people)),
    ...(await peopleToTell(ports.people, read.participant)),
  ];
  const evidenceId = ports.ids.next();
  const told = {
    suspension,
    word: 'overdue',
    evidenceId,
    actor,
    at,
    audience: { people, nodes: [] },
  } as const;
  // Rung first, then noted: a crash between the two rings twice, and never not at all.
  ports.alarm(read.participant);
  if ((await ports.suspensions.record(suspension, effectsOf(told))) === 'MOVED')
    throw new Error('somebody is deciding just now');
  return { outcome: 'CALLED' };
}
