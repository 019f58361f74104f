// Who may be invoked under which name, and what becomes of invocations that nobody waits for? The Lambda Invoke call
// and the durable queue of asynchronous events with Lambda's two retries. How a function runs is in ../lambda/.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openTable, type Table } from './journal.ts';
import { type LocalClock, setTimer } from './timer.ts';
import {
  AwsError,
  asAwsError,
  jsonError,
  type ServiceHandler,
  unknownOperation,
  type WireRequest,
  type WireResponse,
} from './wire.ts';
import { openWork } from './work.ts';

export interface Invocation {
  readonly payload: Buffer;
  /** Absent when the handler returned; the payload then is its answer, else `{ errorType, errorMessage }`. */
  readonly functionError?: 'Unhandled';
  /** The last 4 KB that the invocation logged. */
  readonly logTail: string;
}

export interface InvocableFunction {
  /** Rejects with an AwsError (throttled); whatever the function itself does wrong is a `functionError`. */
  invoke(payload: Buffer): Promise<Invocation>;
  readonly retryAttempts?: number;
  /** ARN of the queue that takes what failed for good. */
  readonly onFailure?: string;
}

interface AsyncEvent {
  readonly id: string;
  readonly name: string;
  readonly payload: string;
  readonly attempt: number;
  readonly dueAt: string;
}

const largestSyncBytes = 6 * 1024 * 1024;
const largestAsyncBytes = 1024 * 1024;
/** Lambda waits one minute before the first retry and two before the second. */
const retryMinutes = [1, 2];

export interface FunctionsOptions {
  readonly dataFolder: string;
  readonly clock: LocalClock;
  readonly sendToQueue: (arn: string, body: string) => void;
}

export class Functions {
  readonly #options: FunctionsOptions;
  readonly #events: Table<AsyncEvent>;
  readonly #functions = new Map<string, InvocableFunction>();
  /** Events with a turn to come in this process, and how to cancel it. */
  readonly #timers = new Map<string, () => void>();
  readonly #work = openWork();
  #closed = false;
  #held: Promise<void> | undefined;

  constructor(options: FunctionsOptions) {
    this.#options = options;
    this.#events = openTable(join(options.dataFolder, 'lambda-events.jsonl'));
  }

  readonly handler: ServiceHandler = async (request) => {
    try {
      const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path);
      if (!match || request.method !== 'POST')
        throw unknownOperation(`lambda ${request.method} ${request.path}`);
      return await this.#answer(decodeURIComponent(match[1]!), request);
    } catch (error) {
      return jsonError(asAwsError(error));
    }
  };

  /**
   * Until the answer is called, invocations wait: at a restart, schedules and executions go on before the functions
   * that they call have been registered again.
   */
  hold(): () => void {
    let release = (): void => {};
    this.#held = new Promise((resolve) => {
      release = () => {
        this.#held = undefined;
        resolve();
      };
    });
    return release;
  }

  register(name: string, target: InvocableFunction): void {
    this.#functions.set(name, target);
    for (const event of this.#events.values()) {
      if (event.name === name && !this.#timers.has(event.id)) this.#arm(event);
    }
  }

  invokeAsync(nameOrArn: string, payload: Buffer): void {
    if (!this.#held) this.#find(nameOrArn);
    const [id, name, dueAt] = [
      randomUUID(),
      functionName(nameOrArn),
      this.#options.clock.now().toISOString(),
    ];
    const event = { id, name, payload: payload.toString('base64'), attempt: 0, dueAt };
    this.#events.set(id, event);
    this.#timers.set(id, () => {});
    // Not through the clock: an event is due now, on a clock that stands still too.
    void this.#work.track(nextTurn().then(() => this.#run(event)));
  }

  /** See work.ts; covers asynchronous events, not calls that somebody waits for. */
  idle(): Promise<boolean> {
    return this.#work.idle();
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#events.close();
  }

  async #answer(name: string, { headers, body }: WireRequest): Promise<WireResponse> {
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    refuseTooLarge(body, type === 'Event' ? largestAsyncBytes : largestSyncBytes);
    const payload = body.length === 0 ? Buffer.from('{}') : body;
    if (type === 'Event') {
      this.invokeAsync(name, payload);
      return { status: 202 };
    }
    await this.#held;
    const target = this.#find(name);
    if (type !== 'RequestResponse') return { status: 204 };
    return answered(await target.invoke(payload), headers['x-amz-log-type'] === 'Tail');
  }

  #find(nameOrArn: string): InvocableFunction {
    const found = this.#functions.get(functionName(nameOrArn));
    if (!found) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    return found;
  }

  #arm(event: AsyncEvent): void {
    this.#timers.get(event.id)?.();
    const run = (): void => void this.#work.track(this.#run(event));
    this.#timers.set(event.id, setTimer(this.#options.clock, new Date(event.dueAt), run));
  }

  async #run(event: AsyncEvent): Promise<void> {
    await this.#held;
    this.#timers.delete(event.id);
    const target = this.#functions.get(event.name);
    if (this.#closed || !target) return;
    const failure = await target.invoke(Buffer.from(event.payload, 'base64')).then(
      (invocation) => (invocation.functionError ? invocation.payload.toString('utf8') : undefined),
      (error) => String(error),
    );
    if (!this.#closed) this.#settle(event, target, failure);
  }

  #settle(event: AsyncEvent, target: InvocableFunction, failure: string | undefined): void {
    const now = this.#options.clock.now();
    const minutes = retryMinutes[event.attempt];
    if (failure !== undefined && minutes !== undefined && event.attempt < (target.retryAttempts ?? 2)) {
      const dueAt = new Date(now.getTime() + minutes * 60_000).toISOString();
      const retried = { ...event, attempt: event.attempt + 1, dueAt };
      this.#events.set(event.id, retried);
      this.#arm(retried);
      return;
    }
    if (failure !== undefined && target.onFailure) {
      this.#options.sendToQueue(target.onFailure, onFailureBody(event, failure, now));
    }
    this.#events.delete(event.id);
  }
}

/** Name, `name:qualifier`, ARN or partial ARN; the qualifier is ignored: there is one version here. */
function functionName(nameOrArn: string): string {
  return /(?:^|:function:)([A-Za-z0-9_-]+)(?::[^:]+)?$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

function refuseTooLarge(body: Buffer, limit: number): void {
  if (body.length <= limit) return;
  throw new AwsError('RequestTooLargeException', `Request must be smaller than ${limit} bytes`, 413);
}

function answered(invocation: Invocation, withLog: boolean): WireResponse {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
  };
  if (invocation.functionError) headers['x-amz-function-error'] = invocation.functionError;
  if (withLog) headers['x-amz-log-result'] = Buffer.from(invocation.logTail).toString('base64');
  return { status: 200, headers, body: invocation.payload };
}

function onFailureBody(event: AsyncEvent, failure: string, now: Date): string {
  return JSON.stringify({
    version: '1.0',
    timestamp: now.toISOString(),
    requestContext: {
      requestId: event.id,
      functionArn: event.name,
      condition: 'RetriesExhausted',
      approximateInvokeCount: event.attempt + 1,
    },
    requestPayload: Buffer.from(event.payload, 'base64').toString('utf8'),
    responsePayload: failure,
  });
}
