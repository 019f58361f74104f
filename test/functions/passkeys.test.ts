import { expect, test } from 'vitest';
import type { Proof } from '../../core/people/proof.ts';
import { totpAt } from '../../core/people/totp.ts';
import { somebody } from '../support/administration.ts';
import { Authenticator } from '../support/authenticator.ts';
import { json, press } from '../support/passkey-browser.ts';
import { aPasskey } from '../support/passkeys.ts';
import { aDoor } from '../support/people-door.ts';
import { password } from '../support/people-world.ts';

// A passkey from the invitation to the act, through the pages as a browser with a script uses them.

async function withPasskeys(door = aDoor()) {
  const { once } = await door.bootstrap();
  const people = [];
  for (const { id, secret } of once) {
    const device = new Authenticator();
    const link = await door.world.linkTo({
      kind: 'invitation',
      invitationId: door.invitationOf(id),
    });
    const form = { step: 'passkey', invitation_code: secret };
    const done = await press(door, `/invitations/${link}`, form, device);
    people.push({ id, device, link, done });
  }
  const signIn = async ({ id, device }: { id: string; device: Authenticator }) => {
    const answer = await press(door, '/sign-in', { step: 'passkey' }, device, { user: id });
    return /session-PUERTO=([^;]+)/.exec(answer.cookies?.join() ?? '')?.[1] ?? '';
  };
  return { ...door, people, signIn };
}

test('an invited person makes a passkey, signs in with it and signs an act that it alone proves', async () => {
  const door = await withPasskeys();
  const { world, visit, people, signIn } = door;
  const [one, two] = people;
  expect(one!.done).toMatchObject({ status: 303 });
  expect((await visit(`/invitations/${one!.link}`)).body).toContain('Su acceso está preparado');
  const sessions = [await signIn(one!), await signIn(two!)];
  const actId = await door.propose('person.invite', somebody('Nora Nueva'), one!.id);
  const page = await visit(`/acts/${actId}`, { session: sessions[0]! });
  expect(page.body).toContain('data-passkey');
  expect(page.body).not.toContain('name="password"');
  const act_hash = /name="act_hash" value="([^"]+)"/.exec(page.body!)![1]!;
  const form = { vote: 'confirm', act_hash };
  const path = `/acts/${actId}`;
  expect(await press(door, path, form, one!.device, { session: sessions[0]! })).toMatchObject({
    status: 303,
  });
  const applied = await press(door, path, form, two!.device, { session: sessions[1]! });
  expect(applied.body).toMatch(/[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}/);
  const { votes } = (await world.acts.act(actId))!;
  expect(votes.map(({ proof }: { proof: Proof }) => proof.method)).toEqual(['passkey', 'passkey']);
  const evidence = world.evidence();
  expect(evidence.find(({ kind }) => kind === 'person.factors-set')?.facts).toMatchObject({
    method: 'passkey',
    credentialId: one!.device.credentialId,
  });
  expect(world.outbox('mail.passkey-added')).toHaveLength(3);
});

test('a further passkey is signed for by one that the person has, told to them, and can be ended', async () => {
  const door = await withPasskeys();
  const [one] = door.people;
  const session = await door.signIn(one!);
  const second = new Authenticator();
  const added = await press(door, '/passkeys', { step: 'add' }, one!.device, { session, maker: second });
  expect(added).toMatchObject({ status: 303, location: '/passkeys?done=added' });
  const shown = await door.visit('/passkeys', { session });
  for (const { credentialId } of [one!.device, second])
    expect(shown.body).toContain(credentialId.slice(0, 6));
  expect(await door.signIn({ id: one!.id, device: second })).not.toBe('');
  const form = { step: 'end', credential: one!.device.credentialId };
  expect(await press(door, '/passkeys', form, second, { session })).toMatchObject({
    location: '/passkeys?done=ended',
  });
  expect(await door.signIn(one!)).toBe('');
  const last = { step: 'end', credential: second.credentialId };
  expect((await press(door, '/passkeys', last, second, { session })).body).toContain('única llave');
  const kinds = door.world.evidence().map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.startsWith('person.passkey-'))).toEqual([
    'person.passkey-added',
    'person.passkey-ended',
  ]);
  expect(door.world.outbox('mail.passkey-ended')).toHaveLength(1);
});

test('without a script nothing is lost: the page says what it needs', async () => {
  const door = await withPasskeys();
  const { body, status } = await door.visit('/sign-in', { form: { step: 'passkey' } });
  expect([status, body]).toEqual([422, expect.stringContaining('necesita JavaScript')]);
  expect(body).toContain('<noscript>');
});

test('a node that switched the fallback off sets and takes passkeys only', async () => {
  const door = aDoor();
  door.fallback('off');
  const { once } = await door.bootstrap();
  const invitationId = door.invitationOf(once[0]!.id);
  const path = `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId })}`;
  const code = { invitation_code: once[0]!.secret };
  expect((await door.visit(path, { form: { step: 'code', ...code } })).body).not.toContain('totp_secret');
  const totp_secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const totp = totpAt(totp_secret, door.world.clock.now());
  const set = { step: 'set', ...code, password, password_again: password, totp_secret, totp };
  expect(await door.visit(path, { form: set })).toMatchObject({
    status: 422,
    body: expect.stringContaining('Use su llave de acceso'),
  });
  expect((await door.visit('/sign-in')).body).not.toContain('name="password"');
  const device = new Authenticator();
  expect(await press(door, path, { step: 'passkey', ...code }, device)).toMatchObject({ status: 303 });
  const signedIn = await press(door, '/sign-in', { step: 'passkey' }, device, { user: once[0]!.id });
  expect(signedIn.location).toBe('/acts');
});

test('a question to a passkey is asked by a press, never by opening a page', async () => {
  const door = await withPasskeys();
  const before = door.world.snapshot();
  for (const method of ['GET', 'HEAD', 'OPTIONS']) await door.visit('/sign-in', { method, headers: json });
  expect(door.world.snapshot()).toBe(before);
});

test('the command line signs in by the same passkey: a code for this machine, and only for who administers', async () => {
  const door = await withPasskeys();
  const [one] = door.people;
  const query = new URLSearchParams({
    client: 'cli',
    redirect_uri: 'http://127.0.0.1:51000/signed-in',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    state: 's'.repeat(22),
  });
  const path = `/sign-in?${query}`;
  const answer = await press(door, path, { step: 'passkey' }, one!.device, { user: one!.id });
  expect(answer).toMatchObject({
    status: 303,
    location: expect.stringMatching(/^http:\/\/127\.0\.0\.1:51000\/.*code=/),
  });
  const device = new Authenticator();
  await door.world.addParty();
  await door.world.addPerson({ personId: 'p1', passkeys: [aPasskey(device)] }, false);
  expect((await press(door, path, { step: 'passkey' }, device, { user: 'p1' })).status).toBe(422);
  expect((await press(door, '/sign-in', { step: 'passkey' }, device, { user: 'p1' })).location).toBe(
    '/console',
  );
});
