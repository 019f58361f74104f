import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { certificateItem } from '../../../adapters/dynamodb/certificate-items.ts';
import { dossierPorts } from '../../../adapters/dynamodb/dossier.ts';
import { chainItem } from '../../../adapters/dynamodb/enrolment-items.ts';
import { payoutMoves } from '../../../adapters/dynamodb/payout-moves.ts';
import { receivedMessageKey } from '../../../adapters/dynamodb/received-messages.ts';
import { requirePayoutShape } from '../../../adapters/http/payouts.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { forwardParameters } from '../../../core/enrolment/forward.ts';
import { type Dossier, dossierBytes } from '../../../core/evidence/dossier.ts';
import { enrolmentDossier, payoutDossier } from '../../../core/evidence/dossier-export.ts';
import { verifyDossier } from '../../../core/evidence/dossier-verify.ts';
import { writeEnvelope } from '../../../core/message/envelope.ts';
import { payoutForwardParameters } from '../../../core/payout/forward.ts';
import { networkTransactionIds } from '../../../core/payout/ids.ts';
import { receiveEnrolment } from '../../../functions/receive-node-message/receive-enrolment.ts';
import { receivePayout } from '../../../functions/receive-node-message/receive-payout.ts';
import { foundIn } from '../../support/audit.ts';
import type { Issued } from '../../support/certificates.ts';
import { enrolMessage, enrolmentNode, fintech, network, signedBy } from '../../support/enrolment.ts';
import { evidenceNode } from '../../support/evidence.ts';
import { payoutMessage } from '../../support/payouts.ts';
import { factorPublicKey } from '../../support/people.ts';

// What the network signed when it forwarded an enrolment, or a payout, as a payout operator can show it afterwards.

const large = { put: async () => {}, get: async () => Promise.reject(new Error('nothing is large')) };
const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };

async function operatorStory() {
  const node = enrolmentNode();
  const { table, clock, sealer, root, items } = node;
  const evidence = evidenceNode(items, table, { clock, sealer, finId: bank.finId });
  const signer = root.issue({ subject: [{ type: 'CN', value: 'Red' }], keyLabel: 'network' });
  const status = {
    ...{ thumbprint: signer.thumbprint, keyThumbprint: 'key of the network', participant: network.finId },
    ...{ enrolmentId: 'pin.ACT-1', use: 'signing', networkStatus: 'active', validity: 'valid' },
    ...{ notAfter: parseCertificate(signer.der).notAfter, acceptingOperators: [], sources: [] },
    ...{ anchor: root.thumbprint, activatedAt: clock.now() },
  } as const;
  await table.write({ put: chainItem(signer.thumbprint, [signer.der]) });
  await table.write({ put: (await certificateItem(status as never, sealer, 1, [])).item });
  await evidence.happen({
    scope: 'node',
    kind: 'act.applied',
    actor: { kind: 'person', personId: 'P-2', method: 'password+totp' },
    subjects: { actId: 'ACT-1', peer: network.finId, thumbprint: signer.thumbprint },
    facts: { actKind: 'peer.pin', signers: ['P-1', 'P-2'] },
  });
  const leaf = node.leaf();
  const original = { bytes: enrolMessage({ leaf }) };
  const forward = { enrolmentId: 'ENR-1', original };
  const header = { sender: network, receiver: bank, messageId: 'f-1', creationDate: clock.now() };
  const parameters = forwardParameters(forward);
  const bytes = writeEnvelope(header, { action: 'enrolment.forward', parameters });
  const envelope = { bytes, signature: await signedBy(signer, bytes), signedBy: signer.thumbprint };
  const ports = { ...node.ports, node: bank };
  await receiveEnrolment(ports, { forward, from: network, apiKeyId: 'KN', envelope });
  const paying = await payoutForwarded(node, leaf, signer);
  await evidence.chain();
  await evidence.sign();
  const reading = dossierPorts({
    ...{ node: bank.finId, table, archive: evidence.archive, large },
    factorKey: async () => factorPublicKey,
  });
  const trust = { anchors: [root.der], evidenceKeys: [{ node: bank.finId, key: evidence.signer.publicKey }] };
  const dossier = await enrolmentDossier(reading, 'ENR-1');
  const payout = await payoutDossier(reading, { participant: fintech.finId, id: 't-1' });
  return { node, leaf, evidence, envelope, original, trust, dossier, payout, paying };
}

