// Which messages does a standard queue hold, who sees them when, and when do they go to the dead-letter queue? Times
// are the clock's: a virtual year passes for them too. HTTP is in sqs.ts, Lambda event sources in lambda/pollers.ts.

import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openTable } from './journal.ts';
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

export type Queues = ReturnType<typeof openQueues>;

export const queueDefaults = {
  visibilityTimeoutSeconds: 30,
  retentionSeconds: 345_600,
  delaySeconds: 0,
} as const;
/** Quota since August 2025, attributes not counted here. */
const largestBodyBytes = 1_048_576;

export function openQueues(dataFolder: string, clock: LocalClock) {
  const settings = openTable<QueueSettings>(join(dataFolder, 'sqs-queues.jsonl'));
  const journal = openTable<QueuedMessage>(join(dataFolder, 'sqs-messages.jsonl'));
  const byQueue = new Map<string, Map<string, QueuedMessage>>();
  const waiting = new Map<string, Set<() => void>>();
  for (const message of journal.values()) messagesOf(message.queue).set(message.id, message);

  function messagesOf(queue: string): Map<string, QueuedMessage> {
    const known = byQueue.get(queue) ?? new Map<string, QueuedMessage>();
    byQueue.set(queue, known);
    return known;
  }
  function save(message: QueuedMessage): void {
    messagesOf(message.queue).set(message.id, message);
    journal.set(message.id, message);
    wake(message.queue);
  }
  function drop(message: QueuedMessage): void {
    messagesOf(message.queue).delete(message.id);
    journal.delete(message.id);
  }
  const wake = (queue: string): void => {
    for (const resume of [...(waiting.get(queue) ?? [])]) resume();
  };
  function queue(name: string): QueueSettings {
    const found = settings.get(name);
    if (!found) throw noSuchQueue(name);
    return found;
  }

  /** What is visible now, marked as received; what was received too often goes to the dead-letter queue instead. */
  function take(name: string, max: number, visibilitySeconds?: number): QueuedMessage[] {
    const { visibilityTimeoutSeconds, retentionSeconds, deadLetter } = queue(name);
    const now = clock.now().getTime();
    const taken: QueuedMessage[] = [];
    for (const message of [...messagesOf(name).values()]) {
      if (taken.length === max) break;
      if (message.sentAt + retentionSeconds * 1000 <= now) drop(message);
      else if (message.visibleAt > now) continue;
      else if (deadLetter && message.receiveCount >= deadLetter.maxReceiveCount) {
        messagesOf(name).delete(message.id);
        save({ ...message, queue: deadLetter.queue, visibleAt: now });
      } else {
        const received = {
          ...message,
          receiveCount: message.receiveCount + 1,
          firstReceivedAt: message.firstReceivedAt ?? now,
          visibleAt: now + (visibilitySeconds ?? visibilityTimeoutSeconds) * 1000,
          receiptHandle: `${message.id}.${randomUUID()}`,
        };
        save(received);
        taken.push(received);
      }
    }
    return taken;
  }

  /** Resolves when something may have become visible, at `signal`'s abort at the latest. */
  function wait(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const next = Math.min(...Array.from(messagesOf(name).values(), ({ visibleAt }) => visibleAt));
      const cancel = Number.isFinite(next) ? setTimer(clock, new Date(next), resume) : () => {};
      const waiters = waiting.get(name) ?? new Set();
      waiting.set(name, waiters.add(resume));
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

  return {
    queue,
    names: () => [...settings.keys()],
    seed(seeded: QueueSettings): void {
      if (seeded.name.endsWith('.fifo'))
        throw new AwsError('InvalidAttributeValue', 'FIFO queues are not supported here.');
      if (JSON.stringify(settings.get(seeded.name)) !== JSON.stringify(seeded))
        settings.set(seeded.name, seeded);
    },
    send(
      name: string,
      body: string,
      attributes: Record<string, unknown> = {},
      delaySeconds?: number,
    ): QueuedMessage {
      const size = Buffer.byteLength(body);
      if (size === 0 || size > largestBodyBytes) {
        throw new AwsError(
          'InvalidParameterValue',
          `The body must have 1 to ${largestBodyBytes} bytes, found ${size}.`,
        );
      }
      const sentAt = clock.now().getTime();
      const visibleAt = sentAt + (delaySeconds ?? queue(name).delaySeconds) * 1000;
      const message = {
        id: randomUUID(),
        queue: queue(name).name,
        body,
        attributes,
        sentAt,
        visibleAt,
        receiveCount: 0,
      };
      save(message);
      return message;
    },
    /** Waits until there is something, or `signal` aborts. */
    async receive(
      name: string,
      max: number,
      signal: AbortSignal,
      visibilitySeconds?: number,
    ): Promise<QueuedMessage[]> {
      for (;;) {
        const taken = take(name, max, visibilitySeconds);
        if (taken.length > 0 || signal.aborted) return taken;
        await wait(name, signal);
      }
    },
    /** A handle that is not the last one given out deletes nothing, as in AWS. */
    delete(name: string, receiptHandle: string): void {
      const message = held(name, receiptHandle);
      if (message) drop(message);
    },
    changeVisibility(name: string, receiptHandle: string, seconds: number): void {
      const message = held(name, receiptHandle);
      const now = clock.now().getTime();
      if (!message || message.visibleAt <= now) {
        throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
      }
      save({ ...message, visibleAt: now + seconds * 1000 });
    },
    counts(name: string): { visible: number; inFlight: number; delayed: number } {
      const now = clock.now().getTime();
      const all = [...messagesOf(queue(name).name).values()];
      const hidden = all.filter(({ visibleAt }) => visibleAt > now);
      const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
      return { visible: all.length - hidden.length, inFlight: hidden.length - delayed, delayed };
    },
    close(): void {
      settings.close();
      journal.close();
    },
  };

  function held(name: string, receiptHandle: string): QueuedMessage | undefined {
    const message = messagesOf(queue(name).name).get(receiptHandle.split('.')[0] ?? '');
    return message?.receiptHandle === receiptHandle ? message : undefined;
  }
}

export const md5 = (body: string): string => createHash('md5').update(body).digest('hex');

const noSuchQueue = (name: string): AwsError =>
  new AwsError('QueueDoesNotExist', `The specified queue "${name}" does not exist.`, 400, {
    'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender',
  });
