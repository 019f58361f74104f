// Which messages does a standard queue hold, who sees them when, and when do they go to the dead-letter queue? Times
// are the clock's: a virtual year passes for them too. HTTP is in sqs.ts, Lambda event sources in lambda/pollers.ts.

import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openTable, type Table } from './journal.ts';
import { type LocalClock, setTimer } from './timer.ts';
import { AwsError } from './wire.ts';

export interface QueueSettings {
  readonly name: string;
  readonly visibilityTimeoutSeconds: number;
  readonly retentionSeconds: number;
  readonly delaySeconds: number;
  readonly deadLetter?: { readonly queue: string; readonly maxReceiveCount: number };
}

export interface QueuedMessage {
  readonly id: string;
  readonly queue: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970, as are the others. */
  readonly sentAt: number;
  readonly visibleAt: number;
  readonly firstReceivedAt?: number;
  readonly receiveCount: number;
  readonly receiptHandle?: string;
}

export const queueDefaults = {
  visibilityTimeoutSeconds: 30,
  retentionSeconds: 345_600,
  delaySeconds: 0,
} as const;
/** Quota since August 2025, attributes not counted here. */
const largestBodyBytes = 1_048_576;

export class Queues {
  readonly #clock: LocalClock;
  readonly #settings: Table<QueueSettings>;
  readonly #journal: Table<QueuedMessage>;
  readonly #byQueue = new Map<string, Map<string, QueuedMessage>>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(dataFolder: string, clock: LocalClock) {
    this.#clock = clock;
    this.#settings = openTable(join(dataFolder, 'sqs-queues.jsonl'));
    this.#journal = openTable(join(dataFolder, 'sqs-messages.jsonl'));
    for (const message of this.#journal.values()) this.#messagesOf(message.queue).set(message.id, message);
  }

  queue(name: string): QueueSettings {
    const found = this.#settings.get(name);
    if (!found) throw noSuchQueue(name);
    return found;
  }

  seed(seeded: QueueSettings): void {
    if (seeded.name.endsWith('.fifo')) {
      throw new AwsError('InvalidAttributeValue', 'FIFO queues are not supported here.');
    }
    const known = this.#settings.get(seeded.name);
    if (JSON.stringify(known) !== JSON.stringify(seeded)) this.#settings.set(seeded.name, seeded);
  }

  send(
    name: string,
    body: string,
    attributes: Record<string, unknown> = {},
    delaySeconds?: number,
  ): QueuedMessage {
    const size = Buffer.byteLength(body);
    if (size === 0 || size > largestBodyBytes) {
      const expected = `The body must have 1 to ${largestBodyBytes} bytes, found ${size}.`;
      throw new AwsError('InvalidParameterValue', expected);
    }
    const queue = this.queue(name);
    const sentAt = this.#now();
    const visibleAt = sentAt + (delaySeconds ?? queue.delaySeconds) * 1000;
    const message = { id: randomUUID(), queue: name, body, attributes, sentAt, visibleAt, receiveCount: 0 };
    this.#save(message);
    return message;
  }

  /** Waits until there is something, or `signal` aborts. */
  async receive(
    name: string,
    max: number,
    signal: AbortSignal,
    visibilitySeconds?: number,
  ): Promise<QueuedMessage[]> {
    for (;;) {
      const taken = this.#take(name, max, visibilitySeconds);
      if (taken.length > 0 || signal.aborted) return taken;
      await this.#wait(name, signal);
    }
  }

  /** A handle that is not the last one given out deletes nothing, as in AWS. */
  delete(name: string, receiptHandle: string): void {
    const message = this.#held(name, receiptHandle);
    if (message) this.#drop(message);
  }

  changeVisibility(name: string, receiptHandle: string, seconds: number): void {
    const message = this.#held(name, receiptHandle);
    const now = this.#now();
    if (!message || message.visibleAt <= now) {
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
    }
    this.#save({ ...message, visibleAt: now + seconds * 1000 });
  }

  counts(name: string): { visible: number; inFlight: number; delayed: number } {
    const now = this.#now();
    const all = [...this.#messagesOf(this.queue(name).name).values()];
    const hidden = all.filter(({ visibleAt }) => visibleAt > now);
    const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
    return { visible: all.length - hidden.length, inFlight: hidden.length - delayed, delayed };
  }

  close(): void {
    this.#settings.close();
    this.#journal.close();
  }

  /** What is visible now, marked as received; what was received too often goes to the dead-letter queue instead. */
  #take(name: string, max: number, visibilitySeconds?: number): QueuedMessage[] {
    const { visibilityTimeoutSeconds, retentionSeconds, deadLetter } = this.queue(name);
    const now = this.#now();
    const taken: QueuedMessage[] = [];
    // Not over a copy: a long queue would be copied for every batch.
    for (const message of this.#messagesOf(name).values()) {
      if (taken.length === max) break;
      if (message.sentAt + retentionSeconds * 1000 <= now) this.#drop(message);
      else if (message.visibleAt > now) continue;
      else if (deadLetter && message.receiveCount >= deadLetter.maxReceiveCount) {
        this.#messagesOf(name).delete(message.id);
        this.#save({ ...message, queue: deadLetter.queue, visibleAt: now });
      } else {
        const visibleAt = now + (visibilitySeconds ?? visibilityTimeoutSeconds) * 1000;
        const received = receivedOnce(message, now, visibleAt);
        this.#save(received);
        taken.push(received);
      }
    }
    return taken;
  }

  /** Resolves when something may have become visible, at `signal`'s abort at the latest. */
  #wait(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const next = Math.min(...Array.from(this.#messagesOf(name).values(), ({ visibleAt }) => visibleAt));
      const cancel = Number.isFinite(next) ? setTimer(this.#clock, new Date(next), resume) : () => {};
      const waiters = this.#waiting.get(name) ?? new Set();
      this.#waiting.set(name, waiters.add(resume));
      signal.addEventListener('abort', resume, { once: true });
      function resume(): void {
        cancel();
        waiters.delete(resume);
        signal.removeEventListener('abort', resume);
        resolve();
      }
      if (signal.aborted) resume();
    });
  }

  #held(name: string, receiptHandle: string): QueuedMessage | undefined {
    const message = this.#messagesOf(this.queue(name).name).get(receiptHandle.split('.')[0] ?? '');
    return message?.receiptHandle === receiptHandle ? message : undefined;
  }

  #messagesOf(queue: string): Map<string, QueuedMessage> {
    const known = this.#byQueue.get(queue) ?? new Map<string, QueuedMessage>();
    this.#byQueue.set(queue, known);
    return known;
  }

  #save(message: QueuedMessage): void {
    this.#messagesOf(message.queue).set(message.id, message);
    this.#journal.set(message.id, message);
    for (const resume of [...(this.#waiting.get(message.queue) ?? [])]) resume();
  }

  #drop(message: QueuedMessage): void {
    this.#messagesOf(message.queue).delete(message.id);
    this.#journal.delete(message.id);
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

function receivedOnce(message: QueuedMessage, now: number, visibleAt: number): QueuedMessage {
  return {
    ...message,
    visibleAt,
    receiveCount: message.receiveCount + 1,
    firstReceivedAt: message.firstReceivedAt ?? now,
    receiptHandle: `${message.id}.${randomUUID()}`,
  };
}

export const md5 = (body: string): string => createHash('md5').update(body).digest('hex');

const noSuchQueue = (name: string): AwsError =>
  new AwsError('QueueDoesNotExist', `The specified queue "${name}" does not exist.`, 400, {
    'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender',
  });
