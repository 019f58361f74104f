// The network says that an enrolment which this payout operator has is over there: withdrawn, refused meanwhile, or
// accepted here too late. What is pending ends; what is active is disabled at once, for nothing may outlive the
// network's own record. One that is not known yet is kept, and refuses it when it arrives (docs/enrolment.md).

import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import type { Institution } from '../../core/message/envelope.ts';
import { decisionIdOf } from '../../core/people/decision.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface EndEnrolmentPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: EnrolmentStore;
}

export interface EndedEnrolment {
  readonly from: Institution;
  readonly parameters: { readonly enrolmentId: string; readonly code: string };
}

/** @throws Refusal ENROLMENT_UNKNOWN for an enrolment that another network forwarded */
export async function endEnrolment(ports: EndEnrolmentPorts, ended: EndedEnrolment): Promise<void> {
  const { enrolmentId, code } = ended.parameters;
  for (let attempt = 0; attempt < 5; attempt++) {
    const enrolment = await ports.enrolments.find(enrolmentId);
    if (!enrolment) {
      if ((await ports.enrolments.forestall(enrolmentId, ended.from.finId)) === 'KEPT') return;
      continue;
    }
    if (enrolment.receivedFrom !== ended.from.finId) throw new Refusal('ENROLMENT_UNKNOWN');
    if (await endThis(ports, enrolment, code)) return;
  }
  throw new Error(`enrolment ${enrolmentId} changes faster than it can be ended`);
}

async function endThis(ports: EndEnrolmentPorts, enrolment: Enrolment, code: string): Promise<boolean> {
  const now = ports.clock.now();
  if (enrolment.networkStatus !== 'pending' && enrolment.networkStatus !== 'active') return true;
  const evidence: EvidenceRecord = {
    id: ports.ids.next(),
    scope: enrolment.participant,
    kind: 'enrolment.endedByNetwork',
    at: now,
    actor: { kind: 'network', finId: enrolment.receivedFrom },
    subjects: { enrolmentId: enrolment.id, thumbprint: enrolment.thumbprint },
    facts: { code },
  };
  const isPending = enrolment.networkStatus === 'pending';
  const moved = await ports.enrolments.move({
    from: enrolment,
    to: { validity: enrolment.validity, networkStatus: isPending ? 'rejected' : 'disabled' },
    code: 'DISABLED_ELSEWHERE',
    steps: [{ number: 14, outcome: 'ENDED_BY_NETWORK', at: now, by: enrolment.receivedFrom }],
    evidence: [evidence],
    outbox: isPending
      ? [wakeEntry(decisionIdOf(enrolment.id, 'apoderado'), 'REJECTED', 'ended-by-network', now)]
      : [],
  });
  return moved !== undefined;
}
