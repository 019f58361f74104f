import { describe, expect, test } from 'vitest';
import { certificateItem, statusOf } from '../../adapters/dynamodb/certificate-items.ts';
import { chainItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { type Issued, makeAuthority, someHolder } from '../support/certificates.ts';
import { signedBy } from '../support/enrolment.ts';
import { hours, said } from '../support/money-attacks.ts';
import { type Nodes, payoutBank } from '../support/payout-bank.ts';
import { bank, codesOf, debtor, network, now, payoutMessage } from '../support/payouts.ts';

// Steps 7 to 11 at the payout operator, played by a network that is in the attacker's hands: it signs every envelope,
// and still moves nothing that the operator has not enrolled, proved and found alive by itself.

const { running, start } = payoutBank();

const statusKey = ({ thumbprint }: Issued) => ({ pk: `CERT#${thumbprint}`, sk: 'STATUS' });

/** A forward of these bytes, in the network's own envelope. Gives what the operator says, once everything has run. */
async function forwarded(nodes: Nodes, signer: Issued, sender = debtor) {
  const body = payoutMessage({ messageId: 'forged', sender, payouts: [{ id: 'forged' }] });
  const parameters = {
    message: Buffer.from(body).toString('base64'),
    signature: await signedBy(signer, body),
    payout_operator: bank,
    transactions: [
      { transaction_id: 'forged', shinkansen_transaction_id: '019e83b2-e580-7c9b-85ef-2df0cca0fd35' },
    ],
    not_after: hours(24).toISOString(),
  };
  const { status, code } = await said(nodes, network.finId, bank, 'payout.forward', parameters);
  await nodes.run();
  const payout = await nodes.operator.ports.moves.find(debtor, 'forged');
  const words = nodes.posted.map(({ body }) => Buffer.from(body).toString());
  const told = words.map((word) => /"response_message":"([A-Z_]+: [^"]*)/.exec(word)?.[1]).find(Boolean);
  return {
    status,
    code: code ?? payout?.response?.message ?? told,
    paid: running.bank.payments.length,
  };
}

/** Puts a certificate into the operator's table as its own enrolment would have. */
async function enrolledThere({ op }: Nodes, leaf: Issued, change: object = {}) {
  const known = await statusOf((await op.table.get(statusKey(op.leaf)))!, op.sealer);
  const status = { ...known, thumbprint: leaf.thumbprint, enrolmentId: `E-${leaf.serialNumber}`, ...change };
  await op.table.transact([
    { put: (await certificateItem(status, op.sealer, 1, [])).item },
    { put: chainItem(leaf.thumbprint, leaf.chain.slice(0, -1)) },
  ]);
}

test('A-064 the same forward with an enrolled certificate is executed: what follows is refused for its own reason', async () => {
  const nodes = await start();
  expect(await forwarded(nodes, nodes.net.leaf)).toMatchObject({ status: 200, paid: 1 });
});

describe('M16, A-091 a certificate that never passed the operator’s own enrolment', () => {
  test('A-064, M16 pays nothing there, though an accepted PSC issued it to the apoderado', async () => {
    const nodes = await start();
    const never = nodes.net.root.issue({ holder: someHolder, keyLabel: 'never enrolled' });
    expect(await forwarded(nodes, never)).toEqual({
      status: 200,
      code: expect.stringMatching(/^CERTIFICATE_UNKNOWN/),
      paid: 0,
    });
  });

  test('M16 pays nothing there, though the network has it active', async () => {
    const nodes = await start();
    await nodes.op.table.write({ delete: statusKey(nodes.net.leaf) });
    await nodes.net.send({ payouts: [{ id: 'sent' }] });
    await nodes.run();
    expect((await nodes.network.ports.moves.find(debtor, 'sent'))?.state).toBe('error');
    expect(running.bank.payments).toEqual([]);
  });

  test('M16 pays nothing there, though somebody wrote it into the table without its seal', async () => {
    const nodes = await start();
    const leaf = nodes.net.root.issue({ holder: someHolder, keyLabel: 'written' });
    await enrolledThere(nodes, leaf);
    const item = (await nodes.op.table.get(statusKey(leaf)))!;
    const { seal, ...unsealed } = item;
    await nodes.op.table.write({ put: unsealed as typeof item });
    expect(await forwarded(nodes, leaf)).toMatchObject({ status: 503, code: 'SEAL_BROKEN', paid: 0 });
  });
});

