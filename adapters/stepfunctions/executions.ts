// How do we start and wake executions? By an execution name that is the enrolment's id, and by task tokens whose
// lateness is no fault.

import {
  ExecutionAlreadyExists,
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { invoke, type Lambda } from '../lambda/invoke.ts';

type Step = 'notify' | 'settle' | 'followSuspension' | 'expire';

export interface ExecutionTargets {
  readonly stateMachineArn: string;
  /** Function names of the steps that also run outside an execution. */
  readonly functions: Readonly<Record<Step, string | undefined>>;
}

export function executions(sfn: SFNClient, lambda: Lambda, targets: ExecutionTargets) {
  return {
    async start(enrolmentId: string): Promise<void> {
      try {
        const input = JSON.stringify({ enrolmentId });
        await sfn.send(
          new StartExecutionCommand({ stateMachineArn: targets.stateMachineArn, name: enrolmentId, input }),
        );
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
    },
    async wake(taskToken: string, output: { readonly outcome: string }): Promise<'WOKEN' | 'GONE'> {
      try {
        await sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
        return 'WOKEN';
      } catch (error) {
        const late = [TaskTimedOut, TaskDoesNotExist, InvalidToken].some((kind) => error instanceof kind);
        if (late) return 'GONE';
        throw error;
      }
    },
    async invoke(step: Step, input: Readonly<Record<string, string>>): Promise<void> {
      const FunctionName = targets.functions[step];
      if (!FunctionName) throw new Error(`no function is configured for the step "${step}"`);
      const Payload = Buffer.from(JSON.stringify(input));
      const answer = await invoke(lambda, { FunctionName, Payload });
      if (answer.FunctionError) throw new Error(`the step "${step}" failed: ${answer.FunctionError}`);
    },
  };
}
