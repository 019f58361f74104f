import type { SQSEvent } from 'aws-lambda';
import { beforeEach, expect, test } from 'vitest';
import { deadEntries, outboxKey, outboxPut, outboxStore } from '../../../adapters/dynamodb/outbox.ts';
import type { Table } from '../../../adapters/dynamodb/table.ts';
import { memoryClock } from '../../../adapters/memory/clock.ts';
import { memoryLog } from '../../../adapters/memory/log.ts';
import { memoryTable } from '../../../adapters/memory/table.ts';
import { type Effect, GiveUp, outboxReceiver, TryAgain } from '../../../adapters/sqs/receive.ts';
import { Refusal, Transient } from '../../../core/errors.ts';
import { newOutboxEntry } from '../../../core/outbox.ts';
import { testQueues } from '../../support/queue.ts';

let table: Table;
let clock: ReturnType<typeof memoryClock>;
let log: ReturnType<typeof memoryLog>;
let queues: ReturnType<typeof testQueues>;
beforeEach(() => {
  table = memoryTable();
  clock = memoryClock();
  log = memoryLog();
  queues = testQueues();
});

async function put(id: string, kind = 'test.told', receiver?: string) {
  await table.transact([
    outboxPut(newOutboxEntry({ id, queue: 'deliver', kind, refs: {}, receiver, now: clock.now() })),
  ]);
}
const eventOf = (...ids: string[]) =>
  ({
    Records: ids.map((id) => ({ messageId: `m-${id}`, body: JSON.stringify({ outbox: id }) })),
  }) as SQSEvent;
const receiver = (effect: Effect, on: Table = table) =>
  outboxReceiver({
    store: outboxStore(on, () => 1),
    announcer: queues,
    clock,
    log,
    effects: { 'test.told': effect },
  });

test('an entry whose effect happened is settled with what came of it', async () => {
  await put('a');
  const answer = await receiver(async () => [{ put: { pk: 'R', sk: 'R' } }])(eventOf('a'));
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(await table.get({ pk: 'R', sk: 'R' })).toBeDefined();
  expect(await table.get(outboxKey('a'))).toBeUndefined();
});

test('the same announcement twice has the effect once', async () => {
  await put('a');
  let count = 0;
  const receive = receiver(async () => {
    count++;
    return undefined;
  });
  await Promise.all([receive(eventOf('a', 'a')), receive(eventOf('a'))]);
  expect(count).toBe(1);
});

test.each([
  ['asks to try again', () => new TryAgain('503'), ['OUTBOX_POSTPONED']],
  ['is busy', () => new Transient('TransientMailBusy', 'busy'), ['OUTBOX_POSTPONED']],
  ['is wrong in a way nobody thought of', () => new TypeError('bug'), ['FAULT', 'OUTBOX_POSTPONED']],
])('an effect that %s is postponed and announced for its next time', async (_, error, codes) => {
  await put('a');
  const answer = await receiver(async () => {
    throw error();
  })(eventOf('a'));
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(log.lines.map(({ code }) => code)).toEqual(codes);
  expect(queues.announced[0]?.nextAttemptAt).toEqual(new Date(clock.now().getTime() + 15_000));
});

test.each([
  ['no attempt can succeed', 'test.told', () => new GiveUp('410')],
  ['the rules refuse it', 'test.told', () => new Refusal('SEAL_BROKEN')],
  ['nobody knows its kind', 'test.unknown', () => new Error('never thrown')],
])('an entry is dead at once, with an alarm, where %s', async (_, kind, error) => {
  await put('a', kind);
  await receiver(async () => {
    throw error();
  })(eventOf('a'));
  expect(log.lines.map(({ code }) => code)).toEqual(['OUTBOX_DEAD']);
  expect([await table.get(outboxKey('a')), (await deadEntries(table).find('a'))?.id]).toEqual([
    undefined,
    'a',
  ]);
});

test('one entry’s failure leaves the others of the batch alone', async () => {
  await put('a');
  await put('b');
  const done: string[] = [];
  await receiver(async ({ id }) => {
    if (id === 'a') throw new TryAgain('down');
    done.push(id);
    return undefined;
  })(eventOf('a', 'b'));
  expect(done).toEqual(['b']);
});

test.each([
  ['hears us and will not have them yet', () => new TryAgain('HTTP_409', undefined, true), 5],
  ['is spared a message by a fault of ours', () => new TypeError('bug'), 5],
  ['is down', () => new TryAgain('HTTP_503'), 3],
  ['cannot be reached', () => new Transient('TransientEgress', 'no route'), 3],
])('who %s has its other messages held up, or not', async (_, error, tried) => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const id of ids) await put(id, 'test.told', 'BANCO');
  let attempts = 0;
  const receive = receiver(async () => {
    attempts++;
    throw error();
  });
  for (const id of ids) await receive(eventOf(id));
  // Three failures in a row, and a receiver is left alone.
  expect(attempts).toBe(tried);
});

test('a slow receiver delays no other entry of its batch', async () => {
  await put('slow');
  await put('fast');
  let free = () => {};
  const slow = new Promise<undefined>((resolve) => {
    free = () => resolve(undefined);
  });
  await receiver(async ({ id }) => {
    if (id === 'slow') return slow;
    free();
    return undefined;
  })(eventOf('slow', 'fast'));
  expect(await table.get(outboxKey('slow'))).toBeUndefined();
});

test('a message is given back to SQS only where our own table could not say', async () => {
  await put('a');
  const busy: Table = {
    ...table,
    get: async () => {
      throw new Transient('TransientTableBusy', 'busy');
    },
  };
  const answer = await receiver(async () => undefined, busy)(eventOf('a', 'b'));
  expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['m-a', 'm-b']);
});

test('a body that is no announcement is let go', async () => {
  const strange = {
    Records: [
      { messageId: 'm', body: '<html>' },
      { messageId: 'n', body: '{}' },
    ],
  } as SQSEvent;
  expect(await receiver(async () => undefined)(strange)).toEqual({ batchItemFailures: [] });
});
