import { expect, test } from 'vitest';
import { contactWrites } from '../../adapters/dynamodb/people.ts';
import { aWaitingConfirmation } from '../support/confirmation.ts';
import { aContact } from '../support/people.ts';
import { aDoor } from '../support/people-door.ts';
import { password } from '../support/people-world.ts';

const wrong = { password: 'adivinanza larga pero falsa' };

test('S29 the sixth failure from one source closes that source for this account, with the minutes to wait', async () => {
  const { vote } = await aWaitingConfirmation();
  for (let tries = 0; tries < 5; tries++) expect((await vote('confirm', { form: wrong })).status).toBe(422);
  const answer = await vote('confirm');
  expect(answer).toMatchObject({ status: 429, body: expect.stringMatching(/espere \d+ min /) });
});

test('S29 a stranger’s failures do not lock the person out: another source still decides', async () => {
  const { vote, decision } = await aWaitingConfirmation();
  for (let tries = 0; tries < 8; tries++) await vote('confirm', { form: wrong, source: '203.0.113.9' });
  expect((await vote('confirm', { source: '192.0.2.7' })).status).toBe(303);
  expect((await decision()).state).toBe('confirmed');
});

test('S29 who holds a network of IPv6 addresses is one source, however each is written; its neighbour is another', async () => {
  const { vote } = await aWaitingConfirmation();
  const same = [
    '2001:db8:0:1::1',
    '2001:DB8::1:0:0:0:2',
    '2001:db8:0:1:a:b:c:d',
    '2001:0db8:0000:0001::9',
    '2001:db8:0:1::',
  ];
  for (const source of same) expect((await vote('confirm', { form: wrong, source })).status).toBe(422);
  expect((await vote('confirm', { source: '2001:db8:0:1:ffff::' })).status).toBe(429);
  expect((await vote('confirm', { source: '2001:db8:0:2::1' })).status).toBe(303);
});

test('S29 failures at one account do not close another from a source that many share', async () => {
  const { vote, decision } = await aWaitingConfirmation();
  for (let tries = 0; tries < 6; tries++) await vote('confirm', { form: wrong });
  expect((await vote('confirm', { person: 'p2' })).status).toBe(303);
  expect((await decision()).state).toBe('confirmed');
});

test('S29 a flood from many addresses that do not know the password locks nobody out', async () => {
  const { vote, decision } = await aWaitingConfirmation();
  const flood = Array.from({ length: 70 }, (_, at) =>
    vote('confirm', { form: wrong, source: `198.51.100.${at}` }),
  );
  await Promise.all(flood);
  expect((await vote('confirm', { source: '192.0.2.7' })).status).toBe(303);
  expect((await decision()).state).toBe('confirmed');
});

test('S29 who knows the password guesses codes sixty times an hour, from however many addresses', async () => {
  const { vote } = await aWaitingConfirmation();
  const guess = (at: number) => vote('confirm', { form: { totp: '12345' }, source: `198.51.100.${at}` });
  for (let at = 0; at < 60; at++) expect((await guess(at)).status).toBe(422);
  expect((await guess(60)).status).toBe(429);
});

/** One address that holds an office at each of so many participants, every office with an app of its own. */
async function aLawFirm(offices: number) {
  const { world, visit } = aDoor();
  const email = 'abogada@estudio.example';
  const ids = Array.from({ length: offices }, (_, at) => `of${at}`);
  for (const [at, personId] of ids.entries()) {
    await world.addPerson({ personId, participant: `P${at}` });
    await world.table.transact(contactWrites({ ...aContact(personId), email }).slice(1));
  }
  const signIn = (personId: string, form: Record<string, string> = {}) => {
    world.clock.advance(30);
    return visit('/sign-in', { form: { email, password, totp: world.totp(personId), ...form } });
  };
  return { world, signIn, ids };
}

test('S29 an address with twelve offices signs in as any of them, as often as it likes', async () => {
  const { world, signIn, ids } = await aLawFirm(12);
  for (let round = 0; round < 3; round++)
    for (const personId of ids) expect((await signIn(personId)).status).toBe(303);
  const counted = [...world.items.values()].filter(({ pk }) => pk.startsWith('RATE#'));
  expect(counted.filter(({ failures }) => failures !== 0)).toEqual([]);
});

test('S29 an office that is closed to this source closes no other office of the same address', async () => {
  const { world, signIn } = await aLawFirm(3);
  const statement = {
    type: 'apodera/sign-in/v1' as const,
    node: 'PUERTO',
    person: 'of0',
    nonce: 'n'.repeat(27),
  };
  const attempt = { ...world.attempt('of0'), ...wrong };
  const guess = () =>
    world.secondFactor
      .prove({ personId: 'of0', statement, attempt, source: '192.0.2.1' })
      .catch(() => 'refused');
  for (let tries = 0; tries < 5; tries++) expect(await guess()).toBe('refused');
  expect((await signIn('of1')).status).toBe(303);
  expect((await signIn('of0')).status).toBe(429);
  expect((await signIn('of2')).status).toBe(303);
});

test('S29 a wrong sign-in counts once for its source and once for each office that it may have meant', async () => {
  const { signIn } = await aLawFirm(12);
  for (let tries = 0; tries < 5; tries++) expect((await signIn('of3', wrong)).status).toBe(422);
  // The pairs are closed, of all twelve; twenty from this source are not.
  expect((await signIn('of3')).status).toBe(429);
  expect((await signIn('of4')).status).toBe(429);
});

test('S29 guesses sent at the same moment are counted one by one', async () => {
  const { world, send } = await aWaitingConfirmation();
  const form = { vote: 'confirm', code: 'AAAAAA', totp: '000000', ...wrong };
  const answers = await Promise.all(Array.from({ length: 12 }, () => send({ method: 'POST', form })));
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(5);
  expect(world.log.lines).toEqual([]);
});

test('S14 each step of the authenticator counts once, also for another task of the same person', async () => {
  const { world, vote, decision } = await aWaitingConfirmation();
  const totp = world.totp('p1');
  const statement = {
    type: 'apodera/sign-in/v1' as const,
    node: 'PUERTO',
    person: 'p1',
    nonce: 'n'.repeat(27),
  };
  const attempt = world.attempt('p1');
  await world.secondFactor.prove({ personId: 'p1', statement, attempt, source: '192.0.2.1' });
  const answer = await vote('confirm', { form: { totp } });
  expect(answer).toMatchObject({ status: 422, body: expect.stringContaining('ya se usó') });
  expect((await decision()).state).toBe('waiting');
});
