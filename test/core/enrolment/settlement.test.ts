import { describe, expect, test } from 'vitest';
import type { Enrolment, OperatorAnswer } from '../../../core/enrolment/enrolment.ts';
import { type SettlementGround, settle } from '../../../core/enrolment/settlement.ts';

const now = new Date('2026-06-01T12:00:00Z');
const pending = {
  id: 'E1',
  role: 'network',
  use: 'signing',
  networkStatus: 'pending',
  validity: 'valid',
  notAfter: new Date('2027-06-01T12:00:00Z'),
} as Enrolment;
const atOperator = { ...pending, role: 'payoutOperator' } as Enrolment;
const transport = { ...pending, use: 'transport' } as Enrolment;
const answer = (operator: string, status: OperatorAnswer['status']): OperatorAnswer => ({
  enrolmentId: 'E1',
  operator,
  status,
  at: now,
});
const ground = (change: Partial<SettlementGround> = {}): SettlementGround => ({
  now,
  finding: 'GOOD',
  suspended: false,
  confirmation: { status: 'confirmed', by: ['P1'] },
  answers: [],
  final: true,
  ...change,
});

describe('what ends or activates a pending enrolment', () => {
  const rows: [string, Enrolment, Partial<SettlementGround>, string][] = [
    ['a confirmation alone does not activate at the network', pending, {}, 'END NO_PAYOUT_OPERATOR'],
    [
      'the first acceptance activates',
      pending,
      { answers: [answer('A', 'accepted'), answer('B', 'waiting')], final: false },
      'ACTIVATE A',
    ],
    [
      'an acceptance without the officer activates nothing',
      pending,
      { answers: [answer('A', 'accepted')], confirmation: { status: 'waiting' }, final: false },
      'NOTHING',
    ],
    [
      'at the end of the workflow it is as silence',
      pending,
      { answers: [answer('A', 'accepted')], confirmation: { status: 'waiting' } },
      'END NO_ANSWER',
    ],
    [
      'relaxed policy and an acceptance activate',
      pending,
      { answers: [answer('A', 'accepted')], confirmation: { status: 'notAsked' } },
      'ACTIVATE A',
    ],
    [
      'one rejection leaves the others to be heard',
      pending,
      { answers: [answer('A', 'rejected'), answer('B', 'pending')], final: false },
      'NOTHING',
    ],
    [
      'rejected by all ends it',
      pending,
      { answers: [answer('A', 'rejected'), answer('B', 'rejected')], final: false },
      'END OPERATORS_REJECTED',
    ],
    [
      'silence at the end of the workflow ends it',
      pending,
      { answers: [answer('A', 'rejected'), answer('B', 'waiting')] },
      'END OPERATORS_SILENT',
    ],
    ['the apoderado alone activates at a payout operator', atOperator, {}, 'ACTIVATE '],
    ['transport needs no payout operator', transport, {}, 'ACTIVATE '],
    [
      'the officer rejects',
      pending,
      { confirmation: { status: 'rejected', code: 'OFFICER_REJECTED' } },
      'END OFFICER_REJECTED',
    ],
    ['nobody answers', atOperator, { confirmation: { status: 'expired' } }, 'END NO_ANSWER'],
    ['revoked while pending', atOperator, { finding: 'REVOKED' }, 'END REVOKED_WHILE_PENDING'],
    [
      'expired while pending, confirmed or not',
      atOperator,
      { now: new Date('2027-06-01T12:00:01Z') },
      'END EXPIRED_WHILE_PENDING',
    ],
    ['valid in its last second', atOperator, { now: new Date('2027-06-01T12:00:00Z') }, 'ACTIVATE '],
    ['suspended, confirmed or not', atOperator, { suspended: true }, 'END SUSPENDED'],
    [
      'a source that could not be reached',
      atOperator,
      { finding: 'REVOCATION_UNAVAILABLE', confirmation: { status: 'waiting' } },
      'END REVOCATION_UNAVAILABLE',
    ],
    [
      'a finding nobody knows is a fault, never an activation',
      atOperator,
      { finding: 'SOMETHING' },
      'END FAULT',
    ],
  ];
  test.each(rows)('%s', (_title, enrolment, change, expected) => {
    const settlement = settle(enrolment, ground(change));
    const told =
      settlement.outcome === 'END'
        ? `END ${settlement.code}`
        : 'acceptedBy' in settlement
          ? `${settlement.outcome} ${settlement.acceptedBy.join()}`
          : settlement.outcome;
    expect(told).toBe(expected);
  });

  test('a later acceptance adds its operator to an active certificate', () => {
    const active = { ...pending, networkStatus: 'active' } as Enrolment;
    const settlement = settle(
      active,
      ground({ answers: [answer('B', 'accepted'), answer('A', 'accepted')] }),
    );
    expect(settlement).toEqual({ outcome: 'ADD_OPERATORS', acceptedBy: ['A', 'B'] });
  });

  test('what ended stays ended, whoever accepts afterwards', () => {
    for (const networkStatus of ['rejected', 'disabled'] as const) {
      const ended = { ...pending, networkStatus } as Enrolment;
      expect(settle(ended, ground({ answers: [answer('A', 'accepted')] })).outcome).toBe('NOTHING');
    }
  });
});
