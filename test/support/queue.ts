// Standard queues of SQS in memory: at least once, in no order that anybody may rely on.

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Announcement, Announcer } from '../../adapters/sqs/announce.ts';

export interface TestQueues extends Announcer {
  readonly announced: Announcement[];
  /** Gives what is queued to a reader; what it fails, or dies over, stays. */
  deliver(read: (event: SQSEvent) => Promise<SQSBatchResponse>): Promise<void>;
  lose(): void;
}

export function testQueues(): TestQueues {
  const announced: Announcement[] = [];
  let queued: { messageId: string; body: string }[] = [];
  let count = 0;
  return {
    announced,
    async announce(entries) {
      announced.push(...entries);
      for (const { id } of entries)
        queued.push({ messageId: `m${++count}`, body: JSON.stringify({ outbox: id }) });
      return [];
    },
    async deliver(read) {
      const batch = [...queued];
      if (batch.length === 0) return;
      const { batchItemFailures } = await read({ Records: batch } as SQSEvent);
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      queued = queued.filter((message) => !batch.includes(message) || failed.has(message.messageId));
    },
    lose() {
      queued = [];
    },
  };
}
