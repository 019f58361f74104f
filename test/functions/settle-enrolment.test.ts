import { expect, test } from 'vitest';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { openDecision } from '../../core/people/decision.ts';
import { subjectOf } from '../../core/people/statement.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { settleEnrolment } from '../../functions/settle-enrolment/settle-enrolment.ts';
import { enrolMessage, enrolmentNode, fintech, now } from '../support/enrolment.ts';
import { aPerson, factorPublicKey } from '../support/people.ts';

async function settling(node: ReturnType<typeof enrolmentNode>, over: { suspended: boolean }) {
  const received = { body: enrolMessage({ leaf: node.leaf(), messageId: 'm-1' }), signature: undefined };
  const caller = { participant: fintech.finId, keyId: 'K1' };
  const { enrolment } = await admitEnrolment(node.ports, { ...received, caller });
  const settle = () =>
    settleEnrolment(
      {
        ...node.ports,
        parties: { party: async () => ({ ...fintech, officerConfirmation: 'always' }) as never },
        people: { holders: async () => [] },
        decisions: decisions(node.table, async () => undefined),
        acts: { act: async () => undefined },
        suspended: async () => over.suspended,
        lastSensitiveChange: async () => undefined,
        factorPublicKey: async () => factorPublicKey,
        warn: () => undefined,
      },
      { enrolmentId: enrolment.id, final: false },
    );
  return { enrolment, settle };
}

test('an enrolment that ends at the network is ended at each payout operator that was asked, whether it accepted already or not', async () => {
  const node = enrolmentNode();
  const { enrolment, settle } = await settling(node, { suspended: true });
  for (const status of ['waiting', 'pending', 'accepted'] as const) {
    const row = { enrolmentId: enrolment.id, operator: `BANK_${status}`, status, at: now };
    await node.ports.enrolments.putRow(row, { evidence: [], outbox: [] });
  }
  expect(await settle()).toEqual({ outcome: 'REJECTED' });
  const told = node.queues.announced.filter(({ id }) => id.startsWith('enrolment.end.'));
  expect(told.map(({ id }) => id).sort()).toEqual(
    ['accepted', 'pending', 'waiting'].map((status) => `enrolment.end.${enrolment.id}.BANK_${status}`),
  );
});

test('an enrolment that was withdrawn while its officer was asked asks nobody any longer', async () => {
  const node = enrolmentNode();
  const received = { body: enrolMessage({ leaf: node.leaf(), messageId: 'm-1' }), signature: undefined };
  const caller = { participant: fintech.finId, keyId: 'K1' };
  const { enrolment } = await admitEnrolment(node.ports, { ...received, caller });
  const store = decisions(node.table, async () => undefined);
  const officer = aPerson({ personId: 'officer', office: 'securityOfficer', participant: fintech.finId });
  const { id: enrolmentId, messageId } = enrolment;
  const subject = subjectOf(enrolment);
  const asked = { enrolmentId, office: 'securityOfficer', subject, messageId, rule: 'any' } as const;
  await store.open(openDecision({ ...asked, asked: ['officer'] }, now, 3600), { evidence: [], outbox: [] });
  await node.ports.enrolments.move({
    from: enrolment,
    to: { validity: 'valid', networkStatus: 'rejected' },
    code: 'WITHDRAWN',
    steps: [],
    evidence: [],
    outbox: [],
  });
  expect(await store.waitingFor(officer)).toHaveLength(1);

  const settled = await settleEnrolment(
    {
      ...node.ports,
      parties: { party: async () => ({ ...fintech, officerConfirmation: 'always' }) as never },
      people: { holders: async () => [officer] },
      decisions: store,
      acts: { act: async () => undefined },
      suspended: async () => false,
      lastSensitiveChange: async () => undefined,
      factorPublicKey: async () => factorPublicKey,
      warn: () => undefined,
    },
    { enrolmentId, finding: 'OFFICER_REJECTED', final: true },
  );

  expect(settled).toEqual({ outcome: 'REJECTED' });
  expect(await store.waitingFor(officer)).toEqual([]);
  expect(await store.find(`${enrolmentId}.securityOfficer`)).toMatchObject({
    state: 'rejected',
    cause: 'WITHDRAWN',
  });
});
