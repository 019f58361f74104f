import { expect, test } from 'vitest';
import { people } from '../../adapters/dynamodb/people.ts';
import { totpAt } from '../../core/people/totp.ts';
import { anAdministration, onboarding, somebody } from '../support/administration.ts';
import { password } from '../support/people-world.ts';

const refusal = (code: string) => expect.objectContaining({ code });

async function anInvited() {
  const admin = anAdministration();
  const [one, two, three] = await admin.operators();
  const { once } = await admin.perform('participant.onboard', onboarding, [one!, two!]);
  const { id, secret } = once.find(({ what }) => what === 'invitationCode')!;
  return { ...admin, one: one!, two: two!, three: three!, id, code: secret };
}

test('S14 what cannot be a code costs no try', async () => {
  const { world, accept, id, code, invitationOf } = await anInvited();
  for (const typed of ['', 'AAAA', code.slice(0, -1), `${code}2`, code.replace(/.$/, '0')])
    await expect(accept(id, typed)).rejects.toThrow(refusal('INVITATION_CODE_INCOMPLETE'));
  expect((await world.invitations.invitation(invitationOf(id)))?.wrongCodes).toBe(0);
});

test('S14 a stolen mail without the code sets nothing, and five guesses close the invitation', async () => {
  const { world, accept, id, code, invitationOf } = await anInvited();
  for (let tries = 0; tries < 5; tries++)
    await expect(accept(id, 'AAAA-BBBB-CCCC')).rejects.toThrow(refusal('INVITATION_CODE_WRONG'));
  await expect(accept(id, code)).rejects.toThrow(refusal('TRIES_EXHAUSTED'));
  expect((await world.invitations.invitation(invitationOf(id)))?.wrongCodes).toBe(5);
  expect(await world.factors.factor(id)).toBeUndefined();
});

test('S14 an invitation works once', async () => {
  const { accept, id, code } = await anInvited();
  await accept(id, code);
  await expect(accept(id, code)).rejects.toThrow(refusal('INVITATION_USED'));
});

test('S14 an invitation lives 72 hours', async () => {
  const { world, accept, id, code } = await anInvited();
  world.clock.advance(72 * 3600);
  await expect(accept(id, code)).rejects.toThrow(refusal('INVITATION_EXPIRED'));
});

test('S14 who is not released has a factor but no say', async () => {
  const { world, accept, id, code } = await anInvited();
  await accept(id, code);
  const statement = {
    type: 'apodera/sign-in/v1' as const,
    node: 'PUERTO',
    person: id,
    nonce: 'n'.repeat(27),
  };
  const attempt = { method: 'password+totp' as const, password: 'x', totp: '000000' };
  await expect(world.secondFactor.prove({ personId: id, statement, attempt, source: 's' })).rejects.toThrow();
  expect(await world.people.person(id)).toMatchObject({ state: 'unreleased', activeSince: null });
});

test('S14 the code that an authenticator was set up with has counted: who read it over a shoulder has none', async () => {
  const { world, bootstrap, accept, secrets } = anAdministration();
  const { id, secret } = (await bootstrap()).once[0]!;
  await accept(id, secret);
  const attempt = () => ({
    method: 'password+totp' as const,
    password,
    totp: totpAt(secrets.get(id)!, world.clock.now()),
  });
  const statement = {
    type: 'apodera/sign-in/v1' as const,
    node: 'PUERTO',
    person: id,
    nonce: 'n'.repeat(27),
  };
  const prove = () =>
    world.secondFactor.prove({ personId: id, statement, attempt: attempt(), source: '192.0.2.1' });
  await expect(prove()).rejects.toThrow(refusal('FACTOR_STEP_USED'));
  world.clock.advance(30);
  expect(await prove()).toMatchObject({ personId: id });
});

test('S14 a reset takes the old factors at once, gives new ones after 24 hours, and tells everybody near', async () => {
  const { world, accept, perform, one, two, three, id, code } = await anInvited();
  await accept(id, code);
  await perform('person.release', { person_ids: [id] }, [one, two]);
  const { once } = await perform('person.reset', { person_id: id }, [one, two]);
  expect(await world.factors.factor(id)).toBeUndefined();
  const told = world.outbox('mail.reset-notice').map(({ refs }) => refs.personId);
  expect(told).toEqual(expect.arrayContaining([one, two, three]));
  await expect(accept(id, once[0]!.secret)).rejects.toThrow(refusal('INVITATION_NOT_YET'));
  world.clock.advance(24 * 3600);
  expect(await accept(id, once[0]!.secret)).toEqual({ state: 'unreleased' });
});

test('S14 a reset ends an invitation that was still open', async () => {
  const { accept, perform, one, two, id, code, invitationOf } = await anInvited();
  const first = invitationOf(id);
  await perform('person.reset', { person_id: id }, [one, two]);
  await expect(accept(id, code, first)).rejects.toThrow(refusal('INVITATION_USED'));
});

