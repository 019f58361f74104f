// Whom does a decision wake? The execution that waits for it. The entry carries the decision's id and outcome, never
// a task token; the outcome is a hint, the decision item decides.

import { newOutboxEntry, type OutboxEntry } from '../outbox.ts';

/** @param cause makes the entry's id unique: the vote, the expiry, the token that was replaced */
export function wakeEntry(decisionId: string, outcome: string, cause: string, now: Date): OutboxEntry {
  return newOutboxEntry({
    id: `execution.wake.${decisionId}.${cause}`,
    queue: 'execution',
    kind: 'execution.wake',
    refs: { decisionId, outcome },
    now,
  });
}
