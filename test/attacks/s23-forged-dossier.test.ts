import { beforeAll, describe, expect, test } from 'vitest';
import { type Dossier, dossierBytes, type SignedMessage } from '../../core/evidence/dossier.ts';
import { verifyDossier } from '../../core/evidence/dossier-verify.ts';
import { someDossier } from '../support/dossier.ts';
import { signedBy } from '../support/enrolment.ts';

let it: Awaited<ReturnType<typeof someDossier>>;
beforeAll(async () => {
  it = await someDossier();
});
const faultsOf = (dossier: Dossier) => verifyDossier(dossierBytes(dossier), it.trust).faults;

/** Somebody else whose certificate the verifier's anchor vouches for signs in the payout operator's place. */
async function inTheirPlace(
  message: SignedMessage,
  edit: (text: string) => string,
): Promise<{ signed: SignedMessage; certificates: Dossier['certificates'] }> {
  const forger = it.root.issue({ subject: [{ type: 'CN', value: 'Otro' }] as never, keyLabel: 'forger' });
  const bytes = Buffer.from(edit(Buffer.from(message.message, 'base64').toString()));
  const signature = await signedBy(forger, bytes);
  const path = { path: [Buffer.from(forger.der).toString('base64')], anchor: it.root.thumbprint };
  return {
    signed: { message: bytes.toString('base64'), signature },
    certificates: { [forger.thumbprint]: path },
  };
}

const same = (text: string) => text;
const laterDated = (text: string) => text.replace('"message_id":"answer', '"message_id":"anothe');

describe('S23 a dossier', () => {
  test.each([
    ['the same words', same],
    ['other words', laterDated],
  ])('refuses a payout operator’s answer signed by somebody else: %s', async (_, edit) => {
    const { payout, enrolments, certificates, ...rest } = structuredClone(it.dossier);
    const forged = await inTheirPlace(payout!.answer!, edit);
    const faults = faultsOf({
      ...rest,
      payout: { ...payout!, answer: forged.signed },
      enrolments,
      certificates: { ...certificates, ...forged.certificates },
    });
    expect(faults[0]?.place).toMatch(/^payout/);
    expect(faults[0]?.code).toBe('DOSSIER_DIFFERS');
  });

  test.each([
    ['the same words', same, 'answer of BANCO_CL: signature'],
    ['other words', laterDated, 'records of the answer of BANCO_CL'],
  ])('refuses an acceptance of a certificate signed by somebody else: %s', async (_, edit, place) => {
    const { enrolments, certificates, ...rest } = structuredClone(it.dossier);
    const [enrolment] = enrolments;
    const forged = await inTheirPlace(enrolment!.answers[0]!, edit);
    const faults = faultsOf({
      ...rest,
      enrolments: [{ ...enrolment!, answers: [forged.signed] }],
      certificates: { ...certificates, ...forged.certificates },
    });
    expect(faults[0]?.place).toBe(`enrolments[0]: ${place}`);
  });

  test('refuses a payout whose signature somebody else put under the same bytes', async () => {
    const { payout, certificates, ...rest } = structuredClone(it.dossier);
    const forged = await inTheirPlace(payout!, same);
    const faults = faultsOf({
      ...rest,
      payout: { ...payout!, ...forged.signed },
      certificates: { ...certificates, ...forged.certificates },
    });
    expect(faults[0]).toMatchObject({ place: 'payout: signature', code: 'DOSSIER_DIFFERS' });
  });

  test('refuses a payout without the enrolment of its certificate, whatever else is left out with it', () => {
    const { enrolments, records, heads, revocation, certificates, ...rest } = structuredClone(it.dossier);
    const kept = records.filter(({ body }) => {
      const { kind } = body as { kind: string };
      return !kind.startsWith('confirmation.') && kind !== 'enrolment.received';
    });
    const numbers = new Set(kept.map(({ head }) => String(head)));
    const faults = faultsOf({
      ...rest,
      enrolments: [],
      records: kept,
      heads: Object.fromEntries(Object.entries(heads).filter(([number]) => numbers.has(number))),
      revocation: {},
      certificates,
      factor_key: null,
    });
    expect(faults.map(({ code }) => code)).toContain('DOSSIER_INCOMPLETE');
  });
});
