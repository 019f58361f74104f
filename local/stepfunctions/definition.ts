// What does a state machine definition look like once it has been accepted? The shapes of the Amazon States Language
// (JSONata) that this engine runs, and nothing else. Whether a text is such a definition is asked in validate.ts.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type Assignments = { readonly [variable: string]: Json };

interface Common {
  readonly Comment?: string;
  readonly Output?: Json;
  readonly Assign?: Assignments;
}

interface Continues {
  /** Exactly one of `Next` and `End` stands. */
  readonly Next?: string;
  readonly End?: true;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher extends Common {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}

interface Guarded {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface TaskState extends Common, Continues, Guarded {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments: Json;
  /** Seconds, or a JSONata expression that gives them. */
  readonly TimeoutSeconds?: number | string;
  readonly HeartbeatSeconds?: number | string;
}

export interface ChoiceRule extends Common {
  readonly Condition: boolean | string;
  readonly Next: string;
}

export interface ChoiceState {
  readonly Type: 'Choice';
  readonly Comment?: string;
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface WaitState extends Common, Continues {
  readonly Type: 'Wait';
  readonly Seconds?: number | string;
  readonly Timestamp?: string;
}

export interface MapState extends Common, Continues, Guarded {
  readonly Type: 'Map';
  readonly Items?: Json;
  readonly ItemSelector?: Json;
  readonly MaxConcurrency?: number | string;
  readonly ItemProcessor: Flow & { readonly ProcessorConfig?: { readonly Mode: 'INLINE' } };
}

export interface PassState extends Common, Continues {
  readonly Type: 'Pass';
}

export interface SucceedState {
  readonly Type: 'Succeed';
  readonly Comment?: string;
  readonly Output?: Json;
}

export interface FailState {
  readonly Type: 'Fail';
  readonly Comment?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

export type State = TaskState | ChoiceState | WaitState | MapState | PassState | SucceedState | FailState;

export interface Flow {
  readonly StartAt: string;
  readonly States: { readonly [name: string]: State };
}

export interface Definition extends Flow {
  readonly QueryLanguage: 'JSONata';
  readonly Comment?: string;
  readonly Version?: '1.0';
  /** Seconds an execution may last. */
  readonly TimeoutSeconds?: number;
}

export const invokeResource = 'arn:aws:states:::lambda:invoke';
export const tokenResource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';

/** 99,999,999 s, the longest a timeout, a heartbeat or a wait may be. */
export const longestSeconds = 99_999_999;

export function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
