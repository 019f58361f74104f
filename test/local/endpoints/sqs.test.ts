import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { clientOf, endpointsOn, freshFolder, morning, StandingClock } from './support.ts';

async function queue(folder = freshFolder()) {
  const clock = new StandingClock(morning);
  const endpoints = await endpointsOn(folder, { clock });
  endpoints.sqs.seedQueue({ name: 'dead' });
  const { url: QueueUrl } = endpoints.sqs.seedQueue({
    name: 'q',
    visibilityTimeoutSeconds: 60,
    deadLetter: { queue: 'dead', maxReceiveCount: 2 },
  });
  const client = new SQSClient(clientOf(endpoints.url));
  const send = (MessageBody: string, more = {}) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  const receive = async (more = {}) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ??
    [];
  return { client, clock, endpoints, QueueUrl, send, receive };
}

describe('local SQS', () => {
  it('hides a received message for its visibility timeout and shows it again', async () => {
    const { clock, send, receive } = await queue();
    await send('m');
    expect(await receive()).toHaveLength(1);
    clock.moveTo('2026-03-02T09:00:59Z');
    expect(await receive()).toHaveLength(0);
    clock.moveTo('2026-03-02T09:01:00Z');
    const [again] = await receive({ MessageSystemAttributeNames: ['All'] });
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  it('moves what was received too often to the dead-letter queue', async () => {
    const { clock, endpoints, send, receive } = await queue();
    await send('m');
    await receive();
    clock.moveTo('2026-03-02T09:02:00Z');
    await receive();
    clock.moveTo('2026-03-02T09:04:00Z');
    expect(await receive()).toHaveLength(0);
    expect(endpoints.sqs.queues.counts('dead').visible).toBe(1);
  });

  it('deletes by the last receipt handle only', async () => {
    const { client, clock, endpoints, QueueUrl, send, receive } = await queue();
    await send('m');
    const [first] = await receive();
    clock.moveTo('2026-03-02T09:02:00Z');
    const [second] = await receive();
    const remove = (ReceiptHandle?: string) =>
      client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await remove(first?.ReceiptHandle);
    expect(endpoints.sqs.queues.counts('q').inFlight).toBe(1);
    await remove(second?.ReceiptHandle);
    expect(endpoints.sqs.queues.counts('q').inFlight).toBe(0);
  });

  it('wakes a waiting receiver when a message comes', async () => {
    const { send, receive } = await queue();
    const waiting = receive({ WaitTimeSeconds: 20 });
    await send('m');
    expect((await waiting).map(({ Body }) => Body)).toEqual(['m']);
  });

  it('wakes a waiting receiver when a delayed message becomes visible', async () => {
    const { clock, endpoints, send } = await queue();
    await send('m', { DelaySeconds: 30 });
    const waiting = endpoints.sqs.queues.receive('q', 1, new AbortController().signal);
    clock.moveTo('2026-03-02T09:00:30Z');
    expect((await waiting).map(({ body }) => body)).toEqual(['m']);
  });

  it('keeps messages, and what is in flight, over a restart', async () => {
    const folder = freshFolder();
    const first = await queue(folder);
    await first.send('in flight');
    const [held] = await first.receive();
    await first.send('waiting');
    await first.endpoints.stop();
    const second = await queue(folder);
    expect((await second.receive()).map(({ Body }) => Body)).toEqual(['waiting']);
    // The URL of the first run still names the queue.
    const { QueueUrl } = first;
    await second.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: held?.ReceiptHandle }));
    expect(second.endpoints.sqs.queues.counts('q').inFlight).toBe(1);
  });

  it('answers each entry of a batch', async () => {
    const { client, QueueUrl, receive } = await queue();
    const sent = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', MessageBody: '1' },
          { Id: 'b', MessageBody: 'x'.repeat(1_048_577) },
        ],
      }),
    );
    expect([sent.Successful?.[0]?.Id, sent.Failed?.[0]?.Code]).toEqual(['a', 'InvalidParameterValue']);
    const Entries = (await receive()).map(({ ReceiptHandle }) => ({ Id: 'r', ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('gives a message back at once with a visibility of 0, and refuses it for one not in flight', async () => {
    const { client, QueueUrl, send, receive } = await queue();
    await send('m');
    const [held] = await receive();
    const release = new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: held?.ReceiptHandle,
      VisibilityTimeout: 0,
    });
    await client.send(release);
    await expect(client.send(release)).rejects.toMatchObject({ name: 'MessageNotInflight' });
    expect(await receive()).toHaveLength(1);
  });

  it('answers QueueDoesNotExist for a queue that is not there', async () => {
    const { client, QueueUrl } = await queue();
    const send = new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'm' });
    await expect(client.send(send)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});
