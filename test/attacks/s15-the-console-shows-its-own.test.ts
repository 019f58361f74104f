import { expect, test } from 'vitest';
import { enrolmentItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { counterKey, payoutItem } from '../../adapters/dynamodb/payout-items.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { dayIn } from '../../core/payout/limits.ts';
import { onboarding, profile, somebody } from '../support/administration.ts';
import { aDoor } from '../support/people-door.ts';
import { anEnrolment, password } from '../support/people-world.ts';

// Everything of the other participant carries this word, so that one search finds any leak.
const foreign = 'FORASTERA';

async function aNodeWithTwoParticipants() {
  const door = aDoor();
  const [one, two] = await door.operators();
  const signers = [one!.id, two!.id];
  const other = {
    profile: { ...profile, fin_id: foreign, name: `${foreign} SpA`, tax_id: '77.000.000-1' },
    people: [
      somebody(`Otto ${foreign}`, { office: 'securityOfficer', participant: foreign }),
      somebody(`Abel ${foreign}`, {
        office: 'apoderado',
        participant: foreign,
        power_from: '2026-01-01T00:00:00Z',
      }),
    ],
  };
  const ids: Record<string, string> = {};
  for (const parameters of [onboarding, other]) {
    const { once } = await door.perform('participant.onboard', parameters, signers);
    const people = once.filter(({ what }) => what === 'invitationCode');
    for (const { id, of, secret } of people) {
      await door.acceptByPage(id, secret);
      ids[of] = id;
    }
    await door.perform('person.release', { person_ids: people.map(({ id }) => id) }, signers);
  }
  const put = (enrolment: Enrolment) => door.world.table.write({ put: enrolmentItem(enrolment) });
  await put(anEnrolment({ id: '01OWN', pscName: 'PSC propia' }));
  const thumbprint = 'f'.repeat(43) as Enrolment['thumbprint'];
  await put(anEnrolment({ id: '01FOREIGN', participant: foreign, pscName: foreign, thumbprint }));
  for (const [participant, networkTransactionId] of [
    ['AURORA', '0199aaaa-0000-7000-8000-000000000001'],
    [foreign, '0199aaaa-0000-7000-8000-000000000002'],
  ] as const) {
    const payout = payoutItem({
      ...{ participant, networkTransactionId, transactionId: `${participant}-1`, messageId: 'M1', place: 0 },
      ...{ payoutOperator: 'PUERTO', currency: 'CLP', amountMinor: 1000n, state: 'pending' },
      ...{ createdAt: door.world.clock.now(), day: today(door), counters: [] },
    });
    await door.world.table.write({ put: payout });
    const counter = counterKey(participant, { kind: 'day', currency: 'CLP', day: today(door), name: '' });
    await door.world.table.write({ put: { ...counter, spent: 1000 } });
  }
  const signIn = async (name: string, email: string) => {
    const form = { email, password, totp: door.totp(ids[name]!) };
    const answer = await door.visit('/sign-in', { form });
    return { answer, session: /session-PUERTO=([^;]+)/.exec(answer.cookies?.join() ?? '')?.[1] ?? '' };
  };
  const officer = await signIn('Olga Oficial', 'olga.oficial@example.com');
  const apoderada = await signIn('Ana Apoderada', 'ana.apoderada@example.com');
  return { ...door, one: one!, ids, officer, apoderada };
}

const today = ({ world }: ReturnType<typeof aDoor>) => dayIn(profile.time_zone, world.clock.now());

/** When a session was last seen is the one thing that looking writes. */
const keptIn = ({ items }: ReturnType<typeof aDoor>['world']) =>
  JSON.stringify(
    [...items].filter(([, { pk }]) => !pk.startsWith('SESS#')),
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
  );

const participantsPages = [
  '/console',
  '/console?participant=FORASTERA',
  '/console?q=forastera',
  '/console/confirmations',
  '/console/payouts',
  '/console/payouts?participant=FORASTERA&state=pending',
  '/console/payouts?q=FORASTERA-1',
  '/console/payouts?cursor=of-nobody',
  '/console/participants',
  '/console/keys',
  '/console/sources',
];

test('S15 an officer or apoderado sees nothing of another participant, whatever they ask for', async () => {
  const { visit, officer, apoderada } = await aNodeWithTwoParticipants();
  for (const { session } of [officer, apoderada])
    for (const path of participantsPages) {
      const { status, body } = await visit(path, { session });
      expect([path, status]).toEqual([path, 200]);
      // The words that this very person typed come back in the field of the filter, and nowhere else.
      expect(body!.replaceAll(/<input[^>]*>/g, '')).not.toContain(foreign);
    }
  expect((await visit('/console', { session: officer.session })).body).toContain('01OWN');
  expect((await visit('/console/payouts', { session: officer.session })).body).toContain('AURORA-1');
});

test('S15 another participant’s enrolment is as unknown to an officer as one that does not exist', async () => {
  const { visit, officer } = await aNodeWithTwoParticipants();
  const { session } = officer;
  expect((await visit('/console/enrolments/01OWN', { session })).status).toBe(200);
  const [theirs, none] = [
    await visit('/console/enrolments/01FOREIGN', { session }),
    await visit('/console/enrolments/01NOTHING', { session }),
  ];
  expect(theirs).toEqual(none);
  expect(theirs.status).toBe(404);
  expect((await visit(`/console/participants/${foreign}`, { session })).status).toBe(404);
  expect((await visit('/console/payouts/0199aaaa-0000-7000-8000-000000000001', { session })).status).toBe(
    200,
  );
  expect((await visit('/console/payouts/0199aaaa-0000-7000-8000-000000000002', { session })).status).toBe(
    404,
  );
});

test.each(['anchors', 'evidence', 'acts', 'suspensions', 'people'])(
  'S15 an officer has no page of the node’s %s',
  async (section) => {
    const { visit, officer } = await aNodeWithTwoParticipants();
    const { session } = officer;
    expect((await visit(`/console/${section}`, { session })).status).toBe(404);
    expect((await visit('/console', { session })).body).not.toContain(`/console/${section}`);
  },
);

test('S15 an officer’s session opens no administration, and none for the command line', async () => {
  const { visit, officer, askForCode, ids } = await aNodeWithTwoParticipants();
  expect(officer.answer).toMatchObject({ status: 303, location: '/console' });
  const { session } = officer;
  for (const path of ['/acts', '/acts/01JACT', '/admin/api/people', '/admin/api/participants'])
    expect([path, (await visit(path, { session })).status]).toEqual([path, 403]);
  const bearer = await visit('/admin/api/session', { bearer: session });
  expect(bearer.status).toBe(403);
  const cli = await askForCode({ id: ids['Olga Oficial']!, email: 'olga.oficial@example.com' });
  expect([cli.answer.status, cli.code]).toEqual([422, '']);
});

test('S15 the console changes nothing, by whatever method and whoever asks', async () => {
  const { world, visit, officer, signInByBrowser, one } = await aNodeWithTwoParticipants();
  const operator = await signInByBrowser(one);
  const kept = () => keptIn(world);
  const before = kept();
  for (const session of [officer.session, operator])
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST'])
      for (const path of [
        ...participantsPages,
        '/console/acts',
        '/console/evidence',
        '/console/people',
        '/console/enrolments/01OWN',
      ])
        await visit(path, { session, method });
  expect(kept() === before).toBe(true);
  expect((await visit('/console', { session: operator, form: { state: 'active' } })).status).toBe(405);
});

test('S15 without a session, with an ended one or out of office nobody sees the console', async () => {
  const { world, visit, officer, apoderada, ids } = await aNodeWithTwoParticipants();
  expect(await visit('/console/keys')).toMatchObject({
    status: 303,
    location: '/sign-in?next=%2Fconsole%2Fkeys',
  });
  const ended = (await world.people.person(ids['Ana Apoderada']!))!;
  const until = new Date(world.clock.now().getTime() - 1000);
  const past = { ...ended, power: { ...ended.power!, until }, version: ended.version + 1 };
  await world.ledger.commit([{ noun: 'person', person: past }], [], { evidence: [], outbox: [] });
  expect((await visit('/console', { session: apoderada.session })).status).toBe(403);
  world.clock.advance(31 * 60);
  expect((await visit('/console', { session: officer.session })).status).toBe(303);
});

test('S15 the console shows no whole address, tax id of a person, key or secret to anybody', async () => {
  const { visit, signInByBrowser, one } = await aNodeWithTwoParticipants();
  const session = await signInByBrowser(one);
  const paths = ['', '/participants/AURORA', '/people', '/keys', '/acts', '/enrolments/01OWN'];
  for (const path of paths) {
    const { status, body } = await visit(`/console${path}`, { session });
    expect([path, status]).toEqual([path, 200]);
    expect(body).not.toMatch(/[a-z0-9]{2,}@example\.com|apo_local_|taxIdDigest|salt|\$scrypt/);
  }
});

test('S15 an auditor sees what a node operator sees, and can propose, sign or change nothing', async () => {
  const door = await aNodeWithTwoParticipants();
  const { visit, world, one } = door;
  const operators = (await world.people.holders(null)).map(({ personId }) => personId).slice(0, 2);
  const person = somebody('Aurelia Auditora', { office: 'auditor' });
  const { once } = await door.perform('person.invite', person, operators);
  const { id, secret } = once.find(({ what }) => what === 'invitationCode')!;
  await door.acceptByPage(id, secret);
  await door.perform('person.release', { person_ids: [id] }, operators);
  const { email } = person;
  const session = await door.signInByBrowser({ id, email });
  const operator = await door.signInByBrowser(one);
  const main = (body = '') => body.replace(/^[\s\S]*<main|<footer[\s\S]*$/g, '');
  const sections = ['payouts', 'participants', 'keys', 'sources', 'anchors', 'evidence', 'people'];
  for (const path of ['', ...sections.map((section) => `/${section}`)]) {
    const theirs = await visit(`/console${path}`, { session: operator });
    const seen = await visit(`/console${path}`, { session });
    expect([path, seen.status]).toEqual([path, 200]);
    expect(main(seen.body)).toBe(main(theirs.body));
  }
  expect((await visit('/console/payouts', { session })).body).toContain(`${foreign}-1`);
  const { verifier, code, redirectUri } = await door.askForCode({ id, email });
  const redeemed = await door.redeem({ code, code_verifier: verifier, redirect_uri: redirectUri });
  const bearer = (JSON.parse(redeemed.body!) as { session: string }).session;
  expect((await visit('/admin/api/people', { bearer })).status).toBe(200);
  const before = keptIn(world);
  const act = { kind: 'person.end', parameters: { person_id: operators[0] }, reason: 'to see' };
  expect((await visit('/admin/api/acts', { bearer, json: act })).status).toBe(403);
  expect(keptIn(world)).toBe(before);
});
