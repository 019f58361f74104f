import { beforeEach, expect, test } from 'vitest';
import { certificateItem, statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import { chainItem, enrolmentKey } from '../../adapters/dynamodb/enrolment-items.ts';

import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import { type Institution, writeEnvelope } from '../../core/message/envelope.ts';
import { applyVote, type Decision, openDecision, taskIdOf } from '../../core/people/decision.ts';
import type { Party } from '../../core/people/party.ts';
import { subjectOf } from '../../core/people/statement.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { forwardEnrolment } from '../../functions/forward-enrolment/forward-enrolment.ts';
import { settleEnrolment } from '../../functions/settle-enrolment/settle-enrolment.ts';
import type { Issued } from '../support/certificates.ts';
import { enrolMessage, enrolmentNode, fintech, network, now, signedBy } from '../support/enrolment.ts';
import { aPerson, aProof, factorPublicKey, nonce } from '../support/people.ts';

// Who can write the network's table, alone or with a participant or an operator, tries to have the node itself seal
// what nobody granted: settle-enrolment is the function that can.

const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };
const officer = aPerson({ personId: 'officer', office: 'securityOfficer', participant: fintech.finId });
let node: ReturnType<typeof enrolmentNode>;
let leaf: Issued;
let bankLeaf: Issued;
let enrolment: Enrolment;
let decision: Decision | undefined;
let warned: string[];
let officerConfirmation: Party['officerConfirmation'];

beforeEach(async () => {
  parties[fintech.finId] = { ...fintech, kind: 'participant', rule: 'any' };
  node = enrolmentNode();
  [leaf, bankLeaf, warned, decision] = [node.leaf(), node.leaf(), [], undefined];
  officerConfirmation = 'always';
  await activate(bankLeaf, bank.finId);
  enrolment = await admit();
});

async function admit(messageId = 'm-1'): Promise<Enrolment> {
  const received = { body: enrolMessage({ leaf, messageId }), signature: undefined };
  const caller = { participant: fintech.finId, keyId: 'K1' };
  return (await admitEnrolment(node.ports, { ...received, caller })).enrolment;
}

async function activate(issued: Issued, participant: string, holder?: string): Promise<void> {
  const status: CertificateStatus = {
    thumbprint: issued.thumbprint,
    keyThumbprint: 'another key',
    participant,
    enrolmentId: `before.${participant}`,
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: new Date('2027-01-01T00:00:00Z'),
    acceptingOperators: [],
    sources: [],
    anchor: node.root.thumbprint,
    activatedAt: now,
    ...(holder === undefined ? {} : { holder }),
  };
  await node.table.write({ put: (await certificateItem(status, node.sealer, 1, [])).item });
  await node.table.write({ put: chainItem(issued.thumbprint, issued.chain) });
}

const parties: Record<string, Partial<Party>> = {
  [bank.finId]: { ...bank, kind: 'payoutOperator' },
  STRANGER: { ...bank, finId: 'STRANGER', kind: 'payoutOperator' },
};

const settle = () =>
  settleEnrolment(
    {
      ...node.ports,
      parties: {
        party: async (finId) =>
          parties[finId] && ({ ...parties[finId], officerConfirmation } as unknown as Party),
      },
      people: { holders: async () => [officer] },
      decisions: { find: async () => decision, record: async () => 'RECORDED' },
      acts: { act: async () => undefined },
      suspended: async () => false,
      lastSensitiveChange: async () => undefined,
      factorPublicKey: async () => factorPublicKey,
      warn: (code) => warned.push(code),
    },
    { enrolmentId: enrolment.id, final: false },
  );

function officerConfirms(): void {
  const { id: enrolmentId, messageId } = enrolment;
  const subject = subjectOf(enrolment);
  const question = { enrolmentId, office: 'securityOfficer', subject, messageId, rule: 'any' } as const;
  const open = openDecision({ ...question, asked: ['officer'] }, now, 3600);
  const statement = {
    type: 'apodera/confirmation/v1' as const,
    action: 'enrolment.confirm' as const,
    ...subject,
    task_id: taskIdOf(open.decisionId, 'officer'),
    nonce: nonce(),
  };
  const proof = aProof(statement, 'officer', now);
  decision = applyVote(open, { personId: 'officer', vote: 'confirm', at: now, proof });
}

async function accepts(by: Institution, signer: Issued, receiver: Institution = network): Promise<void> {
  const header = { sender: by, receiver, messageId: 'a-1', creationDate: now };
  const parameters = {
    enrolment_id: enrolment.id,
    thumbprint: enrolment.thumbprint,
    status: 'accepted',
    code: null,
    confirmation: null,
  };
  const bytes = writeEnvelope(header, { action: 'enrolment.answer', parameters });
  const message = { bytes, signature: await signedBy(signer, bytes) };
  const row = {
    enrolmentId: enrolment.id,
    operator: by.finId,
    status: 'accepted' as const,
    at: now,
    message,
  };
  await node.ports.enrolments.putRow(row, { evidence: [], outbox: [] });
}

const edit = (set: Record<string, string | readonly string[]>) =>
  node.table.write({ update: enrolmentKey(enrolment.id), change: { set } });
const status = () => node.ports.statuses.status(leaf.thumbprint);

