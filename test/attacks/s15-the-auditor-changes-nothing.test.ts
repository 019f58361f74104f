import { expect, test } from 'vitest';
import { enrolmentItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { actHash } from '../../core/people/act.ts';
import { onboarding, somebody } from '../support/administration.ts';
import { Authenticator } from '../support/authenticator.ts';
import { json, press } from '../support/passkey-browser.ts';
import { aDoor } from '../support/people-door.ts';
import { anEnrolment } from '../support/people-world.ts';

// An auditor sees the whole node and changes nothing, by whatever door and method.

async function anAuditor() {
  const door = aDoor();
  const [one, two] = await door.operators();
  const signers = [one!.id, two!.id];
  await door.perform('participant.onboard', onboarding, signers);
  const auditor = somebody('Aura Auditora', { office: 'auditor' });
  const { once } = await door.perform('person.invite', auditor, signers);
  const { id, secret } = once[0]!;
  const device = new Authenticator();
  const path = `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId: door.invitationOf(id) })}`;
  await press(door, path, { step: 'passkey', invitation_code: secret }, device);
  await door.perform('person.release', { person_ids: [id] }, signers);
  await door.world.table.write({
    put: enrolmentItem(anEnrolment({ id: '01SEEN', pscName: 'PSC a la vista' })),
  });
  const answer = await press(door, '/sign-in', { step: 'passkey' }, device, { user: id });
  const session = /session-PUERTO=([^;]+)/.exec(answer.cookies?.join() ?? '')?.[1] ?? '';
  return { ...door, id, device, session };
}

test('S15 an auditor sees every page of the console, of every participant', async () => {
  const { visit, session } = await anAuditor();
  const sections = [
    '',
    'confirmations',
    'payouts',
    'participants',
    'participants/AURORA',
    'sources',
    'acts',
    'keys',
  ];
  for (const section of [...sections, 'people', 'evidence', 'enrolments/01SEEN']) {
    const { status, body } = await visit(`/console/${section}`.replace(/\/$/, ''), { session });
    expect([section, status]).toEqual([section, 200]);
    expect(body).toContain('Aura Auditora');
  }
  expect((await visit('/console/enrolments/01SEEN', { session })).body).toContain('PSC a la vista');
});

test('S15 an auditor signs no act, proposes none, decides nothing and names nobody', async () => {
  const door = await anAuditor();
  const { visit, session, device, world, id } = door;
  const actId = await door.propose('apiKey.issue', { participant: 'AURORA' });
  const act = (await world.acts.act(actId))!;
  const page = await visit(`/acts/${actId}`, { session });
  expect([page.status, page.body?.includes('name="vote"')]).toEqual([200, false]);
  const before = world.snapshot();
  const form = { vote: 'confirm', act_hash: actHash(act) };
  const pressed = await press(door, `/acts/${actId}`, form, device, { session });
  expect(pressed.status).toBeGreaterThanOrEqual(400);
  const token = { form_token: 'A'.repeat(27) };
  for (const [path, body] of [
    [
      '/admin/api/acts',
      { kind: 'apiKey.issue', parameters: { participant: 'AURORA' }, reason: 'por si acaso' },
    ],
    [`/admin/api/acts/${actId}/votes`, { vote: 'confirm', act_hash: actHash(act), password: 'x', totp: '1' }],
  ] as const) {
    const { status } = await visit(path, { bearer: session, json: { ...body, ...token } });
    expect([path, status]).toEqual([path, 403]);
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect((await visit('/console', { session, method })).status).toBe(405);
  expect((await visit('/delegation', { session })).status).toBe(404);
  expect((await visit('/delegation', { session, form: { change: 'make' }, headers: json })).status).toBe(404);
  expect((await world.acts.act(actId))!.votes).toEqual([]);
  expect(world.snapshot()).toBe(before);
  expect((await world.people.person(id))!.office).toBe('auditor');
});

test('S15 an auditor’s own passkey is theirs to add to: it opens nothing more', async () => {
  const door = await anAuditor();
  const { session, device, world, id } = door;
  const maker = new Authenticator();
  await press(door, '/passkeys', { step: 'add' }, device, { session, maker });
  const person = (await world.people.person(id))!;
  expect([person.passkeys!.length, person.office, person.state]).toEqual([2, 'auditor', 'active']);
});