/** The certificate has become active, and the network forwards a payout that it signed, twice. */
async function payoutForwarded(node: ReturnType<typeof enrolmentNode>, leaf: Issued, by: Issued) {
  const { table, clock, sealer, ports } = node;
  const active = (await ports.enrolments.find('ENR-1'))!;
  const status = {
    ...{ thumbprint: leaf.thumbprint, keyThumbprint: 'key of the leaf', participant: fintech.finId },
    ...{ enrolmentId: 'ENR-1', use: 'signing', networkStatus: 'active', validity: 'valid' },
    ...{ notAfter: parseCertificate(leaf.der).notAfter, acceptingOperators: [], sources: [] },
    ...{ anchor: node.root.thumbprint, activatedAt: clock.now() },
  } as const;
  await table.write({ put: (await certificateItem(status as never, sealer, 2, [])).item });
  const subjects = { enrolmentId: 'ENR-1', thumbprint: leaf.thumbprint };
  const actor = { kind: 'node', function: 'settle-enrolment' } as const;
  const record = { id: 'ACTIVE', scope: fintech.finId, kind: 'enrolment.activated', at: clock.now() };
  const activated = { ...record, actor, subjects };
  await ports.enrolments.note(active, [{ number: 16, outcome: 'ACTIVE', at: clock.now() }], {
    evidence: [activated],
    outbox: [],
  });
  const bytes = payoutMessage({
    messageId: 'pay-1',
    creationDate: clock.now(),
    payouts: ['t-0', 't-1'].map((id) => ({ id, executionDate: clock.now().toISOString() })),
  });
  const original = { bytes, signature: await signedBy(leaf, bytes) };
  const moves = payoutMoves({ table, large, announce: async () => {} });
  const receiving = { ...ports, node: bank, moves, requireShape: requirePayoutShape };
  const idOf = networkTransactionIds(clock.now(), new Uint8Array(16).fill(7));
  const envelopes = await Promise.all(
    [0, 1].map(async (place) => {
      const transactions = [{ transactionId: `t-${place}`, networkTransactionId: idOf(place) }];
      const notAfter = new Date(clock.now().getTime() + 3_600_000);
      const forward = { original, payoutOperator: bank.finId, transactions, notAfter };
      const header = {
        ...{ sender: network, receiver: bank },
        ...{ messageId: `f-pay-${place}`, creationDate: clock.now() },
      };
      const parameters = payoutForwardParameters(forward);
      const around = writeEnvelope(header, { action: 'payout.forward', parameters });
      const envelope = { bytes: around, signature: await signedBy(by, around), signer: by.thumbprint };
      return { forward, envelope };
    }),
  );
  for (const one of envelopes) await receivePayout(receiving, { ...one, from: network });
  return { moves, envelopes: envelopes.map(({ envelope }) => envelope) };
}

let it: Awaited<ReturnType<typeof operatorStory>>;
beforeAll(async () => {
  it = await operatorStory();
});
const verified = (dossier: Dossier) => verifyDossier(dossierBytes(dossier), it.trust);
const withEnvelope = (envelope: Dossier['enrolments'][number]['envelope']): Dossier => ({
  ...it.dossier,
  enrolments: it.dossier.enrolments.map((one) => ({ ...one, envelope })),
});

test('A-111 a payout operator’s dossier shows what the network signed when it forwarded the request', () => {
  const { proved, faults } = verified(it.dossier);
  expect(faults).toEqual([]);
  expect(proved.map(({ by, says }) => `${by} ${says}`).join('\n')).toMatch(
    /^SHINKANSEN forwarded this very request to BANCO_CL, signed with/m,
  );
});

