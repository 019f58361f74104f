import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashPassword } from '../../core/people/password.ts';
import { newTotpSecret, totpAt } from '../../core/people/totp.ts';
import type { Authenticator } from '../support/authenticator.ts';
import { Authenticator as Device } from '../support/authenticator.ts';
import { decisionId, rightCode } from '../support/confirmation.ts';
import { json, press } from '../support/passkey-browser.ts';
import { anApoderadoWithPasskey, confirmationDoor } from '../support/passkeys.ts';
import { minutes } from '../support/people.ts';
import { aDoor } from '../support/people-door.ts';
import { cheap, password } from '../support/people-world.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const form = { vote: 'confirm', code: rightCode };

test('S14 who has a passkey cannot use the fallback, though the table is given a password again', async () => {
  const { world, send, person } = await anApoderadoWithPasskey();
  const secret = newTotpSecret(randomBytes(20));
  const factor = {
    personId: person.personId,
    passwordHash: hashPassword(password, randomBytes(16), cheap),
    totpSecretEncrypted: await world.cipher.encrypt(secret, { personId: person.personId }),
    setAt: world.clock.now(),
    version: 1,
  };
  await world.ledger.commit([{ noun: 'factor', factor }], [], { evidence: [], outbox: [] });
  const totp = totpAt(secret, world.clock.now());
  const before = await world.decisions.find(decisionId);
  const answer = await send({ method: 'POST', form: { ...form, password, totp } });
  expect(answer.status).toBe(422);
  const attempt = { method: 'password+totp' as const, password, totp };
  const statement = {
    type: 'apodera/sign-in/v1' as const,
    node: 'PUERTO',
    person: 'p1',
    nonce: 'n'.repeat(27),
  };
  await expect(world.secondFactor.prove({ personId: 'p1', statement, attempt, source: 's' })).rejects.toThrow(
    refusal('FACTOR_FALLBACK_CLOSED'),
  );
  expect(await world.decisions.find(decisionId)).toEqual(before);
});

test('S14 a passkey’s answer counts once, for the very thing that was asked, and for 5 minutes', async () => {
  const door = await anApoderadoWithPasskey();
  const { world, visit, path, device } = door;
  const asked = JSON.parse((await visit(path, { form, headers: json })).body!) as {
    get: { challenge: string };
  };
  const answer = JSON.stringify(device.get(asked.get.challenge));
  // Asked about confirming, it rejects nothing; and it was used up in trying.
  const turned = await visit(path, { form: { vote: 'reject', passkey: answer } });
  expect(turned).toMatchObject({ status: 409 });
  expect((await visit(path, { form: { ...form, passkey: answer } })).body).toContain('demasiado tiempo');
  const again = JSON.parse((await visit(path, { form, headers: json })).body!) as typeof asked;
  world.clock.advance(301);
  const late = JSON.stringify(device.get(again.get.challenge));
  expect((await visit(path, { form: { ...form, passkey: late } })).status).toBe(422);
  expect((await world.decisions.find(decisionId))!.votes).toEqual([]);
  expect((await press(door, path, form, device)).status).toBe(303);
  expect((await world.decisions.find(decisionId))!.state).toBe('confirmed');
});

const lies: readonly (readonly [string, (device: Authenticator, challenge: string) => object])[] = [
  ['a phisher’s site', (device, challenge) => device.get(challenge, { origin: 'https://pages.test.evil' })],
  ['a site that frames ours', (device, challenge) => device.get(challenge, { crossOrigin: true })],
  ['a touch without finger, face or PIN', (device, challenge) => device.get(challenge, { flags: 1 })],
  ['somebody else’s device', (_, challenge) => new Device().get(challenge)],
  ['a question of the attacker’s own', (device) => device.get(randomBytes(32).toString('base64url'))],
];
test.each(lies)('S14 an answer through %s decides nothing', async (_, lie) => {
  const { world, visit, path, device } = await anApoderadoWithPasskey();
  const asked = JSON.parse((await visit(path, { form, headers: json })).body!) as {
    get: { challenge: string };
  };
  const passkey = JSON.stringify(lie(device, asked.get.challenge));
  expect((await visit(path, { form: { ...form, passkey } })).status).toBe(422);
  expect((await world.decisions.find(decisionId))!.votes).toEqual([]);
});

