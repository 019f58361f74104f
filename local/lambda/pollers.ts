// How do messages of a queue reach their function? The event source mapping of SQS: a batch to one invocation, only what
// succeeded is deleted, ReportBatchItemFailures as Lambda reads it. What failed comes back after its visibility timeout.

import type { Invocation } from '../endpoints/lambda-endpoint.ts';
import { md5, type QueuedMessage, type Queues } from '../endpoints/queues.ts';
import { systemAttributes } from '../endpoints/sqs.ts';
import { openWork } from '../endpoints/work.ts';

export interface EventSource {
  readonly queueArn: string;
  readonly batchSize: number;
  readonly reportsItemFailures: boolean;
  /** Batches under way at a time. */
  readonly concurrency: number;
}

export interface Poller {
  /** See ../endpoints/work.ts. */
  idle(): Promise<boolean>;
  stop(): void;
}

export function startPoller(
  source: EventSource,
  queues: Queues,
  invoke: (payload: Buffer) => Promise<Invocation>,
): Poller {
  const queue = source.queueArn.split(':').at(-1) ?? '';
  const stopping = new AbortController();
  const work = openWork();

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const messages = await queues.receive(queue, source.batchSize, stopping.signal);
      if (messages.length > 0) await work.track(deliver(messages));
    }
  }

  async function deliver(messages: QueuedMessage[]): Promise<void> {
    const payload = Buffer.from(
      JSON.stringify({ Records: messages.map((each) => recordOf(each, source.queueArn)) }),
    );
    const invocation = await invoke(payload).catch(() => undefined);
    const failed = failedIds(source, messages, invocation);
    if (stopping.signal.aborted) return;
    for (const { id, receiptHandle } of messages) {
      if (!failed.has(id) && receiptHandle) queues.delete(queue, receiptHandle);
    }
  }

  for (let i = 0; i < source.concurrency; i += 1) void loop();
  return {
    async idle() {
      const waited = await work.idle();
      return waited || queues.counts(queue).visible > 0;
    },
    stop: () => stopping.abort(),
  };
}

/** Everything, unless the answer names which: an unknown or empty identifier fails the whole batch (Lambda guide). */
function failedIds(
  source: EventSource,
  messages: QueuedMessage[],
  invocation: Invocation | undefined,
): Set<string> {
  const all = new Set(messages.map(({ id }) => id));
  if (!invocation || invocation.functionError) return all;
  if (!source.reportsItemFailures) return new Set();
  const answer = JSON.parse(invocation.payload.toString('utf8')) as {
    batchItemFailures?: { itemIdentifier?: string }[];
  } | null;
  const named = (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? '');
  return named.every((id) => all.has(id)) ? new Set(named) : all;
}

function recordOf(message: QueuedMessage, eventSourceARN: string): Record<string, unknown> {
  const attributes = Object.entries(message.attributes as Record<string, Record<string, unknown>>).map(
    ([name, value]) => {
      const { StringValue, BinaryValue, DataType } = value;
      return [
        name,
        {
          stringValue: StringValue,
          binaryValue: BinaryValue,
          dataType: DataType,
          stringListValues: [],
          binaryListValues: [],
        },
      ];
    },
  );
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: eventSourceARN.split(':')[3],
  };
}
