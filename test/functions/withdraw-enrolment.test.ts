import { expect, test } from 'vitest';
import { validate } from '../../adapters/http/generated/withdraw-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { withdrawEnrolment } from '../../functions/withdraw-enrolment/withdraw-enrolment.ts';
import { auditNode } from '../support/audit.ts';
import type { Issued } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { fintech, network, signedBy } from '../support/enrolment.ts';
import { evidenceNode } from '../support/evidence.ts';

async function withdrawing() {
  const stand = disableStand();
  const leaf = stand.leaf('first');
  const enrolment = await stand.pending(leaf);
  const ports = {
    ...stand.ports,
    enrolments: stand.enrolments,
    checkShape: (message: object) => requireShape(validate, message as never),
  };
  const header = { sender: fintech, receiver: network, messageId: 'w-1', creationDate: stand.clock.now() };
  const parameters = { enrolment_id: enrolment.id, reason: 'certificado equivocado' };
  const body = writeEnvelope(header, { action: 'enrolment.withdraw', parameters });
  const withdraw = async (signer?: Issued) =>
    withdrawEnrolment(ports, {
      enrolmentId: enrolment.id,
      body,
      signature: signer && (await signedBy(signer, body)),
      caller: { ...fintech, keyId: 'K1' },
    });
  return { stand, leaf, enrolment, withdraw };
}

test('an enrolment is withdrawn by the signature of another active certificate', async () => {
  const { stand, withdraw } = await withdrawing();
  const other = await stand.active(stand.leaf('other'));
  expect(await withdraw(other)).toMatchObject({ networkStatus: 'rejected', code: 'WITHDRAWN' });
});

test('S23 what was signed to withdraw is kept, counts once, and the audit finds nothing', async () => {
  const { stand, withdraw } = await withdrawing();
  const evidence = evidenceNode(stand.items, stand.table, { clock: stand.clock, sealer: stand.sealer });
  const other = await stand.active(stand.leaf('other'));
  await withdraw(other);
  expect(await withdraw(other)).toMatchObject({ code: 'WITHDRAWN' });
  await evidence.chain();
  await evidence.sign();
  const found = (await auditNode(evidence)).findings.filter(({ code }) => code.startsWith('SOURCE_'));
  expect(found).toEqual([]);
  const known = await stand.enrolments.knownMessage(fintech.finId, 'w-1');
  expect(known).toBeDefined();
});

test('a message_id that was used before withdraws nothing', async () => {
  const { stand, enrolment, withdraw } = await withdrawing();
  const other = await stand.active(stand.leaf('other'));
  const spare = await stand.active(stand.leaf('spare'));
  await stand.disable({ thumbprint: spare.thumbprint }, { by: other, messageId: 'w-1' });
  await expect(withdraw(other)).rejects.toMatchObject({ code: 'MESSAGE_ID_REUSED' });
  expect((await stand.enrolments.find(enrolment.id))!.networkStatus).toBe('pending');
});

test('a first enrolment is not withdrawn with the API key alone, and the refusal says who ends it', async () => {
  const { stand, enrolment, withdraw } = await withdrawing();
  await expect(withdraw()).rejects.toMatchObject({
    code: 'SIGNATURE_MISSING',
    message: expect.stringMatching(/security officer or the apoderado reject.*72 hours/),
  });
  expect(await stand.enrolments.find(enrolment.id)).toMatchObject({ networkStatus: 'pending' });
});

test('nor by the certificate that is still waiting itself', async () => {
  const { leaf, withdraw } = await withdrawing();
  await expect(withdraw(leaf)).rejects.toMatchObject({
    code: 'CERTIFICATE_UNKNOWN',
    message: expect.stringContaining('security officer or the apoderado'),
  });
});

test('a step that is noted while it is withdrawn does not keep it from being withdrawn', async () => {
  const { stand, withdraw } = await withdrawing();
  const other = await stand.active(stand.leaf('other'));
  const { enrolments } = stand;
  const { move } = enrolments;
  let noted = false;
  enrolments.move = async (asked) => {
    const step = { number: 4, outcome: 'TOLD', at: stand.clock.now() } as const;
    if (!noted) await enrolments.note(asked.from, [step], { evidence: [], outbox: [] });
    noted = true;
    return move(asked);
  };
  expect(await withdraw(other)).toMatchObject({ networkStatus: 'rejected', code: 'WITHDRAWN' });
});
