import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { officerMustConfirm } from '../../core/enrolment/officer.ts';
import { type SettlementGround, settle } from '../../core/enrolment/settlement.ts';
import { verifySender } from '../../core/message/sender.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { receiveEnrolment } from '../../functions/receive-node-message/receive-enrolment.ts';
import { codeOf } from '../support/access-stand.ts';
import { type Issued, makeAuthority, someHolder } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { enrolMessage, enrolmentNode, fintech, network } from '../support/enrolment.ts';
import { codesOf, payoutWorld } from '../support/payouts.ts';
import { sweepStand } from '../support/sweep.ts';

// Certificates that somebody stole, made or talked a PSC into, with the API key beside them: what still stands between
// them and a payout. The cells are those of the published mitigation x threat matrix.

const caller = { participant: fintech.finId, keyId: 'K1' };
type Stand = Pick<ReturnType<typeof disableStand>, 'disableMessage' | 'clock' | 'ports'>;

/** Whether a message signed with this certificate would be believed now. */
async function believed(stand: Stand, leaf: Issued): Promise<string> {
  const message = await stand.disableMessage({ all: true }, { by: leaf });
  const expected = { participant: fintech.finId, now: stand.clock.now() };
  return codeOf(verifySender(stand.ports, message, expected));
}

describe.each(['M4/A2', 'M4/A3'])('%s a stolen key', (cell) => {
  test(`${cell} signs nothing more from the answer on to a disable signed with that very key`, async () => {
    const stand = disableStand();
    const stolen = await stand.active(stand.leaf('stolen'));
    const other = await stand.active(stand.leaf('other'));
    expect(await believed(stand, stolen)).toBe('DONE');
    await stand.disable({ thumbprint: stolen.thumbprint, cause: 'incident' }, { by: stolen });
    expect([await believed(stand, stolen), await believed(stand, other)]).toEqual([
      'CERTIFICATE_NOT_ACTIVE',
      'DONE',
    ]);
  });

  test(`${cell} cannot come back with the same key in another certificate`, async () => {
    const stand = disableStand();
    const stolen = await stand.active(stand.leaf('stolen'));
    const twin = await stand.active(stand.leaf('stolen'));
    await stand.disable({ thumbprint: stolen.thumbprint, cause: 'incident' }, { by: stolen });
    expect(await believed(stand, twin)).toBe('CERTIFICATE_NOT_ACTIVE');
  });
});

describe.each(['M7/A2', 'M7/A3'])('%s a stolen key whose owner reached the PSC only', (cell) => {
  test(`${cell} signs nothing more from the next sweep on`, async () => {
    const stand = sweepStand();
    const stolen = await stand.active(stand.listed('stolen'));
    const other = await stand.active(stand.listed('other'));
    stand.says(stand.list());
    await stand.sweep();
    expect(await believed(stand, stolen)).toBe('DONE');
    stand.clock.advance(3_600);
    stand.says(stand.list({ revoked: [{ leaf: stolen, reason: 1 }] }));
    await stand.sweep();
    expect([await believed(stand, stolen), await believed(stand, other)]).toEqual([
      'CERTIFICATE_REVOKED',
      'DONE',
    ]);
  });
});

describe('M12 a certificate that no accepted PSC issued', () => {
  const ownRoot = makeAuthority({ name: 'Raiz de prueba' });
  const made = ownRoot.issue({ holder: someHolder, keyLabel: 'made' });

  test('M12/A3 is not enrolled, though key, API key and every name in it are right', async () => {
    const node = enrolmentNode(makeAuthority({ name: 'Raiz de prueba', keyLabel: 'the real one' }));
    const body = enrolMessage({ leaf: made });
    const { enrolment } = await admitEnrolment(node.ports, { body, signature: undefined, caller });
    expect(enrolment).toMatchObject({ networkStatus: 'rejected', validity: 'invalid' });
    expect(node.queues.announced.map(({ id }) => id)).not.toContain(`enrolment.start.${enrolment.id}`);
  });

  test('M12/A3 is refused by the payout operator itself, whatever the network found', async () => {
    const node = enrolmentNode();
    const forwarded = (leaf: Issued, enrolmentId: string) => {
      const bytes = enrolMessage({ leaf, messageId: enrolmentId });
      const forward = { enrolmentId, original: { bytes } };
      return receiveEnrolment(node.ports, { forward, from: network, apiKeyId: 'KN' });
    };
    const other = makeAuthority({ name: 'Otra raiz' }).issue({ holder: someHolder, keyLabel: 'made' });
    expect(await forwarded(other, 'E1')).toEqual({ status: 'rejected', code: 'ANCHOR_NOT_FOUND' });
    expect(await forwarded(node.leaf(), 'E2')).toEqual({ status: 'pending', code: null });
  });

  test('M12/A5 nobody can say that it was another’s: the record names PSC, serial and anchor, and keeps the chain', async () => {
    const node = enrolmentNode();
    const intermediate = node.root.issueCa({ name: 'Intermedia' });
    const leaf = intermediate.issue({ holder: someHolder });
    const body = enrolMessage({ leaf });
    const { enrolment } = await admitEnrolment(node.ports, { body, signature: undefined, caller });
    const kept = await node.ports.enrolments.find(enrolment.id);
    const { serialNumber } = new X509Certificate(leaf.der);
    expect(kept).toMatchObject({ pscName: 'PSC de prueba', serialNumber, anchor: node.root.thumbprint });
    const chain = await node.ports.enrolments.chainOf(enrolment.thumbprint);
    expect(chain?.map((der) => Buffer.from(der))).toEqual(
      [leaf.der, intermediate.der].map((der) => Buffer.from(der)),
    );
  });
});

