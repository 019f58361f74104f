import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { certificateItem } from '../../../adapters/dynamodb/certificate-items.ts';
import { dossierPorts } from '../../../adapters/dynamodb/dossier.ts';
import { chainItem } from '../../../adapters/dynamodb/enrolment-items.ts';
import { receivedMessageKey } from '../../../adapters/dynamodb/received-messages.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { forwardParameters } from '../../../core/enrolment/forward.ts';
import { type Dossier, dossierBytes } from '../../../core/evidence/dossier.ts';
import { enrolmentDossier } from '../../../core/evidence/dossier-export.ts';
import { verifyDossier } from '../../../core/evidence/dossier-verify.ts';
import { writeEnvelope } from '../../../core/message/envelope.ts';
import { receiveEnrolment } from '../../../functions/receive-node-message/receive-enrolment.ts';
import { enrolMessage, enrolmentNode, fintech, network, signedBy } from '../../support/enrolment.ts';
import { evidenceNode } from '../../support/evidence.ts';
import { factorPublicKey } from '../../support/people.ts';

// What the network signed when it forwarded an enrolment, as a payout operator can show it afterwards.

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
  const original = { bytes: enrolMessage({ leaf: node.leaf() }) };
  const forward = { enrolmentId: 'ENR-1', original };
  const header = { sender: network, receiver: bank, messageId: 'f-1', creationDate: clock.now() };
  const parameters = forwardParameters(forward);
  const bytes = writeEnvelope(header, { action: 'enrolment.forward', parameters });
  const envelope = { bytes, signature: await signedBy(signer, bytes), signedBy: signer.thumbprint };
  const ports = { ...node.ports, node: bank };
  await receiveEnrolment(ports, { forward, from: network, apiKeyId: 'KN', envelope });
  await evidence.chain();
  await evidence.sign();
  const reading = dossierPorts({
    ...{ node: bank.finId, table, archive: evidence.archive, large: {} as never },
    factorKey: async () => factorPublicKey,
  });
  const trust = { anchors: [root.der], evidenceKeys: [{ node: bank.finId, key: evidence.signer.publicKey }] };
  const dossier = await enrolmentDossier(reading, 'ENR-1');
  return { node, evidence, envelope, original, trust, dossier };
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