test('S14 a copy of a passkey is noticed by its counter', async () => {
  const { world, device, visit, path } = await anApoderadoWithPasskey();
  const attempt = async (counter: number) => {
    const asked = JSON.parse((await visit(path, { form, headers: json })).body!) as {
      get: { challenge: string };
    };
    const passkey = JSON.stringify(device.get(asked.get.challenge, { counter }));
    return visit(path, { form: { ...form, code: 'AAAAAA', passkey } });
  };
  expect((await attempt(7)).body).toContain('Ese código no es el que');
  expect((await attempt(7)).body).toContain('haber sido copiada');
  expect((await attempt(0)).body).toContain('haber sido copiada');
  expect((await world.decisions.find(decisionId))!.wrongCodes).toBe(1);
});

test('S14 an invitation’s passkey is made for that invitation: one made for another person sets nothing', async () => {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const [one, two] = once;
  const link = async (id: string) =>
    `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId: door.invitationOf(id) })}`;
  const device = new Device();
  const asked = await door.visit(await link(two!.id), {
    form: { step: 'passkey', invitation_code: two!.secret },
    headers: json,
  });
  const { create } = JSON.parse(asked.body!) as { create: { challenge: string } };
  const made = JSON.stringify(device.create(create.challenge));
  const answer = await door.visit(await link(one!.id), {
    form: { step: 'passkey', invitation_code: one!.secret, new_passkey: made },
  });
  expect(answer.status).toBe(409);
  expect((await door.world.people.person(one!.id))!.passkeys).toBeUndefined();
});

test('S13 one passkey is one person’s: whoever shows it for a second invitation is refused', async () => {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const device = new Device();
  const answers = [];
  for (const { id, secret } of once.slice(0, 2)) {
    const invitationId = door.invitationOf(id);
    const path = `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId })}`;
    answers.push(await press(door, path, { step: 'passkey', invitation_code: secret }, device));
  }
  expect(answers.map(({ status }) => status)).toEqual([303, 422]);
  expect(answers[1]!.body).toContain('ya está en uso');
});

test('S13 one passkey shown for two invitations in the same instant is one person’s', async () => {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const device = new Device();
  const accept = async ({ id, secret }: (typeof once)[number]) => {
    const invitationId = door.invitationOf(id);
    const path = `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId })}`;
    return press(door, path, { step: 'passkey', invitation_code: secret }, device);
  };
  const { everybody } = door.world.people;
  let other: Promise<{ status: number }> | undefined;
  Object.assign(door.world.people, {
    everybody: async () => {
      const read = await everybody();
      if (!other) {
        other = accept(once[1]!);
        await other;
      }
      return read;
    },
  });
  expect([(await accept(once[0]!)).status, (await other)!.status]).toEqual([422, 303]);
});

test('S13 the devices of those who must be others are named, so that an honest browser makes no second passkey', async () => {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const device = new Device();
  const pathOf = async (id: string) =>
    `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId: door.invitationOf(id) })}`;
  await press(door, await pathOf(once[0]!.id), { step: 'passkey', invitation_code: once[0]!.secret }, device);
  const asked = await door.visit(await pathOf(once[1]!.id), {
    form: { step: 'passkey', invitation_code: once[1]!.secret },
    headers: json,
  });
  const { create } = JSON.parse(asked.body!) as { create: { credentialIds: string[] } };
  expect(create.credentialIds).toEqual([device.credentialId]);
});

