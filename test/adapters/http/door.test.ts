import { describe, expect, test } from 'vitest';
import { apiDoor } from '../../../adapters/http/door.ts';
import type { ApiRequest } from '../../../adapters/http/request.ts';
import { memoryLog } from '../../../adapters/memory/log.ts';
import { Refusal, Transient } from '../../../core/errors.ts';
import { apiEvent, interactionId } from '../../support/api-event.ts';

const clock = { tune: async () => {} };
const open = (answer: (request: ApiRequest) => object, log = memoryLog()) =>
  apiDoor({ log, clock }, async (request) => ({ status: 200, body: answer(request) }));

const caller = { participant: 'FINTECH_CL' };

describe('the api door', () => {
  test.each([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['CR LF', Buffer.from('{\r\n}')],
    ['0x80 and NUL', Buffer.from([0x7b, 0x80, 0, 0x7d])],
    ['nothing', Buffer.alloc(0)],
  ])('hands over %s byte for byte', async (_, body) => {
    let seen: Uint8Array | undefined;
    await open((request) => {
      seen = request.body;
      return {};
    })(apiEvent({ body, caller }));
    expect(Buffer.from(seen!)).toEqual(body);
  });

  test('is a fault of ours where the gateway handed over text', async () => {
    const log = memoryLog();
    const event = { ...apiEvent({ body: '{}', caller }), isBase64Encoded: false };
    const result = await open(() => ({}), log)(event);
    expect(result.statusCode).toBe(500);
    expect(log.lines.map(({ code }) => code)).toEqual(['FAULT']);
  });

  test('echoes the interaction id that the edge vouched for', async () => {
    const result = await open(() => ({}))(apiEvent({ caller }));
    expect(result.headers).toMatchObject({
      'x-fapi-interaction-id': interactionId,
      'Cache-Control': 'no-store',
    });
  });

  test('makes an interaction id where a route without authorizer got none, or no UUID', async () => {
    const handler = open(() => ({}));
    const made = await handler(apiEvent({ headers: { 'x-fapi-interaction-id': 'x\r\ny' } }));
    expect(made.headers!['x-fapi-interaction-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('finds a header in any case and refuses one that stands twice', async () => {
    const handler = open((request) => ({ found: request.header('Shinkansen-JWS-Signature') ?? null }));
    const found = await handler(apiEvent({ caller, headers: { 'shinkansen-jws-signature': 'a..b' } }));
    expect(JSON.parse(found.body)).toEqual({ found: 'a..b' });
    const headers = { 'shinkansen-jws-signature': 'a..b', 'Shinkansen-JWS-Signature': 'c..d' };
    expect((await handler(apiEvent({ caller, headers }))).statusCode).toBe(400);
  });

  test('turns a refusal into a problem with errors[] for published clients', async () => {
    const result = await open(() => {
      throw new Refusal('MESSAGE_TOO_OLD', { parameter: 'document.header.creation_date' });
    })(apiEvent({ caller }));
    expect([result.statusCode, result.headers!['Content-Type']]).toEqual([400, 'application/problem+json']);
    const body = JSON.parse(result.body);
    expect(body).toMatchObject({
      code: 'MESSAGE_TOO_OLD',
      status: 400,
      instance: `urn:uuid:${interactionId}`,
    });
    expect(body.errors).toEqual([{ error_code: 'MESSAGE_TOO_OLD', error_message: body.detail }]);
  });

  test('answers a refusal with the status that its route asks for', async () => {
    const problem = () => ({ status: 400 });
    const handler = apiDoor({ log: memoryLog(), clock, problem }, async () => {
      throw new Refusal('SIGNATURE_INVALID');
    });
    expect((await handler(apiEvent({ caller }))).statusCode).toBe(400);
    const usual = await open(() => {
      throw new Refusal('SIGNATURE_INVALID');
    })(apiEvent({ caller }));
    expect(usual.statusCode).toBe(403);
  });

  test('says when to come back: in whole seconds, where the same request can pass later', async () => {
    const handler = (error: Error) =>
      open(() => {
        throw error;
      })(apiEvent({ caller }));
    const busy = await handler(new Transient('TransientTableBusy', 'secret detail'));
    expect([busy.statusCode, busy.headers!['Retry-After']]).toEqual([503, '5']);
    expect(busy.body).not.toContain('secret');
    const inFlight = await handler(new Refusal('IDEMPOTENCY_IN_FLIGHT'));
    expect([inFlight.statusCode, inFlight.headers!['Retry-After']]).toEqual([409, '1']);
    const issued = await handler(new Refusal('ALREADY_ISSUED'));
    expect([issued.statusCode, issued.headers!['Retry-After']]).toEqual([409, undefined]);
  });

  test('tells nothing of a fault but the interaction id, neither in the answer nor in the log', async () => {
    const log = memoryLog();
    const result = await open(() => {
      throw new TypeError('apo_dev_secret');
    }, log)(apiEvent({ caller }));
    expect(result.statusCode).toBe(500);
    expect(result.body + JSON.stringify(log.lines)).not.toContain('apo_dev_secret');
    expect(log.lines[0]).toMatchObject({ code: 'FAULT', fields: { interactionId, error: 'TypeError' } });
  });

  test('never believes a caller that no authorizer named', async () => {
    const result = await open((request) => request.caller())(apiEvent());
    expect(result.statusCode).toBe(500);
  });
});
