import { beforeEach, expect, test } from 'vitest';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { outboxPut, outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { absent, type StoredItem, type Table } from '../../adapters/dynamodb/table.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { outboxReceiver, TryAgain } from '../../adapters/sqs/receive.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import type { Clock } from '../../core/ports.ts';
import { sweepOutbox } from '../../functions/sweep-outbox/sweep-outbox.ts';
import { atEveryAwait, type DoomedProcess } from '../support/crash.ts';
import { unchainedKeyOf } from '../support/evidence.ts';
import { testQueues } from '../support/queue.ts';

let items: Map<string, StoredItem>;
let table: Table;
let clock: ReturnType<typeof memoryClock>;
let queues: ReturnType<typeof testQueues>;
beforeEach(start);

function start() {
  items = new Map();
  table = memoryTable(items);
  clock = memoryClock();
  queues = testQueues();
}

const living: Pick<DoomedProcess, 'wrap'> = { wrap: (port) => port };
const storeIn = (process: Pick<DoomedProcess, 'wrap'>) => outboxStore(process.wrap(table), () => 1);
const sweepIn = (process: Pick<DoomedProcess, 'wrap'>) =>
  sweepOutbox({ store: storeIn(process), announcer: process.wrap(queues), clock });

/** A use case as every one is: the change, its evidence and its outbox entry in one transaction, then announced. */
async function change(process: Pick<DoomedProcess, 'wrap'>, at: Clock): Promise<void> {
  const entry = newOutboxEntry({ id: 'OUT1', queue: 'deliver', kind: 'thing.told', refs: {}, now: at.now() });
  await process.wrap(table).transact([
    { put: { pk: 'THING', sk: 'THING' }, when: absent() },
    evidencePut({
      id: 'EV1',
      scope: 'P1',
      kind: 'thing.changed',
      at: at.now(),
      actor: { kind: 'node', function: 'test' },
      subjects: {},
    }),
    outboxPut(entry),
  ]);
  await process.wrap(queues).announce([entry]);
}

/** The other side: it takes the same entry id once, however often it is told, and says so. */
function otherSide() {
  const heard: string[] = [];
  return { heard, tell: async (id: string) => void heard.push(id) };
}

function receiverIn(process: Pick<DoomedProcess, 'wrap'>, other: ReturnType<typeof otherSide>) {
  const port = process.wrap(other);
  return outboxReceiver({
    store: storeIn(process),
    announcer: process.wrap(queues),
    clock,
    log: memoryLog(),
    effects: {
      'thing.told': async ({ id }) => {
        await port.tell(id);
        return [{ update: { pk: 'ANSWER', sk: 'ANSWER' }, change: { add: { count: 1 } } }];
      },
    },
  });
}

/** Minutes pass at a node that lives again. */
async function recover(other: ReturnType<typeof otherSide>): Promise<void> {
  for (let minute = 0; minute < 10; minute++) {
    await queues.deliver(receiverIn(living, other));
    clock.advance(60);
    await sweepIn(living);
  }
}

test('announces what nobody announced, once, and not what was announced just now', async () => {
  const store = storeIn(living);
  const entry = newOutboxEntry({ id: 'a', queue: 'mail', kind: 'k', refs: {}, now: clock.now() });
  await table.transact([outboxPut(entry)]);
  expect(await sweepOutbox({ store, announcer: queues, clock })).toEqual({ announced: 0 });
  clock.advance(60);
  expect(await sweepOutbox({ store, announcer: queues, clock })).toEqual({ announced: 1 });
  clock.advance(60);
  expect(await sweepOutbox({ store, announcer: queues, clock })).toEqual({ announced: 0 });
  expect(queues.announced.map(({ id, queue }) => [id, queue])).toEqual([['a', 'mail']]);
});

test('sweeps again what it could not announce', async () => {
  const store = storeIn(living);
  await table.transact([
    outboxPut(newOutboxEntry({ id: 'a', queue: 'mail', kind: 'k', refs: {}, now: clock.now() })),
  ]);
  clock.advance(60);
  const broken = { announce: async (entries: readonly { id: string }[]) => entries.map(({ id }) => id) };
  expect(await sweepOutbox({ store, announcer: broken, clock })).toEqual({ announced: 0 });
  expect(await sweepOutbox({ store, announcer: queues, clock })).toEqual({ announced: 1 });
});

test('killed at every await of change, delivery and sweep: nothing is lost and nothing counts twice', async () => {
  const places = await atEveryAwait(async (process) => {
    start();
    const other = otherSide();
    const end = await process.run(async () => {
      await change(process, clock);
      await queues.deliver(receiverIn(process, other));
      clock.advance(60);
      await sweepIn(process);
    });
    await recover(other);
    const committed = items.has(JSON.stringify(['THING', 'THING']));
    const answers = (await table.get({ pk: 'ANSWER', sk: 'ANSWER' }))?.count ?? 0;
    expect([new Set(other.heard).size, answers]).toEqual(committed ? [1, 1] : [0, 0]);
    expect(items.has(JSON.stringify(unchainedKeyOf('P1', 'EV1')))).toBe(committed);
    expect([...items.keys()].filter((key) => key.includes('OUT#'))).toEqual([]);
    return end;
  });
  expect(places).toBeGreaterThan(12);
});

test('queues that lose every message cost a minute and nothing else', async () => {
  const other = otherSide();
  await change(living, clock);
  queues.lose();
  await recover(other);
  expect(other.heard).toEqual(['OUT1']);
});

test('a thousand entries of one dead receiver hold up nobody else', async () => {
  const now = clock.now();
  const entry = (id: string, receiver: string) =>
    newOutboxEntry({ id, queue: 'deliver', kind: 'thing.told', refs: { receiver }, receiver, now });
  for (let i = 0; i < 1000; i += 50) {
    await table.transact(Array.from({ length: 50 }, (_, j) => outboxPut(entry(`d${i + j}`, 'DEAD'))));
  }
  let attempts = 0;
  const receive = outboxReceiver({
    store: storeIn(living),
    announcer: queues,
    clock,
    log: memoryLog(),
    effects: {
      'thing.told': async ({ refs }) => {
        if (refs.receiver === 'LIVE') return [{ put: { pk: 'HEARD', sk: 'HEARD' } }];
        attempts++;
        throw new TryAgain('down');
      },
    },
  });
  for (let minute = 0; minute < 30; minute++) {
    clock.advance(60);
    if (minute === 20) {
      const live = newOutboxEntry({ ...entry('live', 'LIVE'), now: clock.now() });
      await table.transact([outboxPut(live)]);
      await queues.announce([live]);
    }
    // Ten at a time, as SQS gives them.
    await sweepIn(living);
    await queues.deliver(async ({ Records }) => {
      for (let i = 0; i < Records.length; i += 10) await receive({ Records: Records.slice(i, i + 10) });
      return { batchItemFailures: [] };
    });
    if (minute === 20) expect(await table.get({ pk: 'HEARD', sk: 'HEARD' })).toBeDefined();
  }
  // Without the pause that a dead receiver earns, each of the 1,000 would have been tried some six times.
  expect(attempts).toBeLessThan(400);
});
