// How does a queue's reader learn of a new entry at once? By a message that carries the entry's id and nothing else,
// sent after commit. Where it fails nothing is lost: the sweep finds the entry where it waits.

import type { OutboxEntry, OutboxQueue } from '../../core/outbox.ts';
import type { Clock } from '../../core/ports.ts';
import type { Log } from '../logger.ts';
import { type Sqs, sendBatch } from './send.ts';

export type QueueUrls = { readonly [Q in OutboxQueue]?: string };

export type Announcement = Pick<OutboxEntry, 'id' | 'queue' | 'nextAttemptAt'>;

export interface Announcer {
  /**
   * Never throws. Entries due in more than 15 minutes are left to the sweep.
   * @returns the ids that could not be announced.
   */
  announce(entries: readonly Announcement[]): Promise<readonly string[]>;
}

// SQS delays a message by 15 minutes at most, and takes 10 in a batch.
const longestDelaySeconds = 900;
const batchSize = 10;

export function sqsAnnouncer(options: {
  readonly client: Sqs;
  readonly queueUrls: QueueUrls;
  readonly clock: Clock;
  readonly log: Log;
}): Announcer {
  const { client, queueUrls, clock, log } = options;

  async function send(
    queue: OutboxQueue,
    entries: readonly { id: string; delaySeconds: number }[],
  ): Promise<readonly string[]> {
    const Entries = entries.map(({ id, delaySeconds }, i) => ({
      Id: String(i),
      MessageBody: JSON.stringify({ outbox: id }),
      ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
    }));
    try {
      const QueueUrl = queueUrls[queue];
      if (!QueueUrl) throw new TypeError(`this function was given no URL of the queue "${queue}"`);
      const { Failed = [] } = await sendBatch(client, { QueueUrl, Entries });
      if (Failed.length > 0)
        log.say('OUTBOX_UNANNOUNCED', { queue, count: Failed.length, error: Failed[0]!.Code });
      return Failed.map(({ Id }) => entries[Number(Id)]!.id);
    } catch (error) {
      log.say('OUTBOX_UNANNOUNCED', { queue, count: entries.length, error: (error as Error).name });
      return entries.map(({ id }) => id);
    }
  }

  return {
    async announce(entries) {
      const now = clock.now().getTime();
      const byQueue = Map.groupBy(entries, ({ queue }) => queue);
      const batches = [...byQueue].flatMap(([queue, inQueue]) => {
        const soon = inQueue
          .map(({ id, nextAttemptAt }) => ({
            id,
            delaySeconds: Math.max(0, Math.ceil((nextAttemptAt.getTime() - now) / 1000)),
          }))
          .filter(({ delaySeconds }) => delaySeconds <= longestDelaySeconds);
        return Array.from({ length: Math.ceil(soon.length / batchSize) }, (_, i) =>
          send(queue, soon.slice(i * batchSize, (i + 1) * batchSize)),
        );
      });
      return (await Promise.all(batches)).flat();
    },
  };
}

/** The id in a message of {@link sqsAnnouncer}; undefined for any other body. */
export function announcedId(body: string): string | undefined {
  try {
    const { outbox } = JSON.parse(body) as { outbox?: unknown };
    return typeof outbox === 'string' ? outbox : undefined;
  } catch {
    return undefined;
  }
}
