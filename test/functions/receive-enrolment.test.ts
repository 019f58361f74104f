import { describe, expect, test } from 'vitest';
import { statusOf } from '../../adapters/dynamodb/certificate-items.ts';
import { receiveEnrolment } from '../../functions/receive-node-message/receive-enrolment.ts';
import type { Issued } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { enrolMessage, enrolmentNode, network, now } from '../support/enrolment.ts';

type Node = ReturnType<typeof enrolmentNode>;
const hex = (chain: readonly Uint8Array[] | undefined) =>
  chain?.map((der) => Buffer.from(der).toString('hex'));

function forwarded(node: Node, leaf: Issued, chain = leaf.chain, enrolmentId = 'E1') {
  const bytes = enrolMessage({ leaf, chain, messageId: enrolmentId });
  const forward = { enrolmentId, original: { bytes } };
  return receiveEnrolment(node.ports, { forward, from: network, apiKeyId: 'KN' });
}

describe('A-031, A-041 step 10 at a payout operator', () => {
  test('stores leaf and intermediates as the path has them, whatever the order in which they came', async () => {
    const node = enrolmentNode();
    const [upper] = [node.root.issueCa({ name: 'Superior' })];
    const lower = upper!.issueCa({ name: 'Inferior' });
    const leaf = lower.issue({ holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' } });
    const shuffled = [upper!.der, node.root.der, leaf.der, lower.der];
    expect(await forwarded(node, leaf, shuffled)).toEqual({ status: 'pending', code: null });
    expect(hex(await node.ports.enrolments.chainOf(leaf.thumbprint))).toEqual(
      hex([leaf.der, lower.der, upper!.der]),
    );
  });

  test('what it stored is enough to prove the certificate again, by its own anchors', async () => {
    const stand = disableStand('payoutOperator');
    const intermediate = stand.root.issueCa({ name: 'Intermedia' });
    const leaf = intermediate.issue({
      holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' },
    });
    await stand.active(leaf);
    const status = await statusOf(
      (await stand.table.get({ pk: `CERT#${leaf.thumbprint}`, sk: 'STATUS' }))!,
      stand.sealer,
    );
    const { path } = await stand.ports.chains.prove(status, now);
    expect(hex(path.path.map(({ der }) => der))).toEqual(hex([leaf.der, intermediate.der]));
  });

  test('a chain without one of its intermediates is recorded as rejected, and no chain is stored', async () => {
    const node = enrolmentNode();
    const intermediate = node.root.issueCa({ name: 'Intermedia' });
    const leaf = intermediate.issue({
      holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' },
    });
    expect(await forwarded(node, leaf, [leaf.der, node.root.der])).toEqual({
      status: 'rejected',
      code: 'ANCHOR_NOT_FOUND',
    });
    expect(await node.ports.enrolments.chainOf(leaf.thumbprint)).toBeUndefined();
  });
});
