import { expect, test } from 'vitest';
import { certificateItem, statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import {
  enrolmentItem,
  enrolmentKey,
  enrolmentOf,
  openKey,
} from '../../adapters/dynamodb/enrolment-items.ts';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import { confirmationOf } from '../../core/people/confirmation.ts';
import { expireCertificates } from '../../functions/expire-certificates/expire-certificates.ts';
import { endingText } from '../../pages/when.ts';
import { anAdministration, onboarding } from '../support/administration.ts';
import { aWaitingConfirmation } from '../support/confirmation.ts';
import { disableStand } from '../support/disable.ts';
import { aSubject, hours } from '../support/people.ts';
import { anEnrolment } from '../support/people-world.ts';

async function anApoderado() {
  const admin = anAdministration();
  const [one, two] = await admin.operators();
  const { once } = await admin.perform('participant.onboard', onboarding, [one!, two!]);
  const idOf = (name: string) => once.find(({ of }) => of === name)!.id;
  return { ...admin, one: one!, apoderado: idOf('Ana Apoderada'), officer: idOf('Olga Oficial') };
}

type Admin = Awaited<ReturnType<typeof anApoderado>>;

/** As admission and settlement leave them. */
async function enrolled(
  { world }: Admin,
  id: string,
  holder: string,
  networkStatus: 'pending' | 'active',
  acceptingOperators = ['PUERTO'],
) {
  const thumbprint = id.padEnd(43, 'x') as Thumbprint;
  const enrolment = anEnrolment({
    id,
    thumbprint,
    holder,
    networkStatus,
    role: 'network',
    sources: [],
  } as Partial<Enrolment>);
  const open = { ...openKey('AURORA', thumbprint), enrolmentId: id };
  const puts = [{ put: enrolmentItem(enrolment) }, { put: open }];
  if (networkStatus === 'active') {
    const { keyThumbprint, participant, use, validity, notAfter } = enrolment;
    const status: CertificateStatus = {
      ...{
        thumbprint,
        keyThumbprint,
        participant,
        enrolmentId: id,
        use,
        networkStatus,
        validity,
        notAfter,
        holder,
      },
      acceptingOperators,
      sources: [],
      anchor: 'a'.repeat(43) as Thumbprint,
      activatedAt: hours(-1),
    };
    puts.push({ put: (await certificateItem(status, world.sealer, 1, [])).item });
  }
  await world.table.transact(puts);
  return {
    enrolment: async () => enrolmentOf((await world.table.get(enrolmentKey(id)))!),
    status: async () => (await world.table.get(statusKey(thumbprint)))?.networkStatus,
  };
}

test('S16 ending a person ends their certificates at once, active and pending, and nobody else’s', async () => {
  const admin = await anApoderado();
  const active = await enrolled(admin, 'EACTIVE', admin.apoderado, 'active');
  const pending = await enrolled(admin, 'EPENDING', admin.apoderado, 'pending');
  const other = await enrolled(admin, 'EOTHER', 'somebody-else', 'active');
  expect(await admin.perform('person.end', { person_id: admin.apoderado }, [admin.one])).toMatchObject({
    state: 'applied',
  });
  expect(await active.status()).toBe('disabled');
  expect(await pending.enrolment()).toMatchObject({
    networkStatus: 'rejected',
    code: 'POWER_ENDED',
  });
  // People read it in words, not as a code.
  expect(endingText({ locale: 'es' }, 'POWER_ENDED')).not.toBe('POWER_ENDED');
  expect(await other.status()).toBe('active');
});

test('S16 the other nodes and the participant’s people are told, and an operator that is its own no more', async () => {
  const admin = await anApoderado();
  await enrolled(admin, 'EACTIVE', admin.apoderado, 'active', ['ANTES', 'PUERTO']);
  await admin.perform('person.end', { person_id: admin.apoderado }, [admin.one]);
  // The workflow that this starts tells each payout operator (test/statemachines/disable.test.ts).
  const start = admin.world.announced.find(({ kind }) => kind === 'disable.start');
  expect(JSON.parse(start!.refs.operators!).toSorted()).toEqual(['ANTES', 'PUERTO']);
  expect(admin.world.evidence().map(({ kind }) => kind)).toContain('certificate.disabled');
});

test('S16 a link that was mailed before the power ended decides nothing after it', async () => {
  const { world, send, vote, decision } = await aWaitingConfirmation();
  const person = (await world.people.person('p1'))!;
  const power = { from: person.power!.from, until: world.clock.now() };
  const grants = [{ noun: 'person' as const, person: { ...person, power, version: 2 } }];
  await world.ledger.commit(grants, [], { evidence: [], outbox: [] });
  world.clock.advance(1);
  expect(await vote('confirm')).toMatchObject({
    status: 403,
    body: expect.stringContaining('no es para usted'),
  });
  expect((await decision()).votes).toEqual([]);
  expect((await send({})).status).toBe(200);
});

test('S16 a vote that was given in force does not outlive the person’s office', async () => {
  const { world, vote, decision } = await aWaitingConfirmation(['p1']);
  await vote('confirm');
  const people = (await world.people.holders('AURORA')).map((person) =>
    person.personId === 'p1' ? { ...person, state: 'ended' as const } : person,
  );
  const evidence = { decision: await decision(), subject: aSubject, rule: 'any' as const, people };
  expect(() => confirmationOf({ ...evidence, factorPublicKey: world.factorSigner.publicKey })).toThrow(
    expect.objectContaining({ code: 'PERSON_NOT_ACTIVE' }),
  );
});

test('S16 a power that ends by its date ends its certificate by the clock, and the day’s pass says so to all', async () => {
  const stand = disableStand();
  const until = new Date(stand.clock.now().getTime() + 3_600_000);
  const leaf = await stand.active(stand.leaf('one'), { powerUntil: until, acceptingOperators: ['ANTES'] });
  const other = await stand.active(stand.leaf('other'));
  const party = (await stand.ports.parties.party('FINTECH_CL'))!;
  const late = lateUses(stand.table, async () => undefined);
  const pass = () =>
    expireCertificates({
      ...stand.ports,
      parties: { parties: async () => [party] },
      warn: () => undefined,
      lateUses: late,
    });
  stand.clock.set(until);
  expect(await pass()).toMatchObject({ powerless: 0 });
  stand.clock.set(new Date(until.getTime() + 1));
  stand.queues.announced.length = 0;
  expect(await pass()).toMatchObject({ powerless: 1 });
  expect([await stand.statusOf(leaf), await stand.statusOf(other)]).toEqual(['disabled', 'active']);
  const told = stand.queues.announced.map(({ id }) => id.split('.').slice(0, 2).join('.'));
  expect(told).toEqual(['mail.disabled', 'mail.disabled', 'event.disable', 'disable.start']);
  expect(stand.evidence().at(-1)).toMatchObject({
    kind: 'certificate.disabled',
    facts: { origin: 'power', thumbprints: [leaf.thumbprint] },
  });
  const start = [...stand.items.values()].find(({ kind }) => kind === 'disable.start')!;
  expect(JSON.parse((start.refs as { operators: string }).operators)).toEqual(['BANCO_CL', 'ANTES']);
  expect(await pass()).toMatchObject({ powerless: 0 });
});