describe.each(['M13/A3', 'M13/A4'])('%s a certificate with API key and possession', (cell) => {
  test.each([undefined, '', '  '])(`${cell} is not enrolled without a reason: %j`, async (reason) => {
    const node = enrolmentNode();
    const body = enrolMessage({ leaf: node.leaf(), parameters: { reason } });
    const attempt = admitEnrolment(node.ports, { body, signature: undefined, caller });
    expect(await codeOf(attempt)).toMatch(/REASON/);
    expect(node.items.size).toBe(0);
  });

  test(`${cell} signs nothing while its enrolment is pending`, async () => {
    const stand = disableStand();
    const leaf = stand.leaf('fraud');
    await stand.pending(leaf);
    expect(await believed(stand, leaf)).toBe('CERTIFICATE_UNKNOWN');
  });
});

test('M13/A5 the record holds who brought it, with which API key, why, and the very bytes', async () => {
  const node = enrolmentNode();
  const body = enrolMessage({ leaf: node.leaf(), messageId: 'm-7' });
  const { enrolment } = await admitEnrolment(node.ports, { body, signature: undefined, caller });
  expect(await node.ports.enrolments.find(enrolment.id)).toMatchObject({
    reason: 'primer certificado',
    apiKeyId: 'K1',
    receivedFrom: fintech.finId,
  });
  const message = [...node.items.values()].find(({ pk }) => pk === `MSG#${fintech.finId}#m-7`);
  expect(Buffer.from(message!.bytes as Uint8Array).equals(body)).toBe(true);
});

/** What an enrolment without the people's word comes to, whatever the payout operators say. */
async function unconfirmed(role: 'network' | 'payoutOperator', over: Partial<SettlementGround> = {}) {
  const stand = disableStand(role);
  const enrolment = await stand.pending(stand.leaf('fraud'));
  const accepted = { enrolmentId: enrolment.id, operator: 'BANCO_CL', status: 'accepted' as const };
  const ground: SettlementGround = {
    now: stand.clock.now(),
    finding: 'GOOD',
    suspended: false,
    confirmation: { status: 'waiting' },
    answers: role === 'network' ? [{ ...accepted, at: stand.clock.now() }] : [],
    final: false,
    ...over,
  };
  return { enrolment, settlement: settle(enrolment, ground) };
}

describe.each(['M14/A3', 'M14/A4'])('%s without the security officer', (cell) => {
  test(`${cell} nothing becomes active, and policy relaxes no enrolment that is unsigned`, async () => {
    const { enrolment, settlement } = await unconfirmed('network');
    expect(settlement.outcome).toBe('NOTHING');
    const ground = { party: { officerConfirmation: 'relaxed' as const }, lastSensitiveChange: undefined };
    expect(officerMustConfirm(enrolment, { ...ground, now: enrolment.createdAt, signer: undefined })).toBe(
      true,
    );
  });

  test(`${cell} silence and a no end it`, async () => {
    const expired = await unconfirmed('network', { confirmation: { status: 'expired' } });
    expect(expired.settlement).toMatchObject({ outcome: 'END', code: 'NO_ANSWER' });
    const confirmation = { status: 'rejected', code: 'OFFICER_REJECTED' } as const;
    const rejected = await unconfirmed('network', { confirmation });
    expect(rejected.settlement).toMatchObject({ outcome: 'END', code: 'OFFICER_REJECTED' });
  });
});

describe.each(['M15/A3', 'M15/A4'])('%s without the apoderado at the payout operator', (cell) => {
  test(`${cell} nothing becomes active there, though the network sent and confirmed it`, async () => {
    const { settlement } = await unconfirmed('payoutOperator');
    expect(settlement.outcome).toBe('NOTHING');
    const stand = disableStand('payoutOperator');
    const leaf = stand.leaf('fraud');
    await stand.pending(leaf);
    expect(await believed(stand, leaf)).toBe('CERTIFICATE_UNKNOWN');
  });

  test(`${cell} silence and a no end it`, async () => {
    const expired = await unconfirmed('payoutOperator', { confirmation: { status: 'expired' } });
    expect(expired.settlement).toMatchObject({ outcome: 'END', code: 'NO_ANSWER' });
    const confirmation = { status: 'rejected', code: 'APODERADO_REJECTED' } as const;
    const rejected = await unconfirmed('payoutOperator', { confirmation });
    expect(rejected.settlement).toMatchObject({ outcome: 'END', code: 'APODERADO_REJECTED' });
  });
});

describe.each(['M16/A3', 'M16/A4'])('%s a good certificate that skipped enrolment', (cell) => {
  test(`${cell} pays nothing, though an accepted PSC issued it in the apoderado’s name`, async () => {
    const world = await payoutWorld();
    const fraud = world.root.issue({ holder: someHolder, keyLabel: 'fraud' });
    expect(codesOf(await world.send({}, fraud))).toEqual(['CERTIFICATE_UNKNOWN']);
    const twin = world.root.issue({ holder: someHolder });
    expect(codesOf(await world.send({}, twin))).toEqual(['CERTIFICATE_UNKNOWN']);
  });
});
