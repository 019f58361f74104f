// Which SQS calls does the laptop answer? Those of standard queues, in the AWS JSON protocol. Message attributes pass
// through without their MD5; FIFO queues, permissions, tags and message moves are not here.

import { md5, type QueuedMessage, type QueueSettings, Queues, queueDefaults } from './queues.ts';
import type { LocalClock } from './timer.ts';
import { AwsError, type Json, jsonService, type Operations, type ServiceHandler, text } from './wire.ts';

export interface Sqs {
  readonly handler: ServiceHandler;
  readonly queues: Queues;
  /** Idempotent; settings are taken over. */
  seedQueue(settings: Partial<QueueSettings> & { name: string }): { url: string; arn: string };
  close(): void;
}

export function openSqs(options: {
  dataFolder: string;
  clock: LocalClock;
  region: string;
  account: string;
  /** Known only once the server listens. */
  baseUrl: () => string;
}): Sqs {
  const queues = new Queues(options.dataFolder, options.clock);
  const urlOf = (name: string): string => `${options.baseUrl()}/${options.account}/${name}`;
  const arnOf = (name: string): string => `arn:aws:sqs:${options.region}:${options.account}:${name}`;
  const lookUps: Operations = {
    GetQueueUrl: (input) => ({ QueueUrl: urlOf(queues.queue(text(input, 'QueueName')).name) }),
    GetQueueAttributes: (input) => ({ Attributes: attributes(queues, queueName(input), arnOf) }),
  };
  return {
    handler: jsonService({ ...lookUps, ...sending(queues), ...receiving(queues) }),
    queues,
    seedQueue(settings) {
      queues.seed({ ...queueDefaults, ...settings });
      return { url: urlOf(settings.name), arn: arnOf(settings.name) };
    },
    close: () => queues.close(),
  };
}

/** The last segment: a URL given out before a restart on another port still names its queue. */
const queueName = (input: Json): string => text(input, 'QueueUrl').split('/').at(-1) ?? '';

function sending(queues: Queues): Operations {
  const send = (queue: string, input: Json): Json => {
    const delay = input.DelaySeconds === undefined ? undefined : Number(input.DelaySeconds);
    const given = (input.MessageAttributes ?? {}) as Record<string, unknown>;
    const message = queues.send(queue, text(input, 'MessageBody'), given, delay);
    return { MessageId: message.id, MD5OfMessageBody: md5(message.body) };
  };
  return {
    SendMessage: (input) => send(queueName(input), input),
    SendMessageBatch: (input) => batch(input, (entry) => send(queueName(input), entry)),
  };
}

function receiving(queues: Queues): Operations {
  const remove = (queue: string, entry: Json): Json => {
    queues.delete(queue, text(entry, 'ReceiptHandle'));
    return {};
  };
  const changeVisibility = (queue: string, entry: Json): Json => {
    queues.changeVisibility(queue, text(entry, 'ReceiptHandle'), Number(entry.VisibilityTimeout));
    return {};
  };
  return {
    async ReceiveMessage(input) {
      const max = Number(input.MaxNumberOfMessages ?? 1);
      const visibility = input.VisibilityTimeout === undefined ? undefined : Number(input.VisibilityTimeout);
      if (!(max >= 1 && max <= 10))
        throw new AwsError('InvalidParameterValue', '"MaxNumberOfMessages" must be 1 to 10.');
      const seconds = Number(input.WaitTimeSeconds ?? 0);
      const signal = seconds > 0 ? AbortSignal.timeout(seconds * 1000) : AbortSignal.abort();
      const messages = await queues.receive(queueName(input), max, signal, visibility);
      return messages.length > 0 ? { Messages: messages.map(shown) } : {};
    },
    DeleteMessage: (input) => remove(queueName(input), input),
    DeleteMessageBatch: (input) => batch(input, (entry) => remove(queueName(input), entry)),
    ChangeMessageVisibility: (input) => changeVisibility(queueName(input), input),
    ChangeMessageVisibilityBatch: (input) =>
      batch(input, (entry) => changeVisibility(queueName(input), entry)),
  };
}

/** Each entry fails alone; the whole is refused only for its shape. */
function batch(input: Json, act: (entry: Json) => Json): Json {
  const entries = input.Entries as Json[];
  if (!Array.isArray(entries) || entries.length === 0)
    throw new AwsError('EmptyBatchRequest', '"Entries" is empty.');
  if (entries.length > 10)
    throw new AwsError('TooManyEntriesInBatchRequest', `At most 10 entries, found ${entries.length}.`);
  const ids = new Set(entries.map(({ Id }) => Id));
  if (ids.size < entries.length)
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two entries have the same Id.');
  const [Successful, Failed]: [Json[], Json[]] = [[], []];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof AwsError) || error.code === 'QueueDoesNotExist') throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

export function systemAttributes(message: QueuedMessage, account = '000000000000'): Record<string, string> {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    SenderId: account,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
  };
}

const shown = (message: QueuedMessage): Json => ({
  MessageId: message.id,
  ReceiptHandle: message.receiptHandle,
  Body: message.body,
  MD5OfBody: md5(message.body),
  Attributes: systemAttributes(message),
  ...(Object.keys(message.attributes).length > 0 ? { MessageAttributes: message.attributes } : {}),
});

function attributes(queues: Queues, name: string, arnOf: (name: string) => string): Json {
  const settings = queues.queue(name);
  const { visible, inFlight, delayed } = queues.counts(name);
  const { deadLetter } = settings;
  const redrive = deadLetter && {
    deadLetterTargetArn: arnOf(deadLetter.queue),
    maxReceiveCount: deadLetter.maxReceiveCount,
  };
  return {
    QueueArn: arnOf(name),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(settings.retentionSeconds),
    DelaySeconds: String(settings.delaySeconds),
    ...(redrive ? { RedrivePolicy: JSON.stringify(redrive) } : {}),
  };
}
