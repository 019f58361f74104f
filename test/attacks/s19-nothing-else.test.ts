import { describe, expect, test } from 'vitest';
import { validate } from '../../adapters/http/generated/withdraw-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import type { OperatorStatus } from '../../core/enrolment/enrolment.ts';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { withdrawEnrolment } from '../../functions/withdraw-enrolment/withdraw-enrolment.ts';
import { accessStand, codeOf } from '../support/access-stand.ts';
import { disableStand } from '../support/disable.ts';
import { fintech, network, signedBy } from '../support/enrolment.ts';
import { signingParty } from '../support/signer.ts';

// S19: BANCO_CL colluded and accepted first; BANCO_DOS is the honest one.

const weekSeconds = 7 * 86_400;

async function stolen(status: OperatorStatus) {
  const stand = disableStand();
  const leaf = await stand.active(stand.leaf('stolen'));
  const [theirs] = await stand.enrolments.ofCertificate(fintech.finId, leaf.thumbprint);
  const row = { enrolmentId: theirs!.id, operator: 'BANCO_DOS', status, at: stand.clock.now() };
  await stand.enrolments.putRow(row, { evidence: [], outbox: [] });
  return { stand, leaf };
}

type Stolen = Awaited<ReturnType<typeof stolen>>;

async function withdrawing({ stand, leaf }: Stolen) {
  const enrolment = await stand.pending(stand.leaf('fresh'));
  const header = { sender: fintech, receiver: network, messageId: 'w-1', creationDate: stand.clock.now() };
  const parameters = { enrolment_id: enrolment.id, reason: 'no es nuestro' };
  const body = writeEnvelope(header, { action: 'enrolment.withdraw', parameters });
  const checkShape = (message: object) => requireShape(validate, message as never);
  const ports = { ...stand.ports, enrolments: stand.enrolments, checkShape };
  const signature = await signedBy(leaf, body);
  return withdrawEnrolment(ports, {
    ...{ enrolmentId: enrolment.id, body, signature, caller: { ...fintech, keyId: 'K1' } },
  });
}

async function disablingAnother({ stand, leaf }: Stolen) {
  const other = await stand.active(stand.leaf('other'));
  return stand.disable({ thumbprint: other.thumbprint }, { by: leaf });
}

const acts = {
  'enrols another in its place': ({ stand, leaf }: Stolen) =>
    stand.pending(stand.leaf('next'), 'signing', undefined, leaf),
  'withdraws what is pending': withdrawing,
  'disables another': disablingAnother,
};

const refused = { code: 'ACCEPTANCE_INCOMPLETE' };

describe.each(Object.entries(acts))('S19 O: a certificate that one payout operator accepted %s', (_, act) => {
  test.each(['waiting', 'pending', 'rejected', 'silent'] as const)(
    'never while another one says: %s',
    async (status) => {
      await expect(act(await stolen(status))).rejects.toMatchObject(refused);
    },
  );

  test('once no signed word of the other was heard for a week', async () => {
    for (const status of ['silent', 'pending'] as const) {
      const late = await stolen(status);
      late.stand.clock.advance(weekSeconds);
      await expect(act(late)).resolves.toBeDefined();
    }
  });
});

test('S19 O: a certificate that another payout operator rejected still disables itself', async () => {
  const { stand, leaf } = await stolen('rejected');
  const { disabled } = await stand.disable({ thumbprint: leaf.thumbprint }, { by: leaf });
  expect(disabled).toEqual([leaf.thumbprint]);
});

test('S19 O: it renews no API key and moves no webhook before every other one has accepted it', async () => {
  const party = await signingParty();
  const access = accessStand(party);
  const asked = { enrolmentId: 'ENROLMENT', operator: 'BANCO_DOS', at: access.clock.now() };
  for (const status of ['pending', 'rejected'] as const) {
    access.knobs.rows = [{ ...asked, status }];
    expect(await codeOf(access.renewAnew())).toBe('ACCEPTANCE_INCOMPLETE');
    expect(await codeOf(access.register('https://evil.example/hook'))).toBe('ACCEPTANCE_INCOMPLETE');
  }
});
