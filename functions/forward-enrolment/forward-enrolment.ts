// Step 7: queues one enrolment for one payout operator and leaves the task token where only drive-execution finds
// it. A retried attempt brings a new token: it replaces the old one and sends nothing twice.

import type { EnrolmentStore, OperatorRow } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import { decisionIdOf } from '../../core/people/decision.ts';
import type { TaskTokens } from '../../core/people/ports.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ForwardEnrolmentPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: EnrolmentStore;
  readonly tokens: Pick<TaskTokens, 'put'>;
}

export interface ForwardEnrolmentInput {
  readonly taskToken: string;
  readonly enrolmentId: string;
  readonly operator: string;
}

/** @throws Refusal ENROLMENT_UNKNOWN */
export async function forwardEnrolment(
  ports: ForwardEnrolmentPorts,
  input: ForwardEnrolmentInput,
): Promise<void> {
  const enrolment = await ports.enrolments.find(input.enrolmentId);
  if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
  const now = ports.clock.now();
  const decisionId = decisionIdOf(enrolment.id, `operator.${input.operator}`);
  await ports.tokens.put(decisionId, input.taskToken);
  const row = (await ports.enrolments.rows(enrolment.id)).find((one) => one.operator === input.operator);
  // A row that waits may be the settlement's; where the forward was queued before, nothing is written.
  if (!row || row.status === 'waiting') await firstAttempt(ports, enrolment.id, input.operator, now);
  if (!row) return;
  const answered = row.status === 'accepted' || row.status === 'rejected';
  // The answer came before this token: the execution must not wait for what has been said already.
  if (answered || enrolment.networkStatus !== 'pending')
    await ports.enrolments.enqueue([wakeEntry(decisionId, row.status.toUpperCase(), ports.ids.next(), now)]);
}

async function firstAttempt(
  ports: ForwardEnrolmentPorts,
  enrolmentId: string,
  operator: string,
  now: Date,
): Promise<void> {
  const row: OperatorRow = { enrolmentId, operator, status: 'waiting', at: now };
  const entry = newOutboxEntry({
    id: `enrolment.forward.${enrolmentId}.${operator}`,
    queue: 'deliver',
    kind: 'enrolment.forward',
    refs: { enrolmentId, receiver: operator },
    receiver: operator,
    now,
  });
  await ports.enrolments.putRow(row, { evidence: [], outbox: [entry] });
}