test('it fails without that envelope, with other bytes, and with another’s signature', async () => {
  const { message, signature } = it.dossier.enrolments[0]!.envelope!;
  const other = await signedBy(it.node.leaf(), it.envelope.bytes);
  const cut = Buffer.from(message, 'base64').subarray(1).toString('base64');
  for (const envelope of [null, { message: cut, signature }, { message, signature: other }])
    expect(verified(withEnvelope(envelope)).faults).not.toEqual([]);
});

test('S23 the envelope and its signature go under lock with the message, and take no item of their own', async () => {
  const digest = createHash('sha256').update(it.envelope.bytes).digest('base64url');
  const of = { scope: fintech.finId, at: it.node.clock.now() };
  const locked = await it.evidence.archive.lockedMessage(of, digest);
  expect(Buffer.from(locked!.bytes).equals(it.envelope.bytes)).toBe(true);
  expect(locked!.signature).toBe(it.envelope.signature);
  const item = (await it.node.table.get(receivedMessageKey(fintech.finId, 'm-1')))!;
  const kept = (item.envelope as Uint8Array[]).reduce((sum, part) => sum + part.length, 0);
  // Without the message in it, which stands beside it.
  expect(kept).toBeLessThan(it.envelope.bytes.length - it.original.bytes.length);
});

test('A-112 its dossier of a payout shows what the network signed when it forwarded this very one', () => {
  const { proved, faults } = verified(it.payout);
  expect(faults).toEqual([]);
  expect(proved.map(({ by, says }) => `${by} ${says}`).join('\n')).toMatch(
    /^SHINKANSEN forwarded this very payout to BANCO_CL, to be started until 2026-06-01.*, signed with/m,
  );
  expect(it.payout.payout!.envelope!.signature).toBe(it.paying.envelopes[1]!.signature);
});

test('and fails without that envelope, with the one around another payout, cut, or under another signature', async () => {
  const [other, own] = it.paying.envelopes;
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const foreign = await signedBy(it.leaf, own!.bytes);
  const cases = [
    ['envelope', null],
    ['envelope: transactions', { message: base64(other!.bytes), signature: other!.signature }],
    ['envelope', { message: base64(own!.bytes.subarray(1)), signature: own!.signature }],
    ['envelope: signature', { message: base64(own!.bytes), signature: foreign }],
  ] as const;
  for (const [place, envelope] of cases) {
    const { faults } = verified({ ...it.payout, payout: { ...it.payout.payout!, envelope } });
    expect(faults.map((fault) => fault.place)).toContain(`payout: ${place}`);
  }
  const { envelope: _, ...without } = it.payout.payout!;
  expect(verified({ ...it.payout, payout: without }).faults.map(({ place }) => place)).toContain(
    'payout: envelope',
  );
});

test('S23 each envelope around a payout goes under lock with its signature', async () => {
  for (const { bytes, signature } of it.paying.envelopes) {
    const digest = createHash('sha256').update(bytes).digest('base64url');
    const of = { scope: fintech.finId, at: it.node.clock.now() };
    const locked = await it.evidence.archive.lockedMessage(of, digest);
    expect(Buffer.from(locked!.bytes).equals(bytes)).toBe(true);
    expect(locked!.signature).toBe(signature);
  }
  expect(it.evidence.log.lines.map(({ code }) => code)).not.toContain('EVIDENCE_BROKEN');
});

test('S23 D: another signature beside an envelope is found, around an enrolment and around a payout', async () => {
  const unsigned = async () =>
    (await foundIn(it.evidence))
      .filter((found) => found.startsWith('SOURCE_'))
      .map((one) => one.split(' ')[0]);
  expect(await unsigned()).toEqual([]);
  const honest = new Map(it.node.items);
  const other = (signature: unknown) => String(signature).replace('..', '..AA');
  for (const [name, item] of honest) {
    if (item.sk.startsWith('FORWARD#'))
      it.node.items.set(name, { ...item, signature: other(item.signature) });
    if (item.envelopeSignature)
      it.node.items.set(name, { ...item, envelopeSignature: other(item.envelopeSignature) });
  }
  const found = await unsigned();
  for (const [name, item] of honest) it.node.items.set(name, item);
  expect(found).toEqual(['SOURCE_UNSIGNED', 'SOURCE_UNSIGNED', 'SOURCE_UNSIGNED']);
});
