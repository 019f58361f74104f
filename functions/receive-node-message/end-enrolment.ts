// The network says that an enrolment which this payout operator has is over there: withdrawn, refused meanwhile, or
// accepted here too late. What is pending ends; what is active is disabled at once and its people are told, for nothing
// may outlive the network's own record. One that is not known yet is kept, and refuses it when it arrives (architecture
// section 4).

import { type Holding, isPending } from '../../core/disable/plan.ts';
import { disableChange, recordOf } from '../../core/disable/recording.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import { peopleToTell } from '../../core/people/told.ts';
import { type FromNode, idOf, type ReceiveDisablePorts, sourceOf, speaker } from './receive-disable.ts';

export interface EndEnrolmentPorts extends Omit<ReceiveDisablePorts, 'enrolments'> {
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'forestall'>;
}

export interface EndedEnrolment extends FromNode {
  readonly parameters: { readonly enrolmentId: string; readonly code: string };
}

/** @throws Refusal ENROLMENT_UNKNOWN for an enrolment that another network forwarded */
export async function endEnrolment(ports: EndEnrolmentPorts, ended: EndedEnrolment): Promise<void> {
  const { enrolmentId } = ended.parameters;
  for (let attempt = 0; attempt < 5; attempt++) {
    const enrolment = await ports.enrolments.find(enrolmentId);
    if (!enrolment) {
      if ((await ports.enrolments.forestall(enrolmentId, ended.from.finId)) === 'KEPT') return;
      continue;
    }
    if (enrolment.receivedFrom !== ended.from.finId) throw new Refusal('ENROLMENT_UNKNOWN');
    if (await endThis(ports, enrolment, ended)) return;
  }
  throw new Error(`enrolment ${enrolmentId} changes faster than it can be ended`);
}

async function endThis(ports: EndEnrolmentPorts, enrolment: Enrolment, ended: EndedEnrolment) {
  const { participant, networkStatus } = enrolment;
  if (networkStatus !== 'pending' && networkStatus !== 'active') return true;
  const held = await ports.disables.holdings(participant);
  const holding = held.find((one) => one.enrolment?.id === enrolment.id);
  if (!holding) return false;
  const change = disableChange({
    ...actOf(ports, participant, ended, holding),
    audience: { people: await peopleToTell(ports.people, participant), operators: [] },
  });
  const { from, messageId, message } = ended;
  const kept = { ...message, sender: from.finId, messageId };
  return (await ports.disables.commit({ ...change, message: kept })) !== 'MOVED';
}

function actOf(ports: EndEnrolmentPorts, participant: string, ended: EndedEnrolment, holding: Holding) {
  const { from, messageId, parameters } = ended;
  const facts = {
    id: idOf(ended),
    participant,
    origin: 'network' as const,
    cause: 'other' as const,
    reason: parameters.code,
    at: ports.clock.now(),
    suspended: false,
    warnings: [],
    messageId,
  };
  return {
    record: recordOf(facts, [holding]),
    role: ports.role,
    actor: { kind: 'network', ...speaker(ended) } as const,
    evidenceId: ports.ids.next(),
    codes: { active: 'DISABLED_ELSEWHERE', pending: 'DISABLED_ELSEWHERE' } as const,
    by: from.finId,
    holdings: [holding],
    // Who was asked finds it ended; who relied on it hears so.
    quiet: isPending(holding),
    sources: [sourceOf(ended)],
  };
}
