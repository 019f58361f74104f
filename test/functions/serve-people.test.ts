import { expect, test } from 'vitest';
import { stylesheetPath } from '../../pages/style.ts';
import { onboarding, profile } from '../support/administration.ts';
import { aDoor } from '../support/people-door.ts';
import { password } from '../support/people-world.ts';

test('the bare address leads to signing in', async () => {
  const { visit } = aDoor();
  expect(await visit('/')).toEqual({ status: 303, location: '/sign-in' });
});

test('from invitation to a signed act, through the pages alone', async () => {
  const { world, visit, operators, signInByBrowser, totp } = aDoor();
  const [one, two] = await operators();
  const sessions = [await signInByBrowser(one!), await signInByBrowser(two!)];
  await world.acts.propose(
    {
      actId: '01JACT',
      kind: 'participant.onboard',
      parameters: onboarding,
      reason: 'contract signed',
      proposedBy: one!.id,
      proposedAt: world.clock.now(),
      expiresAt: new Date(world.clock.now().getTime() + 72 * 3_600_000),
      state: 'open',
      votes: [],
      version: 1,
    },
    { evidence: [], outbox: [] },
  );
  expect((await visit('/acts', { session: sessions[0] })).body).toContain('Incorporar a un participante');
  const page = await visit('/acts/01JACT', { session: sessions[0] });
  for (const shown of ['Ana Apoderada', 'people[1].email', 'Carla Uno', 'hará falta la de otro operador'])
    expect(page.body).toContain(shown);
  const act_hash = /name="act_hash" value="([^"]+)"/.exec(page.body!)![1]!;
  const form = (id: string) => ({ vote: 'confirm', act_hash, password, totp: totp(id) });
  expect(await visit('/acts/01JACT', { session: sessions[0], form: form(one!.id) })).toMatchObject({
    status: 303,
  });
  const applied = await visit('/acts/01JACT', { session: sessions[1], form: form(two!.id) });
  expect(applied.body).toMatch(
    /Código de invitación de Ana Apoderada[\s\S]*[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}/,
  );
  expect(applied.body).toMatch(/apo_local_[A-Za-z0-9_-]{43}/);
  expect((await visit('/acts/01JACT', { session: sessions[1] })).body).not.toMatch(/apo_local_/);
});

test('who is not released yet, or whose power is not in force, is told so once they have proved who they are', async () => {
  const { world, visit, perform, operators, acceptByPage, totp } = aDoor();
  const [one, two] = await operators();
  const signers = [one!.id, two!.id];
  const { once } = await perform('participant.onboard', onboarding, signers);
  const { id, secret } = once.find(({ of }) => of === 'Ana Apoderada')!;
  await acceptByPage(id, secret);
  const signIn = (form: Record<string, string> = {}) =>
    visit('/sign-in', { form: { email: 'ana.apoderada@example.com', password, totp: totp(id), ...form } });
  const notYet = expect.stringContaining('todavía no está habilitado');
  expect(await signIn()).toMatchObject({ status: 422, body: notYet });
  expect((await signIn({ password: 'otra frase larga' })).body).not.toContain('todavía no está habilitado');
  await perform('person.release', { person_ids: [id] }, signers);
  const person = (await world.people.person(id))!;
  const power = { from: person.power!.from, until: world.clock.now() };
  await world.ledger.commit(
    [{ noun: 'person', person: { ...person, power, version: person.version + 1 } }],
    [],
    {
      evidence: [],
      outbox: [],
    },
  );
  const ended = expect.stringContaining('Su poder no está vigente hoy');
  expect(await signIn()).toMatchObject({ status: 422, body: ended });
});

test('S13 an act names the person whom it is about beside the id that is signed', async () => {
  const { visit, operators, signInByBrowser, perform, propose } = aDoor();
  const [one, two] = await operators();
  const { once } = await perform('participant.onboard', onboarding, [one!.id, two!.id]);
  const { id } = once.find(({ of }) => of === 'Ana Apoderada')!;
  const actId = await propose('person.reset', { person_id: id }, one!.id);
  const session = await signInByBrowser(two!);
  const { body } = await visit(`/acts/${actId}`, { session });
  expect(body).toContain(`${id}<small>Ana Apoderada, apoderado de Fintech Aurora</small>`);
  expect(body).toContain('¿Firma usted este acto: Restablecer el acceso de una persona?');
});

test('an apoderado of two participants signs in for either: the code says which is meant', async () => {
  const { visit, operators, perform, acceptByPage, totp } = aDoor();
  const [one, two] = await operators();
  const signers = [one!.id, two!.id];
  const other = {
    profile: { ...profile, fin_id: 'BOREAL', name: 'Fintech Boreal', tax_id: '77.000.000-1' },
    people: onboarding.people.map((each) => ({ ...each, participant: 'BOREAL' })),
  };
  const ids: string[] = [];
  for (const parameters of [onboarding, other]) {
    const { once } = await perform('participant.onboard', parameters, signers);
    const { id, secret } = once.find(({ of }) => of === 'Ana Apoderada')!;
    await acceptByPage(id, secret);
    await perform('person.release', { person_ids: [id] }, signers);
    ids.push(id);
  }
  const seen: string[] = [];
  for (const id of ids) {
    const form = { email: 'ana.apoderada@example.com', password, totp: totp(id) };
    const { cookies } = await visit('/sign-in', { form });
    const session = /session-PUERTO=([^;]+)/.exec(cookies?.join() ?? '')?.[1] ?? '';
    const { body = '' } = await visit('/console', { session });
    seen.push(/Fintech (Aurora|Boreal)/.exec(body)?.[0] ?? '');
  }
  expect(seen).toEqual(['Fintech Aurora', 'Fintech Boreal']);
});

