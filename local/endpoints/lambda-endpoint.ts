// Who may be invoked under which name, and what becomes of invocations that nobody waits for? The Lambda Invoke call
// and the durable queue of asynchronous events with Lambda's two retries. How a function runs is in ../lambda/.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openTable } from './journal.ts';
import { type LocalClock, setTimer } from './timer.ts';
import {
  AwsError,
  asAwsError,
  jsonError,
  type ServiceHandler,
  unknownOperation,
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

export type Functions = ReturnType<typeof openFunctions>;

const largestSyncBytes = 6 * 1024 * 1024;
const largestAsyncBytes = 1024 * 1024;
/** Lambda waits one minute before the first retry and two before the second. */
const retryMinutes = [1, 2];

export function openFunctions(options: {
  dataFolder: string;
  clock: LocalClock;
  sendToQueue: (arn: string, body: string) => void;
}) {
  const { clock } = options;
  const events = openTable<AsyncEvent>(join(options.dataFolder, 'lambda-events.jsonl'));
  const functions = new Map<string, InvocableFunction>();
  /** Events with a turn to come in this process, and how to cancel it. */
  const timers = new Map<string, () => void>();
  const work = openWork();
  let closed = false;
  let held: Promise<void> | undefined;

  const find = (nameOrArn: string): InvocableFunction => {
    const found = functions.get(functionName(nameOrArn));
    if (!found) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    return found;
  };

  function arm(event: AsyncEvent): void {
    timers.get(event.id)?.();
    timers.set(
      event.id,
      setTimer(clock, new Date(event.dueAt), () => void run(event)),
    );
  }

  async function run(event: AsyncEvent): Promise<void> {
    await held;
    timers.delete(event.id);
    const target = functions.get(event.name);
    if (closed || !target) return;
    const payload = Buffer.from(event.payload, 'base64');
    const failure = await target.invoke(payload).then(
      (invocation) => (invocation.functionError ? invocation.payload.toString('utf8') : undefined),
      (error) => String(error),
    );
    if (closed) return;
    const minutes = retryMinutes[event.attempt];
    if (failure !== undefined && minutes !== undefined && event.attempt < (target.retryAttempts ?? 2)) {
      const dueAt = new Date(clock.now().getTime() + minutes * 60_000).toISOString();
      const retried = { ...event, attempt: event.attempt + 1, dueAt };
      events.set(event.id, retried);
      arm(retried);
      return;
    }
    if (failure !== undefined && target.onFailure) {
      options.sendToQueue(target.onFailure, onFailureBody(event, failure, clock.now()));
    }
    events.delete(event.id);
  }

  function invokeAsync(nameOrArn: string, payload: Buffer): void {
    if (!held) find(nameOrArn);
    const [id, dueAt] = [randomUUID(), clock.now().toISOString()];
    const event = {
      id,
      name: functionName(nameOrArn),
      payload: payload.toString('base64'),
      attempt: 0,
      dueAt,
    };
    events.set(id, event);
    timers.set(id, () => {});
    // Not through the clock: an event is due now, on a clock that stands still too.
    void work.track(nextTurn().then(() => run(event)));
  }

  return {
    /**
     * Until the answer is called, invocations wait: at a restart, schedules and executions go on before the functions
     * that they call have been registered again.
     */
    hold(): () => void {
      let release = (): void => {};
      held = new Promise((resolve) => {
        release = () => {
          held = undefined;
          resolve();
        };
      });
      return release;
    },
    register(name: string, target: InvocableFunction): void {
      functions.set(name, target);
      for (const event of events.values()) {
        if (event.name === name && !timers.has(event.id)) arm(event);
      }
    },
    invokeAsync,
    handler: (async (request) => {
      try {
        const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.path);
        if (!match || request.method !== 'POST')
          throw unknownOperation(`lambda ${request.method} ${request.path}`);
        const name = decodeURIComponent(match[1]!);
        const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
        refuseTooLarge(request.body, type === 'Event' ? largestAsyncBytes : largestSyncBytes);
        const payload = request.body.length === 0 ? Buffer.from('{}') : request.body;
        if (type !== 'Event') await held;
        if (type === 'RequestResponse') {
          return answered(await find(name).invoke(payload), request.headers['x-amz-log-type'] === 'Tail');
        }
        if (type === 'Event') invokeAsync(name, payload);
        else find(name);
        return { status: type === 'Event' ? 202 : 204 };
      } catch (error) {
        return jsonError(asAwsError(error));
      }
    }) satisfies ServiceHandler,
    /** See work.ts; covers asynchronous events, not calls that somebody waits for. */
    idle: work.idle,
    close(): void {
      closed = true;
      for (const cancel of timers.values()) cancel();
      events.close();
    },
  };
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
