import { describe, expect, test } from 'vitest';
import {
  checkAddress,
  checkAge,
  parametersOf,
  readEnvelope,
  readTime,
  writeEnvelope,
} from '../../../core/message/envelope.ts';
import { refusalCode } from '../../support/refusal-code.ts';

const fintech = { finId: 'FINTECH_CL', finIdSchema: 'SHINKANSEN' };
const network = { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' };
const now = new Date('2026-06-01T12:00:00Z');

const code = (run: () => unknown) => refusalCode(run, 'ADMITTED');

const header = (creation = '2026-06-01T12:00:00Z') => ({
  sender: { fin_id: 'FINTECH_CL', fin_id_schema: 'SHINKANSEN' },
  receiver: { fin_id: 'SHINKANSEN', fin_id_schema: 'SHINKANSEN' },
  message_id: '0b1f8a52-5f3e-4d0c-9f38-0f2f0f8f8a11',
  creation_date: creation,
});
const message = (over: object = {}, document: object = {}) =>
  Buffer.from(
    JSON.stringify({
      document: { header: { ...header(), ...over }, action: 'api_key.renew', parameters: {}, ...document },
    }),
  );

describe('readEnvelope', () => {
  test('reads what writeEnvelope writes', () => {
    const bytes = writeEnvelope(
      { sender: fintech, receiver: network, messageId: 'm-1', creationDate: now },
      { action: 'webhook.register', parameters: { purpose: 'events' } },
    );
    const envelope = readEnvelope(bytes);
    expect(envelope.header).toEqual({
      sender: fintech,
      receiver: network,
      messageId: 'm-1',
      creationDate: now,
      creationDateText: '2026-06-01T12:00:00.000Z',
    });
    expect(parametersOf(envelope, 'webhook.register')).toEqual({ purpose: 'events' });
  });

  test('takes an empty, null or absent schema for the network its own', () => {
    for (const schema of ['', null, undefined]) {
      const envelope = readEnvelope(message({ sender: { fin_id: 'X', fin_id_schema: schema } }));
      expect(envelope.header.sender).toEqual({ finId: 'X', finIdSchema: 'SHINKANSEN' });
    }
  });

  test.each([
    ['a list as body', Buffer.from('[]')],
    ['no document', Buffer.from('{}')],
    ['no header', Buffer.from('{"document":{}}')],
    ['no sender', message({ sender: undefined })],
    ['a sender that is text', message({ sender: 'FINTECH_CL' })],
    ['a fin_id that is a number', message({ sender: { fin_id: 5 } })],
    ['a fin_id with a separator of keys', message({ sender: { fin_id: 'A#B' } })],
    ['an empty message_id', message({ message_id: '' })],
    ['a message_id of 65 characters', message({ message_id: 'a'.repeat(65) })],
    ['no creation_date', message({ creation_date: undefined })],
    ['a creation_date without offset', message({ creation_date: '2026-06-01T12:00:00' })],
  ])('refuses %s', (_, bytes) => {
    expect(code(() => readEnvelope(bytes))).toBe('ENVELOPE_MALFORMED');
  });

  test('refuses another action than the address asked for', () => {
    expect(code(() => parametersOf(readEnvelope(message()), 'certificate.enrol'))).toBe('ACTION_UNEXPECTED');
    const unnamed = readEnvelope(message({}, { action: 7 }));
    expect(code(() => parametersOf(unnamed, 'api_key.renew'))).toBe('ENVELOPE_MALFORMED');
    const bare = readEnvelope(message({}, { parameters: [] }));
    expect(code(() => parametersOf(bare, 'api_key.renew'))).toBe('ENVELOPE_MALFORMED');
  });
});

describe('readTime', () => {
  test.each([
    ['2022-08-29T20:29:19.313009+00:00', '2022-08-29T20:29:19.313Z'],
    ['2025-08-04T21:00:57Z', '2025-08-04T21:00:57.000Z'],
    ['2022-08-29T20:29:19-04:00', '2022-08-30T00:29:19.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    expect(readTime(text, 'x').toISOString()).toBe(instant);
  });

  test.each([
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:00+24:00',
    '2025-01-01 00:00:00Z',
    '2025-01-01T00:00:00z',
    '2025-01-01T00:00:00.Z',
    '20250101T000000Z',
    '',
  ])('refuses "%s"', (text) => {
    expect(code(() => readTime(text, 'x'))).toBe('ENVELOPE_MALFORMED');
  });
});

describe('checkAddress', () => {
  const envelope = () => readEnvelope(message());

  test('admits the caller as sender and this node as receiver', () => {
    expect(code(() => checkAddress(envelope(), { sender: fintech, receiver: network }))).toBe('ADMITTED');
  });

  test('refuses another sender or receiver, by name or by schema, with regard to case', () => {
    for (const sender of [
      { ...fintech, finId: 'OTHER' },
      { ...fintech, finIdSchema: 'CLCMF' },
    ]) {
      expect(code(() => checkAddress(envelope(), { sender, receiver: network }))).toBe(
        'SENDER_NOT_THE_CALLER',
      );
    }
    for (const receiver of [
      { ...network, finId: 'Shinkansen' },
      { ...network, finIdSchema: 'X' },
    ]) {
      expect(code(() => checkAddress(envelope(), { sender: fintech, receiver }))).toBe(
        'RECEIVER_NOT_THIS_NODE',
      );
    }
  });
});

describe('checkAge', () => {
  const aged = (creation: string, from: 'participant' | 'node') =>
    code(() => checkAge(readEnvelope(message({ creation_date: creation })).header, now, from));

  test.each([
    ['2026-06-01T12:10:00Z', 'ADMITTED', 'ADMITTED'],
    ['2026-06-01T12:10:00.001Z', 'MESSAGE_FROM_THE_FUTURE', 'MESSAGE_FROM_THE_FUTURE'],
    ['2026-05-31T12:00:00Z', 'ADMITTED', 'ADMITTED'],
    ['2026-05-31T11:59:59.999Z', 'MESSAGE_TOO_OLD', 'ADMITTED'],
    ['2026-05-25T12:00:00Z', 'MESSAGE_TOO_OLD', 'ADMITTED'],
    ['2026-05-25T11:59:59.999Z', 'MESSAGE_TOO_OLD', 'MESSAGE_TOO_OLD'],
  ])('made at %s: from a participant %s, from a node %s', (creation, participant, node) => {
    expect(aged(creation, 'participant')).toBe(participant);
    expect(aged(creation, 'node')).toBe(node);
  });
});
