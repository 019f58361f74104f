// The network says that certificates of a participant are disabled (M4). This payout operator follows at once, whoever
// signed, and tells the people by its own contact data: nothing stands between a stolen key and its end. What the
// network forwarded is what it can end; an enrolment that has not arrived yet is refused when it does.

import { createHash } from 'node:crypto';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { DisableForward } from '../../core/disable/forward.ts';
import { isActive, isPending } from '../../core/disable/plan.ts';
import type { DisableRecord, DisableStore } from '../../core/disable/ports.ts';
import { type DisableAct, disableChange, recordOf } from '../../core/disable/recording.ts';
import type { EnrolmentStore, OriginalMessage } from '../../core/enrolment/ports.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import type { Institution } from '../../core/message/envelope.ts';
import type { People } from '../../core/people/ports.ts';
import { peopleToTell } from '../../core/people/told.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ReceiveDisablePorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: 'network' | 'payoutOperator';
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'forestall'>;
  readonly people: Pick<People, 'holders'>;
  readonly disables: DisableStore;
}

/** A message of another node, its signature proved. */
export interface FromNode {
  readonly from: Institution;
  readonly apiKeyId: string;
  readonly messageId: string;
  readonly message: OriginalMessage;
  /** The certificate whose signature was proved: the audit proves it again. */
  readonly signedBy?: Thumbprint;
}

export async function receiveDisable(
  ports: ReceiveDisablePorts,
  forward: DisableForward,
  said: FromNode,
): Promise<void> {
  const { from } = said;
  for (let attempt = 0; attempt < 5; attempt++) {
    for (const id of forward.enrolmentIds)
      if (!(await ports.enrolments.find(id))) await ports.enrolments.forestall(id, from.finId);
    // Read after: an enrolment that came in between is in it.
    const all = await ports.disables.holdings(forward.participant);
    const named = all.filter(
      ({ enrolment }) =>
        enrolment?.receivedFrom === from.finId && forward.enrolmentIds.includes(enrolment.id),
    );
    const holdings = named.filter((holding) => isActive(holding) || isPending(holding));
    const record = recordOf({ ...recordFacts(ports, forward, said), suspended: false }, holdings);
    // It may be what a suspension ended there; the participant's own suspension here says so.
    const frozen = await ports.disables.suspended(forward.participant);
    const codes = { active: 'DISABLED', pending: frozen ? 'SUSPENDED' : 'DISABLED_ELSEWHERE' } as const;
    if ((await commit(ports, said, record, { holdings, codes })) !== 'MOVED') return;
  }
  throw new Error(`certificates of ${forward.participant} change faster than they can be disabled`);
}

function recordFacts(
  ports: ReceiveDisablePorts,
  { participant, cause, reason }: Pick<DisableForward, 'participant' | 'cause' | 'reason'>,
  { from, messageId }: FromNode,
): Omit<DisableRecord, 'disabled' | 'withdrawn' | 'enrolmentIds' | 'suspended'> {
  const at = ports.clock.now();
  const id = idOf({ from, messageId });
  return { id, participant, origin: 'network', cause, reason, at, warnings: [], messageId };
}

/** Of the record, by its sender's name: the same message again finds it. */
export function idOf({ from, messageId }: Pick<FromNode, 'from' | 'messageId'>): string {
  return createHash('sha256').update(`${from.finId}\n${messageId}`).digest('base64url');
}

/** For the actor of the record. */
export function speaker({ from, apiKeyId, signedBy }: FromNode) {
  return { finId: from.finId, apiKeyId, ...(signedBy && { thumbprint: signedBy }) };
}

export function sourceOf({ from, messageId, message }: FromNode): SourceBytes {
  const sha256 = createHash('sha256').update(message.bytes).digest('base64url');
  return { kind: 'message', sha256, item: `MSG#${from.finId}#${messageId}|MESSAGE` };
}

async function commit(
  ports: ReceiveDisablePorts,
  said: FromNode,
  record: DisableRecord,
  what: Pick<DisableAct, 'holdings' | 'codes'>,
) {
  const { from, messageId, message } = said;
  const change = disableChange({
    ...what,
    record,
    role: ports.role,
    actor: { kind: 'network', ...speaker(said) },
    evidenceId: ports.ids.next(),
    by: from.finId,
    audience: { people: await peopleToTell(ports.people, record.participant), operators: [] },
    sources: [sourceOf(said)],
  });
  return ports.disables.commit({ ...change, message: { ...message, sender: from.finId, messageId } });
}
