// What does GetExecutionHistory say? The events as AWS shapes them: every type has its details under a field named
// after it. When an event happens is decided by who records it.

import type { EvaluationError } from './errors.ts';

/** An event before it has an id and a time: its type and its details. */
export interface Draft {
  readonly type: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface HistoryEvent extends Draft {
  readonly id: number;
  readonly previousEventId: number;
  /** ms since the epoch. */
  readonly at: number;
}

const dataFields = ['input', 'output', 'parameters', 'assignedVariables', 'error', 'cause'];

/** The wire shape. Without execution data, inputs, outputs, errors and causes are left out. */
export function wireEvent(event: HistoryEvent, includeData: boolean): Record<string, unknown> {
  const wire: Record<string, unknown> = {
    id: event.id,
    previousEventId: event.previousEventId,
    timestamp: event.at / 1000,
    type: event.type,
  };
  if (event.details) {
    const kept = Object.entries(event.details).filter(
      ([name, value]) => value !== undefined && (includeData || !dataFields.includes(name)),
    );
    wire[detailsField(event.type)] = Object.fromEntries(kept);
  }
  return wire;
}

/** `TaskStateEntered` -> `stateEnteredEventDetails`, `TaskFailed` -> `taskFailedEventDetails`. */
function detailsField(type: string): string {
  if (/State(Entered|Exited)$/.test(type)) return `state${type.slice(type.lastIndexOf('E'))}EventDetails`;
  return `${type[0]!.toLowerCase()}${type.slice(1)}EventDetails`;
}

const untruncated = { truncated: false };

export function inputDetails(input: unknown): Record<string, unknown> {
  return { input: JSON.stringify(input), inputDetails: untruncated };
}

export function outputDetails(output: unknown): Record<string, unknown> {
  return { output: JSON.stringify(output), outputDetails: untruncated };
}

/** Empty texts are left out, as AWS does. */
export function failureDetails(
  error: string | undefined,
  cause: string | undefined,
): Record<string, unknown> {
  return { error: error || undefined, cause: cause || undefined };
}

/** `assignedVariables` maps each name to the JSON text of its value. */
export function assignedDetails(assigned: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(assigned);
  if (entries.length === 0) return {};
  return {
    assignedVariables: Object.fromEntries(entries.map(([name, value]) => [name, JSON.stringify(value)])),
    assignedVariablesDetails: untruncated,
  };
}

export function evaluationFailed(state: string, error: EvaluationError): Draft {
  const details = { ...failureDetails(error.error, error.detail), location: error.location, state };
  return { type: 'EvaluationFailed', details };
}
