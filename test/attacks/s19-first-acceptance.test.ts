import { expect, test } from 'vitest';
import type { Enrolment, OperatorAnswer } from '../../core/enrolment/enrolment.ts';
import { settle } from '../../core/enrolment/settlement.ts';
import { Refusal } from '../../core/errors.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { receiveAnswer } from '../../functions/receive-node-message/receive-answer.ts';
import { enrolMessage, enrolmentNode, fintech, now } from '../support/enrolment.ts';

const pending = {
  id: 'E1',
  role: 'network',
  use: 'signing',
  networkStatus: 'pending',
  validity: 'valid',
  notAfter: new Date('2027-06-01T12:00:00Z'),
} as Enrolment;
const answer = (operator: string, status: OperatorAnswer['status']) => ({
  enrolmentId: 'E1',
  operator,
  status,
  at: now,
});

test('S19 O: a colluding operator that accepts at once activates for itself alone', () => {
  const settlement = settle(pending, {
    now,
    finding: 'GOOD',
    suspended: false,
    confirmation: { status: 'confirmed', by: ['P1'] },
    answers: [answer('COLLUDING', 'accepted'), answer('HONEST', 'pending')],
    final: false,
  });
  expect(settlement).toEqual({ outcome: 'ACTIVATE', acceptedBy: ['COLLUDING'] });
});

test('S19 O: an operator that rejects it once it is active is not among those it pays through', () => {
  const active = { ...pending, networkStatus: 'active' } as Enrolment;
  const settlement = settle(active, {
    now,
    finding: 'GOOD',
    suspended: false,
    confirmation: { status: 'confirmed', by: ['P1'] },
    answers: [answer('COLLUDING', 'accepted'), answer('HONEST', 'rejected')],
    final: false,
  });
  expect(settlement).toEqual({ outcome: 'ADD_OPERATORS', acceptedBy: ['COLLUDING'] });
});

test('S19 O: acceptance without the participant’s own officer activates nothing', () => {
  const settlement = settle(pending, {
    now,
    finding: 'GOOD',
    suspended: false,
    confirmation: { status: 'waiting' },
    answers: [answer('COLLUDING', 'accepted')],
    final: false,
  });
  expect(settlement.outcome).toBe('NOTHING');
});

test('S19 O: an operator that was not asked cannot answer for an enrolment', async () => {
  const node = enrolmentNode();
  const { enrolment } = await admitEnrolment(node.ports, {
    body: enrolMessage({ leaf: node.leaf() }),
    signature: undefined,
    caller: { participant: fintech.finId, keyId: 'K1' },
  });
  const parameters = {
    enrolment_id: enrolment.id,
    thumbprint: enrolment.thumbprint,
    status: 'accepted',
    code: null,
    confirmation: null,
  };
  const header = {
    sender: { fin_id: 'STRANGER', fin_id_schema: 'SHINKANSEN' },
    receiver: { fin_id: 'SHINKANSEN', fin_id_schema: 'SHINKANSEN' },
    message_id: 'a-1',
    creation_date: now.toISOString(),
  };
  const bytes = Buffer.from(JSON.stringify({ document: { header, action: 'enrolment.answer', parameters } }));
  const attempt = receiveAnswer(node.ports, {
    operator: 'STRANGER',
    messageId: 'a-1',
    message: { bytes, signature: '' },
  });
  await expect(attempt).rejects.toSatisfy(
    (error) => error instanceof Refusal && error.code === 'ENROLMENT_UNKNOWN',
  );
});