test('S14 a session adds no passkey: only one that the person has signs for the next', async () => {
  const door = await anOperatorWithPasskey();
  const { session, visit, device, world, id } = door;
  const stolen = new Device();
  const asked = await visit('/passkeys', { session, form: { step: 'add' }, headers: json });
  const { create } = JSON.parse(asked.body!) as { create: { challenge: string } };
  const made = { step: 'add', new_passkey: JSON.stringify(stolen.create(create.challenge)) };
  const next = await visit('/passkeys', { session, form: made, headers: json });
  const { get, keeps } = JSON.parse(next.body!) as {
    get: { challenge: string };
    keeps: { registration: string };
  };
  // The thief has the session and a device, not the person's.
  const forged = { ...made, ...keeps, passkey: JSON.stringify(stolen.get(get.challenge)) };
  expect((await visit('/passkeys', { session, form: forged })).status).toBe(422);
  const own = JSON.parse(keeps.registration) as { passkey: { credentialId: string; publicKey: string } };
  const again = await visit('/passkeys', { session, form: made, headers: json });
  expect(again.status).toBe(422);
  // Nor does the person's answer count for another key than the one it signed.
  const swapped = JSON.stringify({ ...own, passkey: { ...own.passkey, credentialId: 'x'.repeat(43) } });
  const answer = { ...made, registration: swapped, passkey: JSON.stringify(device.get(get.challenge)) };
  expect((await visit('/passkeys', { session, form: answer })).status).toBeGreaterThanOrEqual(400);
  expect((await world.people.person(id))!.passkeys).toHaveLength(1);
});

async function anOperatorWithPasskey() {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const { id, secret } = once[0]!;
  const device = new Device();
  const invitationId = door.invitationOf(id);
  const path = `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId })}`;
  await press(door, path, { step: 'passkey', invitation_code: secret }, device);
  const answer = await press(door, '/sign-in', { step: 'passkey' }, device, { user: id });
  const session = /session-PUERTO=([^;]+)/.exec(answer.cookies?.join() ?? '')?.[1] ?? '';
  return { ...door, id, device, session };
}

test('S14 a reset ends every passkey at once; what they signed before stays proved', async () => {
  const door = aDoor();
  const { once } = await door.bootstrap();
  const [one, two, three] = once.map(({ id }) => id);
  for (const { id, secret } of once.slice(0, 2)) await door.acceptByPage(id, secret);
  const device = new Device();
  const invitationId = door.invitationOf(three!);
  const path = `/invitations/${await door.world.linkTo({ kind: 'invitation', invitationId })}`;
  await press(door, path, { step: 'passkey', invitation_code: once[2]!.secret }, device);
  const signedIn = () => press(door, '/sign-in', { step: 'passkey' }, device, { user: three! });
  expect((await signedIn()).status).toBe(303);
  await door.perform('person.reset', { person_id: three! }, [one!, two!]);
  expect((await signedIn()).status).toBe(422);
  const { passkeys, state } = (await door.world.people.person(three!))!;
  expect([state, passkeys!.map(({ endedAt }) => endedAt !== null)]).toEqual(['invited', [true]]);
  expect(door.world.outbox('mail.reset-notice').length).toBeGreaterThan(0);
});

test('S29 a passkey attempt is never blocked by password failures', async () => {
  const { world, visit, path, device, ...door } = await anApoderadoWithPasskey();
  const attempt = { method: 'password+totp' as const, password: 'x', totp: '000000' };
  const statement = {
    type: 'apodera/sign-in/v1' as const,
    node: 'PUERTO',
    person: 'p1',
    nonce: 'n'.repeat(27),
  };
  for (let tries = 0; tries < 70; tries++)
    await world.secondFactor
      .prove({ personId: 'p1', statement, attempt, source: '192.0.2.1' })
      .catch(() => 0);
  await expect(
    world.secondFactor.prove({ personId: 'p1', statement, attempt, source: '192.0.2.1' }),
  ).rejects.toThrow(refusal('TRIES_EXHAUSTED'));
  expect((await press({ ...door, visit }, path, form, device)).status).toBe(303);
});

test('S22 what settles believes no passkey that the sealed person does not have', async () => {
  const { world, person, evidence } = await confirmationDoor();
  const confirmation = evidence(person);
  expect(confirmation().proofs.map(({ method }) => method)).toEqual(['passkey']);
  const [own] = person.passkeys!;
  for (const passkeys of [
    [],
    [{ ...own!, endedAt: minutes(-1) }],
    [{ ...own!, addedAt: minutes(60) }],
    [{ ...own!, publicKey: new Device().create('x'.repeat(43)).clientDataJson }],
  ])
    expect(() => evidence({ ...person, passkeys })()).toThrow();
  // Another statement under the same assertion, signed by the factor key itself: the device did not agree to it.
  expect(() => evidence(person, { reason: 'otra' })()).toThrow(refusal('PROOF_OTHER_STATEMENT'));
  expect(world.log).toBeDefined();
});