test('opening an invitation changes nothing, whoever opens it and however often', async () => {
  const { world, visit, bootstrap, invitationOf } = aDoor();
  const { once } = await bootstrap();
  const link = await world.linkTo({ kind: 'invitation', invitationId: invitationOf(once[0]!.id) });
  const before = world.snapshot();
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT']) await visit(`/invitations/${link}`, { method });
  expect(world.snapshot()).toBe(before);
});

test('an invitation that was used, expired or guessed at says so', async () => {
  const { world, visit, bootstrap, acceptByPage, invitationOf } = aDoor();
  const { once } = await bootstrap();
  const { path } = await acceptByPage(once[0]!.id, once[0]!.secret);
  expect((await visit(path)).body).toContain('Su acceso está preparado');
  const guessed = `/invitations/${await world.linkTo({ kind: 'invitation', invitationId: invitationOf(once[1]!.id) })}`;
  for (let tries = 0; tries < 5; tries++)
    await visit(guessed, { form: { step: 'code', invitation_code: 'AAAA-AAAA-AAAA' } });
  expect(await visit(guessed)).toMatchObject({ status: 410, body: expect.stringContaining('quedó cerrada') });
  const late = `/invitations/${await world.linkTo({ kind: 'invitation', invitationId: invitationOf(once[2]!.id) })}`;
  world.clock.advance(72 * 3600);
  expect(await visit(late)).toMatchObject({ status: 410, body: expect.stringContaining('venció') });
});

test('the secret that the app has read stays while the form has problems', async () => {
  const { world, visit, bootstrap, invitationOf } = aDoor();
  const { once } = await bootstrap();
  const link = await world.linkTo({ kind: 'invitation', invitationId: invitationOf(once[0]!.id) });
  const totp_secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const form = {
    step: 'set',
    invitation_code: once[0]!.secret,
    password,
    password_again: 'otra',
    totp_secret,
    totp: '1',
  };
  const { status, body } = await visit(`/invitations/${link}`, { form });
  expect(status).toBe(422);
  expect(body).toContain(`value="${totp_secret}"`);
  expect(body).not.toContain(password);
});

test('the stylesheet is served for ever under its own hash, and under no other name', async () => {
  const { visit } = aDoor();
  expect(await visit(stylesheetPath)).toMatchObject({ status: 200, immutable: true });
  expect(await visit('/assets/style.0000000000000000.css')).toMatchObject({ status: 404 });
});

test('the administration’s API shows no address, tax id or key, and refuses a name that nobody can read', async () => {
  const { visit, operators, askForCode, redeem } = aDoor();
  const [one] = await operators();
  const { verifier, code, redirectUri } = await askForCode(one!);
  const answer = await redeem({ code, code_verifier: verifier, redirect_uri: redirectUri });
  const { session: bearer } = JSON.parse(answer.body!) as { session: string };
  for (const path of ['session', 'people', 'acts', 'participants', 'api-keys/AURORA']) {
    const { status, body } = await visit(`/admin/api/${path}`, { bearer });
    expect(status).toBe(200);
    expect(body).not.toMatch(/@example\.com|taxId|tax_id_digest|apo_local_|salt/);
  }
  expect(await visit('/admin/api/participants/%ff', { bearer })).toMatchObject({ status: 400 });
});

test('the header’s switch turns this browser’s pages to another language, and leads back to the page', async () => {
  const { visit } = aDoor();
  const before = await visit('/sign-in');
  expect(before.body).toMatch(/<a href="\/language\/es"[^>]*aria-current="true"/);
  const referer = 'https://pages.test/sign-in?next=/console';
  const switched = await visit('/language/pt', { headers: { referer } });
  expect(switched).toMatchObject({ status: 303, location: '/sign-in?next=/console' });
  const cookie = switched.cookies!.join().split(';')[0]!;
  const after = await visit('/sign-in', { headers: { cookie, 'accept-language': 'es-CL' } });
  expect(after.body).toMatch(/<html lang="pt"/);
  // Another site's address leads nowhere but home; a language that we do not speak is no page.
  const foreign = await visit('/language/en', { headers: { referer: 'https://pages.test.evil/x' } });
  expect(foreign).toMatchObject({ status: 303, location: '/console' });
  // A path that a browser would read as another host.
  const host = await visit('/language/en', { headers: { referer: 'https://pages.test//evil.test/x' } });
  expect(host.location).toBe('/console');
  expect((await visit('/language/xx')).status).toBe(404);
});
