import { describe, expect, test } from 'vitest';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import { officerMustConfirm } from '../../core/enrolment/officer.ts';
import type { Party } from '../../core/people/party.ts';
import type { Person } from '../../core/people/person.ts';
import { notifyEnrolment } from '../../functions/notify-enrolment/notify-enrolment.ts';
import { disableStand } from '../support/disable.ts';
import { fintech, now } from '../support/enrolment.ts';

const person = (personId: string, office: Person['office'], state: Person['state'] = 'active') =>
  ({ personId, office, state, participant: fintech.finId }) as Person;
const people = [
  person('OFFICER-1', 'securityOfficer'),
  person('OFFICER-2', 'securityOfficer'),
  person('INVITED', 'securityOfficer', 'invited'),
  person('APODERADO', 'apoderado'),
];

type Policy = Party['officerConfirmation'];

async function noticed(
  more: {
    role?: 'network' | 'payoutOperator';
    policy?: Policy;
    use?: 'signing' | 'transport';
    signed?: boolean;
  } = {},
) {
  const { role = 'network', policy = 'always', use = 'signing', signed = false } = more;
  const stand = disableStand(role);
  const old = signed ? await stand.active(stand.leaf('old'), { holder: 'P-APODERADO' }) : undefined;
  const leaf = stand.leaf('new', use === 'transport' ? { use, hosts: [fintech.hosts[0]!] } : {});
  const enrolment = await stand.pending(leaf, use, undefined, old);
  const party = { ...fintech, kind: 'participant', officerConfirmation: policy } as unknown as Party;
  const ports = {
    ...stand.ports,
    enrolments: stand.enrolments,
    parties: { party: async () => party },
    people: { holders: async () => people },
    lastSensitiveChange: async () => new Date(now.getTime() - 100 * 3_600_000),
  };
  const mailed = () =>
    stand.queues.announced
      .map(({ id }) => id)
      .filter((id) => id.startsWith('mail.enrolment-notice'))
      .map((id) => id.split('.').at(-1));
  const notify = () => notifyEnrolment(ports, { enrolmentId: enrolment.id, moment: 'CHECKED' });
  return { outcome: await notify(), mailed, notify };
}

describe('A-025, A-089 step 4 at the network', () => {
  test.each([
    ['of a first certificate', {}],
    ['of one for transport', { use: 'transport' as const }],
    ['of a signed rotation whose confirmation policy relaxes', { signed: true, policy: 'relaxed' as Policy }],
  ])('every active security officer hears %s, once', async (_, more) => {
    const { mailed, notify } = await noticed(more);
    expect(mailed()).toEqual(['OFFICER-1', 'OFFICER-2']);
    await notify();
    expect(mailed()).toHaveLength(2);
  });

  test('a payout operator leaves that to the network, and asks the apoderado', async () => {
    const { outcome, mailed } = await noticed({ role: 'payoutOperator' });
    expect([outcome, mailed()]).toEqual([{ outcome: 'ASK', office: 'apoderado', operators: [] }, []]);
  });
});

describe('A-026 step 5', () => {
  test.each([
    ['always', {}, 'ASK'],
    ['always, signed', { signed: true }, 'ASK'],
    ['relaxed, unsigned', { policy: 'relaxed' as Policy }, 'ASK'],
    ['relaxed, for transport', { policy: 'relaxed' as Policy, use: 'transport' as const }, 'ASK'],
    ['relaxed, signed by what it replaces', { policy: 'relaxed' as Policy, signed: true }, 'FORWARD'],
  ])('policy %s: the officer %s', async (_, more, outcome) => {
    expect((await noticed(more)).outcome).toMatchObject({ outcome, office: 'securityOfficer' });
  });

  const hour = 3_600_000;
  const signer = { thumbprint: 'old', holder: 'P1' } as unknown as CertificateStatus;
  const relaxed = { officerConfirmation: 'relaxed' as const };
  const rotation = {
    role: 'network',
    use: 'signing',
    signedBy: 'old',
    replaces: 'old',
    holder: 'P1',
  } as unknown as Enrolment;
  const ground = { party: relaxed, now, signer, lastSensitiveChange: new Date(+now - 100 * hour) };
  test.each([
    ['everything as it should be', rotation, ground, false],
    ['another signer than the record names', { ...rotation, signedBy: 'other' }, ground, true],
    ['a signature by what is not replaced', { ...rotation, replaces: 'third' }, ground, true],
    ['nothing replaced', { ...rotation, replaces: undefined }, ground, true],
    ['another holder', { ...rotation, holder: 'P2' }, ground, true],
    ['a signer that is not active any more', rotation, { ...ground, signer: undefined }, true],
    ['no word of when the API key came', rotation, { ...ground, lastSensitiveChange: undefined }, true],
    [
      'a new API key 71 h ago',
      rotation,
      { ...ground, lastSensitiveChange: new Date(+now - 71 * hour) },
      true,
    ],
    [
      'a new API key 73 h ago',
      rotation,
      { ...ground, lastSensitiveChange: new Date(+now - 73 * hour) },
      false,
    ],
  ])('relaxed with %s', (_, enrolment, given, must) => {
    expect(officerMustConfirm(enrolment as Enrolment, given)).toBe(must);
  });
});
