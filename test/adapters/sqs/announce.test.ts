import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { memoryClock } from '../../../adapters/memory/clock.ts';
import { memoryLog } from '../../../adapters/memory/log.ts';
import { announcedId, sqsAnnouncer } from '../../../adapters/sqs/announce.ts';

const sqs = mockClient(SQSClient);
const clock = memoryClock();
let log: ReturnType<typeof memoryLog>;
const later = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000);
const announcer = () =>
  sqsAnnouncer({
    client: new SQSClient({ region: 'us-east-1' }),
    queueUrls: { mail: 'https://sqs/mail', deliver: 'https://sqs/deliver' },
    clock,
    log,
  });

beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageBatchCommand).resolves({});
  log = memoryLog();
});

test('tells each queue of its own entries, ten at a time, by id alone', async () => {
  const deliver = Array.from({ length: 11 }, (_, i) => ({
    id: `d${i}`,
    queue: 'deliver' as const,
    nextAttemptAt: clock.now(),
  }));
  const untold = await announcer().announce([
    { id: 'm', queue: 'mail', nextAttemptAt: clock.now() },
    ...deliver,
  ]);
  const inputs = sqs.commandCalls(SendMessageBatchCommand).map((call) => call.args[0].input);
  expect(inputs.map(({ QueueUrl, Entries }) => [QueueUrl, Entries?.length])).toEqual([
    ['https://sqs/mail', 1],
    ['https://sqs/deliver', 10],
    ['https://sqs/deliver', 1],
  ]);
  expect(inputs[0]!.Entries![0]!.MessageBody).toBe('{"outbox":"m"}');
  expect(announcedId(inputs[0]!.Entries![0]!.MessageBody!)).toBe('m');
  expect(untold).toEqual([]);
});

test('delays what is due within 15 minutes and leaves what comes later to the sweep', async () => {
  const at = (id: string, seconds: number) => ({ id, queue: 'mail' as const, nextAttemptAt: later(seconds) });
  await announcer().announce([at('past', -5), at('soon', 14.2), at('limit', 900), at('late', 901)]);
  const [call] = sqs.commandCalls(SendMessageBatchCommand);
  expect(call!.args[0].input.Entries!.map(({ DelaySeconds }) => DelaySeconds)).toEqual([undefined, 15, 900]);
});

test('never throws: it logs and names what it could not announce', async () => {
  sqs
    .on(SendMessageBatchCommand)
    .rejectsOnce(new Error('down'))
    .resolves({ Failed: [{ Id: '1', Code: 'InternalError', SenderFault: false }] });
  const at = (id: string, queue: 'mail' | 'deliver' | 'execution') => ({
    id,
    queue,
    nextAttemptAt: clock.now(),
  });
  const entries = [at('m', 'mail'), at('d0', 'deliver'), at('d1', 'deliver'), at('e', 'execution')];
  expect(await announcer().announce(entries)).toEqual(['m', 'd1', 'e']);
  expect(log.lines.map(({ code, fields }) => [code, fields.queue])).toEqual(
    expect.arrayContaining(['mail', 'deliver', 'execution'].map((queue) => ['OUTBOX_UNANNOUNCED', queue])),
  );
});
