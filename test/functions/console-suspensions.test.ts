import { expect, test } from 'vitest';
import { confirmed, disputed, suspend } from '../../core/suspension/suspension.ts';
import { onboarding, profile } from '../support/administration.ts';
import { aDoor } from '../support/people-door.ts';

test('the node’s operators see who is suspended, what needs them first, and the commands to decide', async () => {
  const door = aDoor();
  const { world, visit, operators, signInByBrowser } = door;
  const [one] = await operators();
  const session = await signInByBrowser(one!);
  const empty = await visit('/console/suspensions', { session });
  expect(empty).toMatchObject({ status: 200, body: expect.stringContaining('apodera admin suspend') });
  const now = world.clock.now();
  const by = { kind: 'apiKey', keyId: 'K1' } as const;
  const put = (
    participant: string,
    asked: string[],
    change: (first: ReturnType<typeof suspend>) => typeof first,
  ) => {
    const first = suspend({ id: participant, participant, by, reason: 'r', asked, told: [] }, now);
    const nothing = { evidence: [], outbox: [] };
    return world.suspensions
      .record(first, nothing)
      .then(async () => change(first) !== first && world.suspensions.record(change(first), nothing));
  };
  await put('WAITS', ['p'], (first) => first);
  await put('ENDS', ['p'], (first) => confirmed(first, { kind: 'node', finId: 'RED' }, now));
  await put('DISPUTES', ['p'], (first) => disputed(first, 'p', now));
  await put('NOBODY', [], (first) => first);
  const page = await visit('/console/suspensions', { session });
  const order = ['NOBODY', 'DISPUTES', 'WAITS', 'ENDS'];
  expect(order.map((each) => page.body!.indexOf(each))).toEqual(
    order.map((each) => page.body!.indexOf(each)).toSorted((a, b) => a - b),
  );
  expect(page.body).toContain('apodera admin lift-suspension');
  const overview = (await visit('/console', { session })).body!;
  expect(overview).toContain('Participantes en suspenso: 4');
  expect(overview).toContain('alguien con la clave de API de la empresa, sin firma');
});

test('a participant’s people see on every page who suspended it, since when, and whose word is asked until when', async () => {
  const door = aDoor();
  const [one, two] = await door.operators();
  const signers = [one!.id, two!.id];
  const { once } = await door.perform('participant.onboard', onboarding, signers);
  const people = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of people) await door.acceptByPage(id, secret);
  await door.perform('person.release', { person_ids: people.map(({ id }) => id) }, signers);
  const sessions = await Promise.all(
    people.map(async ({ id }) => {
      const email = (await door.world.people.contact((await door.world.people.person(id))!))!.email;
      return { id, session: await door.signInByBrowser({ id, email }) };
    }),
  );
  const [other, asked] = sessions;
  const seen = async (session: string) => {
    const bodies = ['', '/payouts', '/keys'].map(
      async (path) => (await door.visit(`/console${path}`, { session })).body!,
    );
    return (await Promise.all(bodies)).map(
      (body) => body.match(/<div class="problem" role="status">.*?<\/div>/s)?.[0] ?? '',
    );
  };
  expect(await seen(asked!.session)).toEqual(['', '', '']);
  const by = { kind: 'apiKey', keyId: 'K1' } as const;
  const first = suspend(
    { id: 'S1', participant: profile.fin_id, by, reason: 'r', asked: [asked!.id], told: [] },
    door.world.clock.now(),
  );
  const effects = { evidence: [], outbox: [] };
  await door.world.suspensions.record(first, effects);
  for (const note of await seen(asked!.session)) {
    expect(note).toContain('en suspenso en Banco del Puerto');
    expect(note).toContain('alguien con la clave de API de la empresa, sin firma');
    expect(note).toMatch(/Falta su respuesta, hasta el \d\d\/\d\d\/\d{4} a las .*href="\/suspension"/s);
  }
  const [others] = await seen(other!.session);
  expect(others).toContain('Se pidió a la otra persona de su empresa');
  expect(others).not.toContain('href');
  await door.world.suspensions.record(disputed(first, asked!.id, door.world.clock.now()), effects);
  expect((await seen(asked!.session))[0]).toContain('usted dice que es una equivocación');
  expect((await seen(other!.session))[0]).toContain('La otra persona dice que es una equivocación');
});
