import { expect, test } from 'vitest';
import { enrolmentKey } from '../../adapters/dynamodb/enrolment-items.ts';
import { receivedMessageKey } from '../../adapters/dynamodb/received-messages.ts';
import { nodeCertificateParameters } from '../../core/enrolment/node-certificate.ts';
import { deliverToNode } from '../../functions/deliver-message/deliver-message.ts';
import { someHolder } from '../support/certificates.ts';
import { bank, certificateOf, type Node, network, twoNodes } from '../support/node-certificates.ts';

const refusal = (code: string) => expect.objectContaining({ code });
type Leaf = ReturnType<typeof certificateOf>;

/** What a network says that does not ask its own operators first. */
async function announces(net: Node, leaf: Leaf, id = 'forged-1') {
  const now = net.world.clock.now();
  const parameters = nodeCertificateParameters({
    enrolmentId: id,
    chain: leaf.chain.slice(0, -1),
    reason: 'rotación',
    signsFrom: now,
  });
  const action = 'node.certificate';
  return deliverToNode(net.delivering, { id, createdAt: now }, { receiver: bank, action, parameters });
}

test('S20 N: a network that announces a certificate without its own people gains nothing until ours confirmed it', async () => {
  const { net, op, run, open } = await twoNodes();
  const leaf = certificateOf(network);
  expect(await announces(net, leaf)).toMatchObject({ receipt: { status: 'pending' } });
  await run();
  expect(await op.state(leaf.thumbprint)).toBe('unknown');
  const [act] = await open(op);
  await op.admin.sign(act!.actId, op.operators[0]!);
  await expect(op.admin.sign(act!.actId, op.operators[0]!)).rejects.toThrow(refusal('ACT_ALREADY_SIGNED'));
  expect(await op.state(leaf.thumbprint)).toBe('unknown');
});

test('S20 N: a certificate on a key that did not sign the announcement is not even recorded', async () => {
  const { net, op, run, open } = await twoNodes();
  const leaf = certificateOf(network, { keyLabel: 'somebody-else' });
  expect(await announces(net, leaf)).toEqual({ outcome: 'REFUSED', code: 'NODE_KEY_OTHER' });
  await run();
  expect(await open(op)).toEqual([]);
});

test('S20 N: a certificate that names another holder is recorded as rejected, and nobody is asked', async () => {
  const { net, op, run, open } = await twoNodes();
  const leaf = certificateOf(network, { holder: { ...someHolder, rut: '20111222-2' } as never });
  expect(await announces(net, leaf)).toMatchObject({
    receipt: { status: 'rejected', code: 'NODE_HOLDER_OTHER' },
  });
  await run();
  expect(await open(op)).toEqual([]);
});

test('S20 N: the same act for an enrolment that the PSC was not asked about yet is refused', async () => {
  const { net, op } = await twoNodes();
  const leaf = certificateOf(network);
  await announces(net, leaf);
  const parameters = { fin_id: network, enrolment_id: 'forged-1', certificate_thumbprint: leaf.thumbprint };
  await expect(
    op.admin.perform('peer.confirmCertificate', parameters, op.operators.slice(0, 2)),
  ).rejects.toThrow(refusal('NODE_CERTIFICATE_UNCHECKED'));
});

test('S20 N: what was announced with a certificate that has ended since is not confirmed any more', async () => {
  const { net, op, run, open, first } = await twoNodes();
  await announces(net, certificateOf(network));
  await run();
  const ended = { fin_id: network, certificate_thumbprint: first[network]!.thumbprint, incident: false };
  await op.admin.perform('peer.endCertificate', ended, op.operators.slice(0, 1));
  const [act] = await open(op);
  await op.admin.sign(act!.actId, op.operators[0]!);
  await expect(op.admin.sign(act!.actId, op.operators[1]!)).rejects.toThrow(
    refusal('CERTIFICATE_NOT_ACTIVE'),
  );
});

test('S20 D: a thumbprint or message exchanged in the table after it arrived is found when it is confirmed', async () => {
  const { net, op, run, open } = await twoNodes();
  const leaf = certificateOf(network);
  await announces(net, leaf);
  await run();
  const forged = certificateOf(network, { keyLabel: 'forger' });
  const item = (await op.world.table.get(enrolmentKey('forged-1')))!;
  await op.world.table.write({ put: { ...item, thumbprint: forged.thumbprint } });
  const parameters = { fin_id: network, enrolment_id: 'forged-1', certificate_thumbprint: forged.thumbprint };
  await expect(
    op.admin.perform('peer.confirmCertificate', parameters, op.operators.slice(0, 2)),
  ).rejects.toThrow(refusal('PROOF_BROKEN'));
  await op.world.table.write({ put: item });
  const key = receivedMessageKey(network, 'forged-1');
  const message = (await op.world.table.get(key))!;
  await op.world.table.write({ put: { ...message, bytes: Buffer.from('{}') } });
  const [act] = await open(op);
  await op.admin.sign(act!.actId, op.operators[0]!);
  await expect(op.admin.sign(act!.actId, op.operators[1]!)).rejects.toThrow(refusal('SIGNATURE_INVALID'));
  expect(await op.state(leaf.thumbprint)).toBe('unknown');
});

test('S20 O: a participant’s API key announces no node’s certificate', async () => {
  const { net, op } = await twoNodes();
  const said: string[] = [];
  const answer = await op.take('AURORA', 'x..y', Buffer.from('{}'), said);
  expect([answer.status, said]).toEqual([403, ['PEER_UNKNOWN']]);
  expect(await net.says(bank, 'still-heard')).toBe('RECEIVED');
});
