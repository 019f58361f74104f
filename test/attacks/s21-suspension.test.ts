import { describe, expect, test } from 'vitest';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { settle } from '../../core/enrolment/settlement.ts';
import { suspend } from '../../core/suspension/suspension.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { receiveEnrolment } from '../../functions/receive-node-message/receive-enrolment.ts';
import { codeOf } from '../support/access-stand.ts';
import { enrolMessage, enrolmentNode, fintech, network, now } from '../support/enrolment.ts';

// K and S: while a participant is suspended, a thief who holds its API key, and its signing key too, gets nothing
// accepted and nothing activated, at the network or at a payout operator.
const caller = { participant: fintech.finId, keyId: 'K1' };
const frozen = () => {
  const node = enrolmentNode();
  const participant = async () => ({ ...fintech, suspended: true });
  return { ...node, ports: { ...node.ports, participant } };
};

describe('S21 while the flag stands', () => {
  test('S21 no enrolment is taken, and none is left behind', async () => {
    const node = frozen();
    const body = enrolMessage({ leaf: node.leaf() });
    expect(await codeOf(admitEnrolment(node.ports, { body, signature: undefined, caller }))).toBe(
      'PARTICIPANT_SUSPENDED',
    );
    expect(node.items.size).toBe(0);
  });

  test('S21 none is taken at a payout operator either, whatever the network forwards', async () => {
    const node = frozen();
    const original = { bytes: enrolMessage({ leaf: node.leaf() }) };
    const forwarded = { forward: { enrolmentId: 'E1', original }, from: network, apiKeyId: 'KN' };
    expect(await codeOf(receiveEnrolment(node.ports, forwarded))).toBe('PARTICIPANT_SUSPENDED');
    expect(node.items.size).toBe(0);
  });

  test('S21 what everybody has confirmed does not become active', () => {
    const pending = {
      networkStatus: 'pending',
      role: 'network',
      use: 'transport',
      notAfter: new Date('2028-01-01'),
    };
    const confirmation = { status: 'confirmed', by: ['P1'] } as const;
    const ground = { now, finding: 'GOOD', confirmation, answers: [], final: false };
    const settled = (suspended: boolean) => settle(pending as unknown as Enrolment, { ...ground, suspended });
    expect(settled(false).outcome).toBe('ACTIVATE');
    expect(settled(true)).toMatchObject({ outcome: 'END', code: 'SUSPENDED' });
  });

  test('S21 it does not lapse: after 24 hours it is the node operators who decide', () => {
    const by = { kind: 'apiKey', keyId: 'K1' } as const;
    const first = { id: 'S1', participant: fintech.finId, by, reason: 'r', asked: ['OFFICER'], told: [] };
    const flag = suspend(first, now);
    expect(flag.state).toBe('unconfirmed');
    expect(flag.confirmBy.getTime() - now.getTime()).toBe(24 * 3_600_000);
  });
});
