// Starts and wakes executions from the outbox: the only place where a task token is read; ask-confirmation and
// forward-enrolment put them there. It decides nothing; what it says is a hint, and every state reads its items again.

import type { OutboxEntry } from '../../core/outbox.ts';
import type { TaskTokens } from '../../core/people/ports.ts';

export type ExecutionStep = 'notify' | 'settle' | 'followSuspension' | 'expire';

export interface Executions {
  /** The same name and input again is not a second execution. */
  start(enrolmentId: string): Promise<void>;
  /** The workflow that tells each operator of a disable; the same name, which is the disable's id, is not a second one. */
  startDisable(disableId: string, operators: readonly string[], name?: string): Promise<void>;
  /** Sends success; a token that has timed out or is not known any more is tolerated. */
  wake(taskToken: string, output: { readonly outcome: string }): Promise<'WOKEN' | 'GONE'>;
  /** Runs the function of this step outside an execution: the enrolment's own has ended, or there is none. */
  invoke(step: ExecutionStep, input: Readonly<Record<string, string>>): Promise<void>;
}

export interface DriveExecutionPorts {
  readonly tokens: Pick<TaskTokens, 'read'>;
  readonly executions: Executions;
}

export type DriveOutcome = 'STARTED' | 'WOKEN' | 'GONE' | 'INVOKED';

/** @throws Error for an entry without token yet: the outbox tries it again */
export async function driveExecution(ports: DriveExecutionPorts, entry: OutboxEntry): Promise<DriveOutcome> {
  const { refs } = entry;
  switch (entry.kind) {
    case 'enrolment.start':
      await ports.executions.start(refs.enrolmentId!);
      return 'STARTED';
    case 'disable.start':
      await ports.executions.startDisable(
        refs.disableId!,
        JSON.parse(refs.operators!) as string[],
        refs.name,
      );
      return 'STARTED';
    case 'execution.wake':
      return wake(ports, refs.decisionId!, refs.outcome!);
    case 'enrolment.tell':
      await ports.executions.invoke('notify', { enrolmentId: refs.enrolmentId!, moment: 'SETTLED' });
      return 'INVOKED';
    case 'enrolment.settle':
      await ports.executions.invoke('settle', { enrolmentId: refs.enrolmentId! });
      return 'INVOKED';
    case 'certificate.expired':
      // Over one participant alone: the day's pass over all takes longer than whoever waits for it may.
      await ports.executions.invoke('expire', { participant: refs.participant! });
      return 'INVOKED';
    case 'suspension.carryOut':
    case 'suspension.overdue':
      return followSuspension(ports, entry);
    default:
      throw new Error(`nothing is known of outbox entries "${entry.kind}"`);
  }
}

async function followSuspension(
  { executions }: DriveExecutionPorts,
  entry: OutboxEntry,
): Promise<DriveOutcome> {
  const { participant, suspensionId } = entry.refs;
  const moment = entry.kind === 'suspension.overdue' ? 'OVERDUE' : 'CONFIRMED';
  await executions.invoke('followSuspension', {
    participant: participant!,
    suspensionId: suspensionId!,
    moment,
  });
  return 'INVOKED';
}

async function wake(ports: DriveExecutionPorts, decisionId: string, outcome: string): Promise<DriveOutcome> {
  const token = await ports.tokens.read(decisionId);
  // The state has not asked yet, or asks again just now: it will find the decision by itself.
  if (!token) return 'GONE';
  return ports.executions.wake(token, { outcome });
}
