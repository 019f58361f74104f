import { expect, test } from 'vitest';
import type { PageAnswer } from '../../adapters/http/page-request.ts';
import { onboarding } from '../support/administration.ts';
import { Authenticator } from '../support/authenticator.ts';
import { press } from '../support/passkey-browser.ts';
import { aDoor, codeAsked } from '../support/people-door.ts';
import { password } from '../support/people-world.ts';

async function aSignedInDoor() {
  const door = aDoor();
  const [one, two] = await door.operators();
  return { ...door, one: one!, two: two!, session: await door.signInByBrowser(one!) };
}

test('S15 the command line gets its session by a code on this machine and the verifier only it knows', async () => {
  const { askForCode, redeem, visit, one } = await aSignedInDoor();
  const { verifier, answer, code, redirectUri } = await askForCode(one);
  expect(answer).toMatchObject({
    status: 303,
    location: expect.stringMatching(/^http:\/\/127\.0\.0\.1:51000\/done\?code=/),
  });
  const { body } = await redeem({ code, code_verifier: verifier, redirect_uri: redirectUri });
  const { session } = JSON.parse(body!) as { session: string };
  expect((await visit('/admin/api/session', { bearer: session })).status).toBe(200);
});

test.each([
  ['another host', 'http://evil.test/done'],
  ['another host that looks local', 'http://127.0.0.1.evil.test:80/'],
  ['a name', 'http://localhost:51000/done'],
  ['https with user info', 'https://127.0.0.1@evil.test/'],
  ['a script', 'javascript:alert(1)'],
  ['no port', 'http://127.0.0.1/done'],
  ['a port that is none', 'http://127.0.0.1:99999/done'],
])('S15 a sign-in that would answer %s is refused before anybody types', async (_, redirectUri) => {
  const { askForCode, one } = await aSignedInDoor();
  const { answer } = await askForCode(one, redirectUri);
  expect(answer).toMatchObject({ status: 400 });
  expect(answer.location).toBeUndefined();
});

test('S15 a stolen code is worth nothing without the verifier, for another address, twice, or after a minute', async () => {
  const { world, askForCode, redeem, one } = await aSignedInDoor();
  const wrong = await askForCode(one);
  const tries = [
    { code_verifier: 'x'.repeat(43), redirect_uri: wrong.redirectUri },
    // The first who shows it uses it up, also with the right verifier afterwards.
    { code_verifier: wrong.verifier, redirect_uri: wrong.redirectUri },
  ];
  for (const attempt of tries) expect((await redeem({ code: wrong.code, ...attempt })).status).toBe(400);
  const other = await askForCode(one);
  expect(
    (await redeem({ code: other.code, code_verifier: other.verifier, redirect_uri: 'http://127.0.0.1:9/x' }))
      .status,
  ).toBe(400);
  const late = await askForCode(one);
  world.clock.advance(60);
  expect(
    (await redeem({ code: late.code, code_verifier: late.verifier, redirect_uri: late.redirectUri })).status,
  ).toBe(400);
});

test('S15 a session proposes; it signs nothing without the person’s own factor', async () => {
  const { world, visit, session } = await aSignedInDoor();
  const proposal = { kind: 'participant.onboard', parameters: onboarding, reason: 'contract signed' };
  const { body, status } = await visit('/admin/api/acts', { json: proposal, session });
  // A JSON body holds no form token: a cookie alone changes nothing, whoever makes the browser send it.
  expect([status, JSON.parse(body!).code]).toEqual([401, 'SESSION_MISSING']);
  expect(await world.acts.open()).toEqual([]);
});

test('S15 by bearer a proposal is made; a signature with a wrong or missing factor is refused', async () => {
  const { world, visit, askForCode, redeem, one, two, totp } = await aSignedInDoor();
  const { verifier, code, redirectUri } = await askForCode(one);
  const { session: bearer } = JSON.parse(
    (await redeem({ code, code_verifier: verifier, redirect_uri: redirectUri })).body!,
  ) as { session: string };
  const proposal = { kind: 'participant.onboard', parameters: onboarding, reason: 'contract signed' };
  const act = JSON.parse((await visit('/admin/api/acts', { json: proposal, bearer })).body!) as {
    act_id: string;
    hash: string;
  };
  const votes = `/admin/api/acts/${act.act_id}/votes`;
  const ballot = { vote: 'confirm', act_hash: act.hash };
  expect((await visit(votes, { json: ballot, bearer })).status).toBe(403);
  expect((await visit(votes, { json: { ...ballot, password, totp: '000000' }, bearer })).status).toBe(403);
  const otherHash = { ...ballot, act_hash: 'x'.repeat(43), password, totp: totp(one.id) };
  expect((await visit(votes, { json: otherHash, bearer })).status).toBe(400);
  expect((await world.acts.act(act.act_id))?.votes).toEqual([]);
  expect((await visit(votes, { json: { ...ballot, password, totp: totp(one.id) }, bearer })).status).toBe(
    200,
  );
  // Another person's factor does not sign in this person's name.
  expect((await visit(votes, { json: { ...ballot, password, totp: totp(two.id) }, bearer })).status).toBe(
    409,
  );
});