test('S22 what people and an operator really said makes it active', async () => {
  officerConfirms();
  await accepts(bank, bankLeaf);
  expect(await settle()).toEqual({ outcome: 'ACTIVE' });
  expect(await status()).toMatchObject({ networkStatus: 'active', acceptingOperators: ['BANCO_CL'] });
});

test('S19 O: a second payout operator is waited for before the first one’s acceptance counts, asked or not yet', async () => {
  parties[fintech.finId] = { ...parties[fintech.finId], payoutOperators: ['BANCO_CL', 'BANCO_DOS'] };
  officerConfirms();
  await accepts(bank, bankLeaf);
  expect(await settle()).toEqual({ outcome: 'ACTIVE' });
  const { id: enrolmentId } = enrolment;
  const said = async () =>
    (await node.ports.enrolments.rows(enrolmentId)).map((row) => [row.operator, row.status]);
  expect(await said()).toEqual([
    ['BANCO_CL', 'accepted'],
    ['BANCO_DOS', 'waiting'],
  ]);
  // The workflow comes to it: it is sent the enrolment all the same, and once.
  const ports = { ...node.ports, tokens: { put: async () => undefined } };
  for (const taskToken of ['first', 'again'])
    await forwardEnrolment(ports, { taskToken, enrolmentId, operator: 'BANCO_DOS' });
  const sent = node.queues.announced.map(({ id }) => id).filter((id) => id.startsWith('enrolment.forward.'));
  expect(sent).toEqual([`enrolment.forward.${enrolmentId}.BANCO_DOS`]);
});

test('S22 D, P: the participant’s own signature, put in as an operator’s answer, accepts nothing', async () => {
  const own = node.leaf();
  await activate(own, fintech.finId);
  officerConfirms();
  await accepts(fintech, own);
  expect(await settle()).toEqual({ outcome: 'PENDING' });
  expect(warned).toEqual(['OPERATOR_ANSWER_UNPROVED']);
});

test('S22 D, O: an operator that this participant does not use accepts nothing', async () => {
  const own = node.leaf();
  await activate(own, 'STRANGER');
  officerConfirms();
  await accepts({ ...bank, finId: 'STRANGER' }, own);
  expect(await settle()).toEqual({ outcome: 'PENDING' });
});

test('S22 D, N: an answer that the operator gave to another network accepts nothing', async () => {
  officerConfirms();
  await accepts(bank, bankLeaf, { finId: 'OTHER_NETWORK', finIdSchema: 'SHINKANSEN' });
  expect(await settle()).toEqual({ outcome: 'PENDING' });
});

test('S22 D: a disabled certificate whose enrolment is put back to pending stays disabled', async () => {
  officerConfirms();
  await accepts(bank, bankLeaf);
  await settle();
  const from = (await node.ports.enrolments.find(enrolment.id))!;
  const disabled = { validity: 'valid', networkStatus: 'disabled' } as const;
  const evidence = {
    id: 'V',
    scope: fintech.finId,
    kind: 'x',
    at: now,
    actor: { kind: 'node', function: 'x' },
    subjects: {},
  } as const;
  await node.ports.enrolments.move({ from, to: disabled, steps: [], evidence: [evidence], outbox: [] });
  await edit({ networkStatus: 'pending' });
  expect(await settle()).toEqual({ outcome: 'REJECTED' });
  expect(await status()).toMatchObject({ networkStatus: 'disabled' });
});

test('S22 D: votes of long ago do not make active what had ended, its status item deleted', async () => {
  officerConfirms();
  await accepts(bank, bankLeaf);
  await settle();
  await node.table.write({ delete: statusKey(leaf.thumbprint) });
  await edit({ networkStatus: 'pending' });
  node.clock.set(new Date('2026-06-20T12:00:00Z'));
  expect(await settle()).toEqual({ outcome: 'PENDING' });
  expect(warned).toEqual(['CONFIRMATION_UNPROVED']);
});

test('S22 D: what is sealed is the certificate’s own, whatever the enrolment was edited to say', async () => {
  await edit({
    keyThumbprint: 'Z'.repeat(43),
    sources: [],
    anchor: 'Z'.repeat(43),
    holder: 'SOMEBODY',
    notAfter: '2099-01-01T00:00:00.000Z',
  });
  officerConfirms();
  await accepts(bank, bankLeaf);
  await settle();
  expect(await status()).toMatchObject({
    keyThumbprint: enrolment.keyThumbprint,
    sources: enrolment.sources,
    anchor: enrolment.anchor,
    holder: 'P-APODERADO',
    notAfter: enrolment.notAfter,
  });
});

test('S22 D, K: an unsigned enrolment that is edited into a signed replacement still needs the officer', async () => {
  const old = node.leaf();
  await activate(old, fintech.finId, 'P-APODERADO');
  officerConfirmation = 'relaxed';
  await edit({ signedBy: old.thumbprint, replaces: old.thumbprint });
  await accepts(bank, bankLeaf);
  expect(await settle()).toEqual({ outcome: 'PENDING' });
});

test('S22 a certificate whose PSC is not accepted any more is not sealed', async () => {
  officerConfirms();
  await accepts(bank, bankLeaf);
  node.ports.trust.inForce = async () => ({ ...node.trust, profiles: new Map() });
  expect(await settle()).toEqual({ outcome: 'REJECTED' });
  expect(await status()).toBeUndefined();
  expect(await node.ports.enrolments.find(enrolment.id)).toMatchObject({ code: 'PSC_PROFILE_MISSING' });
});