test('S14 whoever writes the table can neither invite nor change an address', async () => {
  const { world, accept, id, code, invitationOf } = await anInvited();
  const at = (pk: string, sk: string) => JSON.stringify([pk, sk]);
  const invitation = world.items.get(at(`INV#${invitationOf(id)}`, 'INVITATION'))!;
  world.items.set(at(invitation.pk, invitation.sk), { ...invitation, codeHash: '0'.repeat(64) });
  await expect(accept(id, code)).rejects.toThrow(refusal('SEAL_BROKEN'));
  const contact = world.items.get(at(`PERSON#${id}`, 'CONTACT'))!;
  world.items.set(at(contact.pk, contact.sk), { ...contact, email: 'thief@example.com' });
  await expect(world.people.contact((await world.people.person(id))!)).rejects.toThrow(
    refusal('SEAL_BROKEN'),
  );
});

test('S13 an invited person who is a node operator, or the other office, is refused', async () => {
  const { perform, one, two } = await anInvited();
  const asOperator = somebody('Carla Uno', {
    office: 'apoderado',
    participant: 'AURORA',
    power_from: '2026-01-01T00:00:00Z',
  });
  await expect(perform('person.invite', asOperator, [one, two])).rejects.toThrow(
    refusal('OFFICE_NODE_OPERATOR_ONLY'),
  );
  const twice = somebody('Olga Oficial', {
    office: 'apoderado',
    participant: 'AURORA',
    power_from: '2026-01-01T00:00:00Z',
  });
  await expect(perform('person.invite', twice, [one, two])).rejects.toThrow(refusal('OFFICE_SAME_PERSON'));
});

const nora = (email: string) =>
  somebody('Nora Nueva', {
    ...{ office: 'apoderado', participant: 'AURORA', email },
    power_from: '2026-01-01T00:00:00Z',
  });

test('S13 one human invited by two acts of the same instant comes in once', async () => {
  const { world, ports, perform, propose, sign, one, two, three } = await anInvited();
  const second = await propose('person.invite', nora('nora@aurora.example'));
  await sign(second, three);
  let met = false;
  // The second act is applied while the first has read who is there, and has not written yet.
  const meeting = async () => {
    const read = await world.people.everybody();
    if (!met) {
      met = true;
      await sign(second, one);
    }
    return read;
  };
  Object.assign(ports, { people: { ...world.people, everybody: meeting } });
  await expect(perform('person.invite', nora('n.nueva@aurora.example'), [two, three])).rejects.toThrow(
    refusal('OFFICE_SAME_PERSON'),
  );
  const held = await world.people.holders('AURORA');
  expect(held.filter(({ office }) => office === 'apoderado')).toHaveLength(2);
});

test('S13 one human invited a moment ago is known, though no index lists them yet', async () => {
  const { world, ports, perform, one, two } = await anInvited();
  await perform('person.invite', nora('nora@aurora.example'), [one, two]);
  const query: typeof world.table.query = async (asked) =>
    asked.index ? { items: [] } : world.table.query(asked);
  Object.assign(ports, { people: people({ ...world.table, query }, world.sealer) });
  await expect(perform('person.invite', nora('n.nueva@aurora.example'), [one, two])).rejects.toThrow(
    refusal('OFFICE_SAME_PERSON'),
  );
});

test('S13 a node operator who was invited last week cannot sign with one who invited them', async () => {
  const { world, accept, perform, one, two, three } = await anInvited();
  const { once } = await perform('person.invite', somebody('Nora Nueva'), [one, two]);
  const nora = once[0]!.id;
  await accept(nora, once[0]!.secret);
  await perform('person.release', { person_ids: [nora] }, [one, two]);
  await expect(perform('apiKey.issue', { participant: 'AURORA' }, [one, nora])).rejects.toThrow(
    refusal('OFFICE_RECENTLY_INVITED'),
  );
  expect(await perform('apiKey.issue', { participant: 'AURORA' }, [three, nora])).toMatchObject({
    state: 'applied',
  });
  expect(world.log.lines).toEqual([]);
});

test('S13 bootstrap needs three different people', async () => {
  const { bootstrap } = anAdministration();
  await expect(bootstrap(['Carla Uno', 'Carla Uno', 'Dora Tres'])).rejects.toThrow(
    refusal('OFFICE_NODE_OPERATOR_ONLY'),
  );
  await expect(bootstrap(['Carla Uno', 'Bruno Dos'])).rejects.toThrow(refusal('ACT_PARAMETERS_INVALID'));
});

test('S13 a second bootstrap is the break-glass: a day’s wait, evidence, and notice to everybody in office', async () => {
  const { world, bootstrap, accept, one } = await anInvited();
  const { once, count } = await bootstrap(['Carla Uno', 'Gil Cuatro', 'Hugo Cinco']);
  expect(count).toBe(2);
  await expect(accept(once[0]!.id, once[0]!.secret)).rejects.toThrow(refusal('INVITATION_NOT_YET'));
  expect(world.evidence().map(({ kind }) => kind)).toContain('node.break-glass');
  expect(world.outbox('mail.break-glass').length).toBeGreaterThanOrEqual(5);
  // The same person never stands in the list twice.
  expect(await world.people.person(one)).toMatchObject({ state: 'ended' });
  world.clock.advance(24 * 3600);
  expect(await accept(once[1]!.id, once[1]!.secret)).toEqual({ state: 'active' });
});
