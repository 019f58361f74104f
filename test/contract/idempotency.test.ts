import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Idempotency, idempotency } from '../../adapters/dynamodb/idempotency.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { idempotently, readIdempotencyKey } from '../../adapters/http/idempotent.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { Refusal } from '../../core/errors.ts';
import { apiEvent } from '../support/api-event.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';

let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

const asked = { participant: 'FINTECH_CL', key: 'k', digest: 'd' };

describe.each<[string, () => Promise<Table>]>([
  ['in memory', async () => memoryTable()],
  ['on DynamoDB', () => engine.table()],
])('an Idempotency-Key %s', (_, make) => {
  let store: Idempotency;
  let clock: ReturnType<typeof memoryClock>;
  beforeEach(async () => {
    store = idempotency(await make());
    clock = memoryClock();
  });

  const begin = (request = asked) => store.begin(request, clock.now());
  const startedAt = async () => {
    const begun = await begin();
    if (begun.outcome !== 'BEGUN') throw new Error(begun.outcome);
    return begun.startedAt;
  };

  test('is in flight until it is answered, and repeats the answer for 24 hours', async () => {
    const started = await startedAt();
    expect(await begin()).toEqual({ outcome: 'IN_FLIGHT' });
    await store.finish(asked, started, { status: 202, body: '{"a":1}' });
    expect(await begin()).toEqual({ outcome: 'ANSWERED', answer: { status: 202, body: '{"a":1}' } });
    clock.advance(24 * 3600 - 1);
    expect(await begin()).toMatchObject({ outcome: 'ANSWERED' });
    clock.advance(1);
    expect(await begin()).toMatchObject({ outcome: 'BEGUN' });
  });

  test('is refused with another body, in flight or answered, and free for another participant', async () => {
    const other = { ...asked, digest: 'e' };
    const started = await startedAt();
    expect(await begin(other)).toEqual({ outcome: 'OTHER_BODY' });
    await store.finish(asked, started, { status: 200, body: '{}' });
    expect(await begin(other)).toEqual({ outcome: 'OTHER_BODY' });
    expect(await begin({ ...other, participant: 'OTHER' })).toMatchObject({ outcome: 'BEGUN' });
  });

  test('is free again after a refusal', async () => {
    await store.forget(asked, await startedAt());
    expect(await begin({ ...asked, digest: 'e' })).toMatchObject({ outcome: 'BEGUN' });
  });

  test('is taken over a minute after a crash, and the one that came back late changes nothing', async () => {
    const late = await startedAt();
    clock.advance(61);
    expect(await begin({ ...asked, digest: 'e' })).toEqual({ outcome: 'OTHER_BODY' });
    const started = await startedAt();
    await store.finish(asked, late, { status: 200, body: '{"late":true}' });
    await store.forget(asked, late);
    expect(await begin()).toEqual({ outcome: 'IN_FLIGHT' });
    await store.finish(asked, started, { status: 200, body: '{}' });
    expect(await begin()).toMatchObject({ outcome: 'ANSWERED', answer: { body: '{}' } });
  });

  test('of many at the same time, one begins', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => begin()));
    expect(outcomes.filter(({ outcome }) => outcome === 'BEGUN')).toHaveLength(1);
  });

  test('S27 an answer with a secret is not kept: the replay says 409 ALREADY_ISSUED', async () => {
    let times = 0;
    const handler = apiDoor({ log: memoryLog(), clock: { tune: async () => {} } }, (request) =>
      idempotently({ store, clock }, request, async () => {
        times++;
        return { status: 201, body: { api_key: 'apo_dev_secret' }, secret: true };
      }),
    );
    const event = apiEvent({
      body: '{}',
      caller: { participant: 'F' },
      headers: { 'Idempotency-Key': '"a b"' },
    });
    expect((await handler(event)).body).toContain('apo_dev_secret');
    const replay = await handler(event);
    expect([replay.statusCode, JSON.parse(replay.body).code, times]).toEqual([409, 'ALREADY_ISSUED', 1]);
    const other = apiEvent({
      body: '{ }',
      caller: { participant: 'F' },
      headers: { 'Idempotency-Key': 'a b' },
    });
    expect((await handler(other)).statusCode).toBe(400);
    const changed = { ...event, body: Buffer.from('{"x":1}').toString('base64') };
    expect((await handler(changed)).statusCode).toBe(422);
    const elsewhere = { ...event, path: '/v1/webhooks' };
    expect((await handler(elsewhere)).statusCode).toBe(422);
  });

  test('a refused request may be sent again under the same key', async () => {
    let refuse = true;
    const handler = apiDoor({ log: memoryLog(), clock: { tune: async () => {} } }, (request) =>
      idempotently({ store, clock }, request, async () => {
        if (refuse) throw new Refusal('API_KEYS_BOTH_VALID');
        return { status: 200, body: {} };
      }),
    );
    const event = apiEvent({
      body: '{}',
      caller: { participant: 'F' },
      headers: { 'x-idempotency-key': 'k1' },
    });
    expect((await handler(event)).statusCode).toBe(409);
    refuse = false;
    expect((await handler(event)).statusCode).toBe(200);
  });
});

test('an Idempotency-Key is a structured-field string or a bare token of 1 to 64 characters', () => {
  expect(readIdempotencyKey(undefined)).toBeUndefined();
  expect(readIdempotencyKey('"8e03978e-40d5-43dd"')).toBe('8e03978e-40d5-43dd');
  expect(readIdempotencyKey('8e03978e')).toBe('8e03978e');
  for (const bad of ['', '""', '"', 'a b', `"${'a'.repeat(65)}"`, '"é"', '"a"b"', 'a'.repeat(65)]) {
    expect(() => readIdempotencyKey(bad)).toThrow('Idempotency-Key');
  }
});
