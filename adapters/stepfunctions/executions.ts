// How do we start and wake executions? By an execution name that is the id of the enrolment or the disable, and by task
// tokens whose lateness is no fault.

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
  readonly disableStateMachineArn: string;
  /** Function names of the steps that also run outside an execution. */
  readonly functions: Readonly<Record<Step, string>>;
}

export function executions(sfn: SFNClient, lambda: Lambda, targets: ExecutionTargets) {
  async function startOnce(stateMachineArn: string, name: string, input: object): Promise<void> {
    try {
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  }
  return {
    start: (enrolmentId: string) => startOnce(targets.stateMachineArn, enrolmentId, { enrolmentId }),
    startDisable: (disableId: string, operators: readonly string[], name = disableId) =>
      startOnce(targets.disableStateMachineArn, name, { disableId, operators }),
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
      const Payload = Buffer.from(JSON.stringify(input));
      const answer = await invoke(lambda, { FunctionName: targets.functions[step], Payload });
      if (answer.FunctionError) throw new Error(`the step "${step}" failed: ${answer.FunctionError}`);
    },
  };
}
