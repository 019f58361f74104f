import { describe, expect, test } from 'vitest';
import { answerParameters, readAnswer, readEndingCode } from '../../../core/enrolment/answer.ts';
import { Refusal } from '../../../core/errors.ts';
import { writeEnvelope } from '../../../core/message/envelope.ts';
import { messagePolicy } from '../../../core/policy.ts';

const header = {
  sender: { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' },
  receiver: { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' },
  messageId: 'm-1',
  creationDate: new Date('2026-06-01T12:00:00Z'),
};
const said = { enrolmentId: 'E1', thumbprint: 'T', status: 'rejected' as const, code: 'NO_ANSWER' };

function read(over: object): unknown {
  const parameters = { ...answerParameters({ ...said, confirmation: null }), ...over };
  try {
    return readAnswer(writeEnvelope(header, { action: 'enrolment.answer', parameters }));
  } catch (error) {
    if (error instanceof Refusal) return `${error.code} ${error.detail.parameter}`;
    throw error;
  }
}

describe("another node's answer", () => {
  test('is read as it was written', () => {
    expect(read({})).toEqual({ ...said, confirmation: null });
    expect(read({ code: null, confirmation: { at: 'x' } })).toMatchObject({
      code: null,
      confirmation: { at: 'x' },
    });
  });

  test.each(['', 'a sentence', '<b>', 'A'.repeat(65), 7, {}])('is refused with the code %j', (code) => {
    expect(read({ code })).toBe('ANSWER_MALFORMED code');
    expect(() => readEndingCode(code)).toThrow(Refusal);
  });

  test('is refused with a proof that is longer than any proof, or that no evidence can hold', () => {
    const most = messagePolicy.confirmationBytes - '{"proof":""}'.length;
    expect(read({ confirmation: { proof: 'x'.repeat(most) } })).toMatchObject({ status: 'rejected' });
    expect(read({ confirmation: { proof: 'x'.repeat(most + 1) } })).toBe('ANSWER_MALFORMED confirmation');
    expect(read({ confirmation: { proof: '\ud800' } })).toBe('ANSWER_MALFORMED confirmation');
  });
});
