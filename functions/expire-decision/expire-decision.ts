// The time is over: tries `expired` and follows what it finds. A decision taken in the last second counts.

import { type AskedOffice, decisionIdOf, endDecision, outcome } from '../../core/people/decision.ts';
import type { Decisions } from '../../core/people/ports.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ExpireDecisionPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly decisions: Pick<Decisions, 'find' | 'record'>;
}

export interface ExpireDecisionInput {
  readonly enrolmentId: string;
  readonly office: AskedOffice | 'nodeOperator';
}

export async function expireDecision(
  ports: ExpireDecisionPorts,
  input: ExpireDecisionInput,
): Promise<{ readonly outcome: 'CONFIRMED' | 'REJECTED' | 'EXPIRED' }> {
  const decisionId = decisionIdOf(input.enrolmentId, input.office);
  for (let attempt = 0; attempt < 5; attempt++) {
    const decision = await ports.decisions.find(decisionId);
    // Never asked, or asked by an act, which confirms by itself. Nobody confirmed here, so it is as silence.
    if (!decision) return { outcome: 'EXPIRED' };
    const decided = outcome(decision);
    if (decided) return { outcome: decided };
    const now = ports.clock.now();
    const evidence = {
      id: ports.ids.next(),
      scope: decision.subject.participant,
      kind: 'confirmation.expired',
      at: now,
      actor: { kind: 'node' as const, function: 'expire-decision' },
      subjects: { enrolmentId: decision.enrolmentId, decisionId },
      facts: { votes: decision.votes.length },
    };
    const ended = endDecision(decision, undefined, now);
    if ((await ports.decisions.record([ended], { evidence: [evidence], outbox: [] })) === 'RECORDED')
      return { outcome: 'EXPIRED' };
  }
  throw new Error('the decision changes faster than it can be ended');
}