describe('A-065 step 8: neither certificate counts without its path and its dates', () => {
  test('A-065 a participant’s certificate that has expired', async () => {
    const nodes = await start();
    const leaf = nodes.net.root.issue({
      holder: someHolder,
      keyLabel: 'short',
      notAfter: new Date(now.getTime() - 1000),
    });
    await enrolledThere(nodes, leaf, { notAfter: new Date(now.getTime() - 1000) });
    const { paid } = await forwarded(nodes, leaf);
    expect(paid).toBe(0);
  });

  test('A-065 a participant’s certificate whose stored chain leads to another root', async () => {
    const nodes = await start();
    const leaf = makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder, keyLabel: 'other root' });
    await enrolledThere(nodes, leaf);
    expect(await forwarded(nodes, leaf)).toMatchObject({
      code: expect.stringMatching(/ANCHOR|PROOF/),
      paid: 0,
    });
  });

  test('A-065 the network’s own, expired', async () => {
    const nodes = await start();
    const own = nodes.keys[network.finId]!;
    const status = await statusOf((await nodes.op.table.get(statusKey(own)))!, nodes.op.sealer);
    const past = { ...status, notAfter: new Date(now.getTime() - 1000) };
    await nodes.op.table.write({ put: (await certificateItem(past, nodes.op.sealer, 2, [])).item });
    expect(await forwarded(nodes, nodes.net.leaf)).toEqual({
      status: 403,
      code: 'CERTIFICATE_EXPIRED',
      paid: 0,
    });
  });

  test('A-065 the network’s own, its chain exchanged', async () => {
    const nodes = await start();
    const own = nodes.keys[network.finId]!;
    const other = makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder });
    await nodes.op.table.write({ put: chainItem(own.thumbprint, [other.der]) });
    expect(await forwarded(nodes, nodes.net.leaf)).toEqual({ status: 503, code: 'PROOF_BROKEN', paid: 0 });
  });
});

describe('A-066 step 9: neither certificate counts once it is revoked', () => {
  const revoked = { set: { networkStatus: 'disabled', validity: 'revoked' }, remove: ['seal'] };

  test('A-066 the participant’s: a signed error, and no money', async () => {
    const nodes = await start();
    await nodes.op.table.write({ update: statusKey(nodes.net.leaf), change: revoked });
    const { code, paid } = await forwarded(nodes, nodes.net.leaf);
    expect([code, paid]).toEqual([expect.stringContaining('CERTIFICATE_REVOKED'), 0]);
  });

  test('A-066 the network’s: the envelope is not opened', async () => {
    const nodes = await start();
    await nodes.op.table.write({ update: statusKey(nodes.keys[network.finId]!), change: revoked });
    expect(await forwarded(nodes, nodes.net.leaf)).toEqual({
      status: 403,
      code: 'CERTIFICATE_REVOKED',
      paid: 0,
    });
  });
});

test('A-068 a payout signed with the active certificate of another participant pays nothing', async () => {
  const nodes = await start();
  const other = nodes.net.root.issue({ holder: someHolder, keyLabel: 'of another' });
  await enrolledThere(nodes, other, { participant: 'OTRA_FINTECH' });
  expect(await forwarded(nodes, other)).toEqual({ status: 403, code: 'CERTIFICATE_OF_ANOTHER', paid: 0 });
});

// A PSC that was taken over: its own authority signs, over a key of the attacker's. A store that was robbed: a real
// certificate with its key, made for invoices and enrolled nowhere.
const fraudulent: readonly (readonly [string, (nodes: Nodes) => Issued])[] = [
  [
    'a PSC that was taken over',
    ({ net }) => net.root.issueCa({ name: 'Robada' }).issue({ holder: someHolder }),
  ],
  ['a store that was robbed', ({ net }) => net.root.issue({ holder: someHolder, keyLabel: 'invoices' })],
];

describe.each(fraudulent)('M16/A4 A-109 a certificate from %s', (_, certificate) => {
  test('M16/A4 A-109 pays nothing at the network, with the API key too', async () => {
    const nodes = await start();
    expect(codesOf(await nodes.net.send({}, certificate(nodes)))).toEqual(['CERTIFICATE_UNKNOWN']);
  });

  test('M16/A4 A-109 pays nothing at the operator, were the network taken over as well', async () => {
    const nodes = await start();
    const code = expect.stringMatching(/^CERTIFICATE_UNKNOWN/);
    expect(await forwarded(nodes, certificate(nodes))).toMatchObject({ code, paid: 0 });
  });
});

test('M14/A4 A-109 an apoderado who was phished into getting and confirming one pays nothing without the officer', async () => {
  const nodes = await start();
  const phished = nodes.net.root.issue({ holder: someHolder, keyLabel: 'phished' });
  await enrolledThere(nodes, phished);
  const outcome = await nodes.net.send({ payouts: [{ id: 'phished' }] }, phished);
  await nodes.run();
  expect([codesOf(outcome), running.bank.payments]).toEqual([['CERTIFICATE_UNKNOWN'], []]);
});
