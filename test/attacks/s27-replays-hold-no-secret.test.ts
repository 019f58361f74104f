import { beforeAll, expect, test } from 'vitest';
import { idempotency } from '../../adapters/dynamodb/idempotency.ts';
import { apiDoor } from '../../adapters/http/door.ts';
import { idempotently } from '../../adapters/http/idempotent.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { accessStand, codeOf } from '../support/access-stand.ts';
import { fintech } from '../support/acts.ts';
import { apiEvent } from '../support/api-event.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

// D reads the table; K repeats a request that somebody else's system made. Neither finds a key.
let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

test('S27 the same message again, days later too, hears ALREADY_ISSUED and no key', async () => {
  const stand = accessStand(party);
  const act = await stand.renewalAct();
  await stand.renew(act);
  expect(await codeOf(stand.renew(act))).toBe('ALREADY_ISSUED');
  stand.clock.advance(5 * 86_400);
  expect(await codeOf(stand.renew(act))).toBe('ALREADY_ISSUED');
  expect((await stand.keys.heldBy(fintech.finId)).keys).toHaveLength(1);
});

test('S27 of the same message twice at once, one is answered with the key', async () => {
  const stand = accessStand(party);
  const act = await stand.renewalAct();
  const outcomes = await Promise.all([1, 2, 3].map(() => codeOf(stand.renew(act))));
  expect(outcomes.sort()).toEqual(['ALREADY_ISSUED', 'ALREADY_ISSUED', 'DONE']);
});

test('S27 the same Idempotency-Key again hears 409, and no item of the table holds the key', async () => {
  const { table, clock, renew, renewalAct } = accessStand(party);
  const handler = apiDoor({ log: memoryLog(), clock: { tune: async () => {} } }, (request) =>
    idempotently({ store: idempotency(table), clock }, request, async () => {
      const { key } = await renew({
        body: request.body,
        signature: request.header('Shinkansen-JWS-Signature'),
      });
      return { status: 201, body: { api_key: key }, secret: true };
    }),
  );
  const { body, signature } = await renewalAct();
  const headers = { 'Idempotency-Key': 'k-1', 'Shinkansen-JWS-Signature': signature };
  const event = apiEvent({ body, headers, caller: { participant: fintech.finId } });
  const first = await handler(event);
  expect(first.statusCode).toBe(201);
  const replay = await handler(event);
  expect([replay.statusCode, JSON.parse(replay.body).code]).toEqual([409, 'ALREADY_ISSUED']);
  const { api_key } = JSON.parse(first.body);
  for await (const items of table.scan()) expect(JSON.stringify(items)).not.toContain(api_key);
});
