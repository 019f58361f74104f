// What is known of one execution? Its past as `steps` (key -> value, each written once and for ever) and as history
// events. A restart reads the steps again and runs the flow from the top: what has a step is not done twice.
// How a flow runs is asked in flow.ts; keys are explained there.

import type { Definition, Json } from './definition.ts';
import { ApiError } from './errors.ts';
import type { Draft, HistoryEvent } from './history.ts';

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionFacts {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineVersionArn?: string;
  readonly stateMachineAliasArn?: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  /** The definition at the start: later updates do not touch a running execution. */
  readonly definition: Definition;
  readonly definitionText: string;
  readonly revisionId: string;
  /** As sent, and what StartExecution's idempotency compares. */
  readonly input: string;
  /** ms since the epoch. */
  readonly startedAt: number;
}

export interface Ending {
  readonly status: Exclude<Status, 'RUNNING'>;
  readonly at: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

interface Step {
  readonly value: unknown;
  /** The last event of the line that wrote the step. */
  readonly last: number;
}

/** One line of the journal. */
export type ExecutionRecord =
  | { kind: 'step'; execution: string; key: string; value: unknown; last: number; events: HistoryEvent[] }
  | { kind: 'end'; execution: string; ending: Ending; events: HistoryEvent[] };

export class Execution {
  readonly facts: ExecutionFacts;
  readonly events: HistoryEvent[] = [];
  ending: Ending | undefined;
  readonly #write: (record: ExecutionRecord) => Promise<void>;
  readonly #now: () => number;
  readonly #steps = new Map<string, Step>();
  readonly #waiting = new Map<string, () => void>();
  readonly #stop = new AbortController();

  constructor(
    facts: ExecutionFacts,
    io: { write: (record: ExecutionRecord) => Promise<void>; now: () => number },
  ) {
    this.facts = facts;
    this.#write = io.write;
    this.#now = io.now;
  }

  get status(): Status {
    return this.ending?.status ?? 'RUNNING';
  }

  /** Aborted when the execution ends, and when the engine stops. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  halt(): void {
    this.#stop.abort(new Error('the execution is over'));
  }

  step<T>(key: string): { value: T; last: number } | undefined {
    return this.#steps.get(key) as { value: T; last: number } | undefined;
  }

  /** True where the branch that the key belongs to is over, because its iteration or the execution ended. */
  isOver(key: string): boolean {
    if (this.ending) return true;
    for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) {
      if (this.#steps.has(`${key.slice(0, at + 1)}:end`)) return true;
    }
    return false;
  }

  /** Writes a step and its events, once; stands in memory at once, on the disk when the promise resolves. */
  async record(
    key: string,
    value: unknown,
    drafts: readonly Draft[],
    previous: number,
  ): Promise<{ last: number }> {
    const events = this.#date(drafts, previous);
    const last = events.at(-1)?.id ?? previous;
    const record: ExecutionRecord = { kind: 'step', execution: this.facts.arn, key, value, last, events };
    this.apply(record);
    await this.#write(record);
    return { last };
  }

  /** Ends the execution, once: whoever comes second changes nothing. */
  async end(ending: Omit<Ending, 'at'>, draft: Draft, previous: number): Promise<void> {
    if (this.ending) return;
    const record: ExecutionRecord = {
      kind: 'end',
      execution: this.facts.arn,
      ending: { ...ending, at: this.#now() },
      events: this.#date([draft], previous),
    };
    this.apply(record);
    await this.#write(record);
  }

  /** Takes a record in, new or read from the journal. */
  apply(record: ExecutionRecord): void {
    this.events.push(...record.events);
    if (record.kind === 'end') {
      this.ending = record.ending;
      this.#steps.clear();
      this.halt();
      return;
    }
    this.#steps.set(record.key, { value: record.value, last: record.last });
    this.#waiting.get(record.key)?.();
  }

  /** Resolves when the step stands; rejects when the signal aborts. */
  settled(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#steps.has(key)) return resolve();
      const stop = () => {
        this.#waiting.delete(key);
        reject(signal.reason);
      };
      this.#waiting.set(key, () => {
        this.#waiting.delete(key);
        signal.removeEventListener('abort', stop);
        resolve();
      });
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  #date(drafts: readonly Draft[], previous: number): HistoryEvent[] {
    let previousEventId = previous;
    return drafts.map((draft, index) => {
      const event = { ...draft, id: this.events.length + index + 1, previousEventId, at: this.#now() };
      previousEventId = event.id;
      return event;
    });
  }
}

/** 262,144 bytes of UTF-8: the longest input, output, argument or result. */
export const longestPayload = 262_144;

export function parseInput(text: string | undefined): { text: string; value: Json } {
  const given = text ?? '{}';
  if (Buffer.byteLength(given) > longestPayload) {
    throw new ApiError(
      'InvalidExecutionInput',
      "Invalid State Machine Execution Input: 'longer than 262144 bytes'",
    );
  }
  try {
    return { text: given, value: JSON.parse(given) as Json };
  } catch (error) {
    throw new ApiError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    );
  }
}
