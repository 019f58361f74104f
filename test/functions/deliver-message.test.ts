import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LargeBytes, sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { memoryClock } from '../../adapters/memory/clock.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { Transient } from '../../core/errors.ts';
import { headIn } from '../../core/evidence/peer-heads.ts';
import { readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, verifyDetached } from '../../core/message/jws.ts';
import { messageIdOf } from '../../core/message/outgoing.ts';
import {
  type DeliverPorts,
  deliverEvent,
  deliverToNode,
  type PostedAnswer,
} from '../../functions/deliver-message/deliver-message.ts';
import { network } from '../support/acts.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

let party: SigningParty;
beforeAll(async () => {
  party = await signingParty();
});

interface Posted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };
let clock: ReturnType<typeof memoryClock>;
let objects: Map<string, Uint8Array>;
let posted: Posted[];
let answer: () => PostedAnswer | Error;
let ports: DeliverPorts;

const says = (status: number, body: unknown = '', retryAfter?: string): PostedAnswer => ({
  status,
  retryAfter,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

beforeEach(() => {
  clock = memoryClock();
  objects = new Map();
  posted = [];
  answer = () => says(200, { message_id: 'm', status: 'pending' });
  const large: LargeBytes = {
    put: async (sha256, bytes) => void objects.set(sha256, bytes),
    get: async (sha256) => objects.get(sha256)!,
  };
  ports = {
    clock,
    node: network,
    signer: party,
    certificate: async () => party.certificateDer,
    messageKey: async () => party.publicKey,
    sent: sentMessages(memoryTable(), large),
    async post(url, headers, body) {
      posted.push({ url, headers, body: Buffer.from(body) });
      const said = answer();
      if (said instanceof Error) throw said;
      return said;
    },
    peer: async (finId) =>
      finId === bank.finId
        ? { institution: bank, apiUrl: 'https://bank.example/', apiKey: 'apo_dev_key' }
        : undefined,
    evidenceHead: async () => undefined,
    eventsUrl: async (participant) =>
      participant === 'FINTECH_CL' ? 'https://fintech.example/events' : undefined,
  };
});

const entry = { id: 'enrolment.forward.E1.BANCO_CL', createdAt: new Date('2026-03-02T11:59:00Z') };
const forward = { receiver: bank.finId, action: 'enrolment.forward', parameters: { enrolment_id: 'E1' } };
const deliver = (parameters: { [name: string]: string } = forward.parameters) =>
  deliverToNode(ports, entry, { ...forward, parameters });

describe('a message to another node', () => {
  test('S23 carries the sender’s last evidence head, the same at every attempt', async () => {
    const head = { number: 7, hash: 'h'.repeat(43) };
    ports = { ...ports, evidenceHead: async () => head };
    answer = () => says(503);
    await deliver();
    ports = { ...ports, evidenceHead: async () => ({ ...head, number: 8 }) };
    await deliver();
    expect(posted.map(({ body }) => headIn(readEnvelope(body).document))).toEqual([head, head]);
  });

  test('is signed, carries the API key that the node gave, and goes to its one route', async () => {
    expect(await deliver()).toEqual({ outcome: 'RECEIVED', receipt: { status: 'pending' } });
    const [{ url, headers, body }] = posted as [Posted];
    expect(url).toBe('https://bank.example/v1/node/messages');
    expect(headers).toMatchObject({
      'Shinkansen-Api-Key': 'apo_dev_key',
      'Content-Type': 'application/json',
    });
    verifyDetached(readDetachedJws(headers['Shinkansen-JWS-Signature']), body, party);
    const { header, document } = readEnvelope(body);
    expect(header).toMatchObject({ sender: network, receiver: bank, messageId: entry.id });
    expect(header.creationDate).toEqual(entry.createdAt);
    expect(document).toMatchObject({ action: 'enrolment.forward', parameters: { enrolment_id: 'E1' } });
  });

  test('is the same bytes at every attempt, whatever has changed meanwhile', async () => {
    answer = () => says(503);
    await deliver();
    clock.advance(86_400);
    await deliver({ enrolment_id: 'SOMETHING_ELSE' });
    expect(posted).toHaveLength(2);
    expect(posted[1]!.body).toEqual(posted[0]!.body);
  });

  test('S4 is dated anew once its receiver would refuse it for its age, under the same message_id, once', async () => {
    answer = () => says(503);
    await deliver();
    clock.advance(8 * 86_400);
    await deliver();
    const again = { ...entry, createdAt: clock.now() };
    clock.advance(3600);
    await deliverToNode(ports, again, forward);
    const [first, second, third] = posted as [Posted, Posted, Posted];
    const header = ({ body }: Posted) => readEnvelope(body).header;
    expect(header(second).messageId).toBe(header(first).messageId);
    expect(header(second).creationDate).toEqual(again.createdAt);
    verifyDetached(readDetachedJws(second.headers['Shinkansen-JWS-Signature']), second.body, party);
    expect(third.body).toEqual(second.body);
  });

  test('is kept before anything leaves, so that a crash in between sends no other text', async () => {
    answer = () => new Transient('TransientEgress', 'no answer');
    await expect(deliver()).rejects.toThrow('no answer');
    answer = () => says(200, { message_id: 'm' });
    await deliver({ enrolment_id: 'OTHER' });
    expect(posted[1]!.body).toEqual(posted[0]!.body);
  });

  test('is what the first of two attempts at once kept', async () => {
    const both = ['one', 'two'].map((text) => ({ bytes: Buffer.from(text), signature: text }));
    const kept = await Promise.all(both.map((sent) => ports.sent.keep(entry.id, sent, clock.now())));
    expect(kept.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['one', 'one']);
    expect(kept.map(({ signature }) => signature)).toEqual(['one', 'one']);
  });

  test('lies in the bucket under its digest when it is large', async () => {
    await deliver({ message: 'a'.repeat(40_000) });
    const [[sha256, bytes]] = [...objects] as [[string, Uint8Array]];
    expect(sha256).toBe(createHash('sha256').update(posted[0]!.body).digest('hex'));
    await deliver({ message: 'b' });
    expect(posted[1]!.body).toEqual(Buffer.from(bytes));
  });

  test.each<[string, PostedAnswer, object]>([
    [
      '200 with a receipt is delivered',
      says(200, { message_id: 'm', status: 'accepted' }),
      { outcome: 'RECEIVED' },
    ],
    [
      '409 with a receipt is delivered',
      says(409, { message_id: 'm', status: 'pending' }),
      { outcome: 'RECEIVED' },
    ],
    [
      '400 with a code is final',
      says(400, { code: 'FORWARD_MALFORMED' }),
      { outcome: 'REFUSED', code: 'FORWARD_MALFORMED' },
    ],
    ['400 by something in between is not', says(400, '<html>'), { outcome: 'NOT_NOW', because: 'HTTP_400' }],
    ['404 by something in between is not', says(404, {}), { outcome: 'NOT_NOW' }],
    ['409 without a receipt is asked again', says(409, { code: 'X' }), { outcome: 'NOT_NOW' }],
    ['200 with an empty body is asked again', says(200), { outcome: 'NOT_NOW' }],
    ['200 with null is asked again', says(200, 'null'), { outcome: 'NOT_NOW' }],
    ['401 is asked again: keys are renewed by people', says(401, { code: 'X' }), { outcome: 'NOT_NOW' }],
    ['403 is asked again: keys are renewed by people', says(403, { code: 'X' }), { outcome: 'NOT_NOW' }],
    ['302 is not followed', says(302), { outcome: 'NOT_NOW', because: 'HTTP_302' }],
    ['500 is asked again', says(500, { code: 'FAULT' }), { outcome: 'NOT_NOW' }],
  ])('%s', async (_, said, expected) => {
    answer = () => said;
    expect(await deliver()).toMatchObject(expected);
  });

  test.each([
    [401, true],
    [403, true],
    [404, true],
    [409, true],
    [408, undefined],
    [429, undefined],
    [500, undefined],
    [503, undefined],
  ])('%i: waits alone (%s), or with all else that is for that receiver', async (status, alone) => {
    answer = () => says(status, {});
    const delivered = await deliver();
    expect([delivered.outcome, 'alone' in delivered ? delivered.alone : undefined]).toEqual([
      'NOT_NOW',
      alone,
    ]);
  });

  test('waits as long as the receiver asks: seconds or an HTTP date, and nothing else', async () => {
    const now = clock.now().getTime();
    for (const [text, at] of [
      ['120', now + 120_000],
      [' 5 ', now + 5_000],
      ['Mon, 02 Mar 2026 13:00:00 GMT', Date.parse('2026-03-02T13:00:00Z')],
      ['1.5', undefined],
      ['-1', undefined],
      ['tomorrow', undefined],
    ] as const) {
      answer = () => says(503, '', text);
      expect(await deliver()).toEqual({
        outcome: 'NOT_NOW',
        because: 'HTTP_503',
        ...(at !== undefined && { retryAfter: new Date(at) }),
      });
    }
  });

  test('takes no text of a peer but codes', async () => {
    answer = () => says(200, { message_id: 'm', status: '<script>', code: 'x'.repeat(65) });
    expect(await deliver()).toEqual({ outcome: 'RECEIVED', receipt: {} });
  });

  test('waits for a peer that people have not finished to pin', async () => {
    const message = { ...forward, receiver: 'NOBODY' };
    expect(await deliverToNode(ports, entry, message)).toEqual({
      outcome: 'NOT_NOW',
      because: 'PEER_UNKNOWN',
    });
    expect(posted).toEqual([]);
  });
});

describe("an event for a participant's URL", () => {
  const event = {
    kind: 'enrolment.settled',
    participant: 'FINTECH_CL',
    at: entry.createdAt,
    data: { enrolment_id: 'E1' },
  };

  test('is a CloudEvent, signed like every message of the node, without any API key', async () => {
    answer = () => says(200);
    expect(await deliverEvent(ports, entry, event)).toEqual({ outcome: 'RECEIVED', receipt: {} });
    const [{ url, headers, body }] = posted as [Posted];
    expect(url).toBe('https://fintech.example/events');
    expect(Object.keys(headers).sort()).toEqual([
      'Content-Type',
      'Shinkansen-JWS-Signature',
      'x-fapi-interaction-id',
    ]);
    verifyDetached(readDetachedJws(headers['Shinkansen-JWS-Signature']), body, party);
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({
      specversion: '1.0',
      id: entry.id,
      source: 'urn:apodera:SHINKANSEN',
      type: 'apodera.enrolment.settled.v1',
      time: '2026-03-02T11:59:00.000Z',
      subject: 'FINTECH_CL',
      datacontenttype: 'application/json',
      data: { enrolment_id: 'E1' },
    });
  });

  test('is delivered by any 2xx and by 409; a 400 is tried again', async () => {
    for (const [status, outcome] of [
      [200, 'RECEIVED'],
      [204, 'RECEIVED'],
      [409, 'RECEIVED'],
      [400, 'NOT_NOW'],
      [404, 'NOT_NOW'],
      [500, 'NOT_NOW'],
    ] as const) {
      answer = () => says(status);
      expect(await deliverEvent(ports, entry, event)).toMatchObject({ outcome });
    }
  });

  test('goes nowhere where no URL is registered', async () => {
    expect(await deliverEvent(ports, entry, { ...event, participant: 'OTHER' })).toEqual({
      outcome: 'NOWHERE',
    });
  });
});

test('a message_id is the entry id where that fits, else a digest of it', () => {
  expect(messageIdOf('enrolment.forward.E1.BANCO_CL')).toBe('enrolment.forward.E1.BANCO_CL');
  for (const id of ['a'.repeat(65), 'with space', 'with#hash'])
    expect(messageIdOf(id)).toMatch(/^[\w-]{43}$/);
});