test('S15 a session ends by idleness, by its age, by signing out, and with the person’s office', async () => {
  const { world, visit, signInByBrowser, one, two } = await aSignedInDoor();
  const reads = async (session: string) => (await visit('/admin/api/acts', { session })).status;
  const idle = await signInByBrowser(one);
  world.clock.advance(30 * 60);
  expect(await reads(idle)).toBe(401);
  const old = await signInByBrowser(one);
  for (let minutes = 0; minutes < 8 * 60; minutes += 20) {
    world.clock.advance(20 * 60);
    await reads(old);
  }
  expect(await reads(old)).toBe(401);
  const left = await signInByBrowser(one);
  expect(await reads(left)).toBe(200);
  await visit('/sign-out', { form: {}, session: left });
  expect(await reads(left)).toBe(401);
  const ended = await signInByBrowser(two);
  const person = (await world.people.person(two.id))!;
  const gone = { ...person, state: 'ended' as const, version: person.version + 1 };
  await world.ledger.commit([{ noun: 'person', person: gone }], [], { evidence: [], outbox: [] });
  expect(await reads(ended)).toBe(403);
});

test('S15 neither an address nor its absence can be told from a failed sign-in', async () => {
  const { visit } = await aSignedInDoor();
  const attempt = (email: string) =>
    visit('/sign-in', { form: { email, password: 'adivinanza larga', totp: '123456' } });
  const [known, unknown] = [await attempt('carla.uno@example.com'), await attempt('nobody@example.com')];
  expect(known.status).toBe(unknown.status);
  expect(known.body!.replaceAll('carla.uno', 'nobody')).toBe(unknown.body);
});

test('S15 after signing in the browser is led only to pages of ours', async () => {
  const { visit, totp, one } = await aSignedInDoor();
  for (const next of ['//evil.test', 'https://evil.test', '/\\evil.test', '/acts/../../x']) {
    const target = `/sign-in?next=${encodeURIComponent(next)}`;
    const { location } = await visit(target, { form: { email: one.email, password, totp: totp(one.id) } });
    expect(location).toBe('/acts');
  }
});

test('S15 an officer’s factor opens the console to look, and no administration', async () => {
  const { world, perform, operators, acceptByPage, visit, totp } = aDoor();
  const [one, two] = await operators();
  const officer = onboarding.people[0]!;
  const { once } = await perform('participant.onboard', onboarding, [one!.id, two!.id]);
  const { id, secret } = once.find(({ of }) => of === officer.name)!;
  await acceptByPage(id, secret);
  await perform('person.release', { person_ids: [id] }, [one!.id, two!.id]);
  expect(await world.people.person(id)).toMatchObject({ state: 'active', office: 'securityOfficer' });
  const form = { email: officer.email, password, totp: totp(id) };
  const signedIn = await visit('/sign-in', { form });
  expect(signedIn).toMatchObject({ status: 303, location: '/console' });
  const session = /session-PUERTO=([^;]+)/.exec(signedIn.cookies!.join())![1]!;
  for (const path of ['/acts', '/admin/api/session', '/admin/api/people'])
    expect((await visit(path, { session })).status).toBe(403);
});

async function someoneWithAPasskey() {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const { id, secret } = once[0]!;
  const device = new Authenticator();
  const link = await door.world.linkTo({ kind: 'invitation', invitationId: door.invitationOf(id) });
  await press(door, `/invitations/${link}`, { step: 'passkey', invitation_code: secret }, device);
  const signIn = (path = '/sign-in') => press(door, path, { step: 'passkey' }, device, { user: id });
  return { door, device, signIn };
}

test('S15 a change of somebody’s passkeys ends every session from before; the browser that made it goes on', async () => {
  const { door, device, signIn } = await someoneWithAPasskey();
  const [stolen, own] = [sessionIn(await signIn()), sessionIn(await signIn())];
  const reads = async (session: string) => (await door.visit('/console', { session })).status;
  expect([await reads(stolen), await reads(own)]).toEqual([200, 200]);
  door.world.clock.advance(1);
  const another = new Authenticator();
  const added = await press(door, '/passkeys', { step: 'add' }, device, { session: own, maker: another });
  expect(added).toMatchObject({ status: 303, location: '/passkeys?done=added' });
  const fresh = sessionIn(added);
  expect([await reads(stolen), await reads(own), await reads(fresh)]).toEqual([303, 303, 200]);
});

test('S15 a code from before a change of somebody’s passkeys begins no session after it', async () => {
  const { door, device, signIn } = await someoneWithAPasskey();
  const { verifier, redirectUri, path } = codeAsked();
  const codeIn = ({ location }: PageAnswer) => new URL(location!).searchParams.get('code')!;
  const reads = async (code: string) => {
    const answer = await door.redeem({ code, code_verifier: verifier, redirect_uri: redirectUri });
    const { session } = JSON.parse(answer.body!) as { session: string };
    return (await door.visit('/admin/api/session', { bearer: session })).status;
  };
  const [unchanged, before] = [await signIn(path), await signIn(path)];
  expect(await reads(codeIn(unchanged))).toBe(200);
  const own = sessionIn(await signIn());
  door.world.clock.advance(1);
  const maker = new Authenticator();
  const added = await press(door, '/passkeys', { step: 'add' }, device, { session: own, maker });
  expect(added.location).toBe('/passkeys?done=added');
  expect(await reads(codeIn(before))).toBe(401);
  expect(await reads(codeIn(await signIn(path)))).toBe(200);
});

test('S15 signing in takes on no session that the browser brought along, and ends it', async () => {
  const { visit, totp, one, signInByBrowser } = await aSignedInDoor();
  const before = await signInByBrowser(one);
  const form = { email: one.email, password };
  for (const planted of ['A'.repeat(27), before]) {
    const answer = await visit('/sign-in', { session: planted, form: { ...form, totp: totp(one.id) } });
    expect(answer.status).toBe(303);
    expect(sessionIn(answer)).not.toBe(planted);
    expect((await visit('/console', { session: planted })).status).toBe(303);
  }
});

const sessionIn = ({ cookies }: PageAnswer) =>
  /session-PUERTO=([^;]+)/.exec(cookies?.join() ?? '')?.[1] ?? '';
