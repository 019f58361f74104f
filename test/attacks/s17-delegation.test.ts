import { expect, test } from 'vitest';
import { confirmationOf } from '../../core/people/confirmation.ts';
import { applyVote, type Decision, openDecision, taskIdOf } from '../../core/people/decision.ts';
import { delegateAt, makeDelegation, principalsOf, stopDelegation } from '../../core/people/delegation.ts';
import type { Person } from '../../core/people/person.ts';
import { newSession } from '../../core/people/session.ts';
import { Authenticator } from '../support/authenticator.ts';
import { aWaitingConfirmation, decisionId } from '../support/confirmation.ts';
import { press } from '../support/passkey-browser.ts';
import { aPasskey } from '../support/passkeys.ts';
import { aPerson, aProof, aSubject, factorPublicKey, hours, nonce, noon } from '../support/people.ts';
import { aDoor } from '../support/people-door.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const days = (count: number) => hours(24 * count);
const apoderados = () => ['p1', 'p2', 'p3'].map((personId) => aPerson({ personId }));

test.each<[string, string, Partial<Person>]>([
  ['an invited one', 'DELEGATION_NOT_ALLOWED', { state: 'invited' }],
  ['one who waits for their release', 'DELEGATION_NOT_ALLOWED', { state: 'unreleased' }],
  ['one of another participant', 'DELEGATION_NOT_ALLOWED', { participant: 'OTHER' }],
  ['an officer', 'DELEGATION_NOT_ALLOWED', { office: 'securityOfficer', power: null }],
  ['one whose power has ended', 'DELEGATION_NOT_ALLOWED', { power: { from: hours(-2), until: hours(-1) } }],
])('S17 nobody delegates to %s', (_, code, change) => {
  const [p1] = apoderados();
  const other = aPerson({ personId: 'p2', ...change });
  expect(() => makeDelegation(p1!, 'p2', days(5), [p1!, other], noon)).toThrow(refusal(code));
});

test('S17 nobody delegates to themselves, nor an officer at all', () => {
  const [p1, p2] = apoderados();
  expect(() => makeDelegation(p1!, 'p1', days(5), [p1!, p2!], noon)).toThrow(
    refusal('DELEGATION_NOT_ALLOWED'),
  );
  const officer = aPerson({ personId: 'o', office: 'securityOfficer' });
  expect(() => makeDelegation(officer, 'p2', days(5), [officer, p2!], noon)).toThrow(
    refusal('PERSON_WRONG_OFFICE'),
  );
});

test('S17 there are no chains, whichever link is made first', () => {
  const [p1, p2, p3] = apoderados();
  const second = { ...p2!, delegation: makeDelegation(p2!, 'p3', days(5), [p2!, p3!], noon) };
  expect(() => makeDelegation(p1!, 'p2', days(5), [p1!, second, p3!], noon)).toThrow(
    refusal('DELEGATION_CHAIN'),
  );
  const first = { ...p1!, delegation: makeDelegation(p1!, 'p2', days(5), [p1!, p2!], noon) };
  expect(() => makeDelegation(p2!, 'p3', days(5), [first, p2!, p3!], noon)).toThrow(
    refusal('DELEGATION_CHAIN'),
  );
});

test.each([
  [1, 'DELEGATION_TOO_LONG'],
  [31, 'DELEGATION_TOO_LONG'],
  [Number.NaN, 'DELEGATION_TOO_LONG'],
])('S17 a delegation until %s days from now is refused', (count, code) => {
  const [p1, p2] = apoderados();
  expect(() => makeDelegation(p1!, 'p2', days(count), [p1!, p2!], noon)).toThrow(refusal(code));
});

test('S17 it counts after 24 hours, until its end, and not while either power is out of force or it was stopped', () => {
  const [p1, p2] = apoderados();
  const principal = { ...p1!, delegation: makeDelegation(p1!, 'p2', days(5), [p1!, p2!], noon) };
  const inForce = (at: Date, change: Partial<Person> = {}, other: Partial<Person> = {}) =>
    delegateAt({ ...principal, ...change }, [{ ...p2!, ...other }], at)?.personId;
  expect([hours(23), hours(24), days(5), days(5.1)].map((at) => inForce(at))).toEqual([
    undefined,
    'p2',
    'p2',
    undefined,
  ]);
  expect(inForce(days(2), {}, { state: 'ended' })).toBeUndefined();
  expect(inForce(days(2), { state: 'ended' })).toBeUndefined();
  expect(inForce(days(2), { power: { from: hours(-5), until: days(1) } })).toBeUndefined();
  const officer = aPerson({ personId: 'o', office: 'securityOfficer' });
  const stopped = stopDelegation(principal, officer, days(1));
  expect(inForce(days(2), { delegation: stopped })).toBeUndefined();
  expect(principalsOf('p2', [principal, p2!], days(2)).map(({ personId }) => personId)).toEqual(['p1']);
});

test('S17 an officer of another participant, or another apoderado, stops nothing', () => {
  const [p1, p2, p3] = apoderados();
  const principal = { ...p1!, delegation: makeDelegation(p1!, 'p2', days(5), [p1!, p2!], noon) };
  for (const by of [p3!, aPerson({ personId: 'o', office: 'securityOfficer', participant: 'OTHER' })])
    expect(() => stopDelegation(principal, by, days(1))).toThrow(refusal('PERSON_WRONG_OFFICE'));
});

function voted(
  people: readonly Person[],
  rule: Decision['rule'],
  voters: readonly string[],
  at: Date,
): Decision {
  const { enrolment_id: enrolmentId } = aSubject;
  const asked = people.map(({ personId }) => personId);
  const question = {
    enrolmentId,
    office: 'apoderado',
    subject: aSubject,
    messageId: 'm1',
    rule,
    asked,
  } as const;
  let decision = openDecision(question, at, 72 * 3600);
  for (const personId of voters) {
    const statement = {
      type: 'apodera/confirmation/v1' as const,
      action: 'enrolment.confirm' as const,
      ...aSubject,
      task_id: taskIdOf(decision.decisionId, personId),
      nonce: nonce(),
    };
    const proof = aProof(statement, personId, at);
    const onBehalfOf = principalsOf(personId, people, at).map((each) => each.personId);
    decision = applyVote(decision, { personId, vote: 'confirm', at, proof, onBehalfOf });
  }
  return decision;
}

const confirmed = (decision: Decision, people: readonly Person[]) =>
  confirmationOf({ decision, subject: aSubject, rule: decision.rule, people, factorPublicKey });

test('S17 under "all" the delegate answers for who is away; where heads are counted, one head is one vote', () => {
  const [p1, p2, p3] = apoderados();
  const away = { ...p1!, delegation: makeDelegation(p1!, 'p2', days(5), [p1!, p2!], noon) };
  const people = [away, p2!, p3!];
  const all = voted(people, 'all', ['p2', 'p3'], days(2));
  expect(all.state).toBe('confirmed');
  expect(all.votes[0]!.onBehalfOf).toEqual(['p1']);
  expect(confirmed(all, people).proofs).toHaveLength(2);
  expect(voted(people, 'twoOfThree', ['p2'], days(2)).state).toBe('waiting');
});

test('S22 S17 whoever writes "on behalf of" into the table activates nothing: the sealed record decides', () => {
  const people = apoderados();
  const honest = voted(people, 'all', ['p2', 'p3'], days(2));
  expect(honest.state).toBe('waiting');
  const votes = honest.votes.map((vote) => ({ ...vote, onBehalfOf: ['p1'] }));
  expect(() => confirmed({ ...honest, votes, state: 'confirmed' }, people)).toThrow(
    refusal('DECISION_UNKNOWN'),
  );
});

async function aParticipant() {
  const door = aDoor();
  const { world } = door;
  await world.addParty();
  const device = new Authenticator();
  await world.addPerson({ personId: 'p1', passkeys: [aPasskey(device)] }, false);
  await world.addPerson({ personId: 'p2' });
  await world.addPerson({ personId: 'officer', office: 'securityOfficer', power: null });
  const session = async (personId: string) => {
    const secret = `${personId}-session-`.padEnd(27, 'x');
    await world.sessions.start(secret, newSession(personId, world.clock.now()), { evidence: [], outbox: [] });
    return secret;
  };
  const until = days(10).toISOString().slice(0, 10);
  const form = { change: 'make', delegate: 'p2', until };
  return { ...door, device, session, form };
}

test('S17 it is made with the person’s passkey, told to delegate and officer, and the officer stops it', async () => {
  const door = await aParticipant();
  const { world, visit, device, form } = door;
  const p1 = await door.session('p1');
  const page = await visit('/delegation', { session: p1 });
  expect(page.body).toContain('Quién responde por usted');
  expect(await press(door, '/delegation', form, device, { session: p1 })).toMatchObject({
    location: '/delegation?done=made',
  });
  expect((await world.people.person('p1'))!.delegation).toMatchObject({ delegate: 'p2', stoppedAt: null });
  // To the end of the day that was named, where the participant is.
  const until = { timeZone: 'America/Santiago', dateStyle: 'short', timeStyle: 'medium' } as const;
  expect((await world.people.person('p1'))!.delegation!.countsUntil.toLocaleString('sv-SE', until)).toBe(
    `${form.until} 23:59:59`,
  );
  const told = world.outbox('mail.delegation').map(({ refs }) => refs.personId);
  expect(told.toSorted()).toEqual(['officer', 'p1', 'p2']);
  const officer = await door.session('officer');
  expect((await visit('/delegation', { session: officer })).body).toContain('responde por');
  const { password, totp } = world.attempt('officer');
  const stop = { change: 'stop', principal: 'p1', password, totp };
  expect(await visit('/delegation', { session: officer, form: stop })).toMatchObject({
    location: '/delegation?done=stopped',
  });
  expect((await world.people.person('p1'))!.delegation!.stoppedAt).not.toBeNull();
  expect(world.evidence().map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['delegation.made', 'delegation.stopped']),
  );
});

test('S17 password and app name no delegate, a session alone names none, and nobody names one for another', async () => {
  const door = await aParticipant();
  const { world, visit, device, form } = door;
  const p2 = await door.session('p2');
  const { password, totp } = world.attempt('p2');
  const byPassword = await visit('/delegation', {
    session: p2,
    form: { ...form, delegate: 'p1', password, totp },
  });
  expect(byPassword).toMatchObject({ status: 422 });
  const p1 = await door.session('p1');
  expect(await visit('/delegation', { session: p1, form })).toMatchObject({ status: 422 });
  const asked = { ...form, principal: 'p2' };
  await press(door, '/delegation', asked, device, { session: p1 });
  expect((await world.people.person('p2'))!.delegation).toBeUndefined();
});

test('S17 who guesses at the stop button is told to wait, and whose power has ended that it is not theirs', async () => {
  const door = await aParticipant();
  const { world, visit, device, form } = door;
  await press(door, '/delegation', form, device, { session: await door.session('p1') });
  const session = await door.session('officer');
  const guess = { change: 'stop', principal: 'p1', password: 'adivinanza larga', totp: '000000' };
  for (let tries = 0; tries < 5; tries++)
    expect(await visit('/delegation', { session, form: guess })).toMatchObject({ status: 422 });
  expect(await visit('/delegation', { session, form: guess })).toMatchObject({
    status: 429,
    body: expect.stringMatching(/espere \d+ min/),
  });
  const p2 = (await world.people.person('p2'))!;
  const person = { ...p2, power: { from: hours(-48), until: hours(-1) }, version: p2.version + 1 };
  await world.ledger.commit([{ noun: 'person', person }], [], { evidence: [], outbox: [] });
  const theirs = await door.session('p2');
  for (const path of ['/delegation', '/passkeys'])
    expect(await visit(path, { session: theirs })).toMatchObject({
      status: 403,
      body: expect.stringContaining('no es para usted'),
    });
});

test('S17 two that are made at the same moment make no chain', async () => {
  const door = await aParticipant();
  const { world, device, form } = door;
  const other = new Authenticator();
  const p2 = (await world.people.person('p2'))!;
  const person = { ...p2, passkeys: [aPasskey(other)], version: p2.version + 1 };
  await world.ledger.commit([{ noun: 'person', person }], [], { evidence: [], outbox: [] });
  await world.addPerson({ personId: 'p3' });
  const { holders } = world.people;
  const open = Promise.withResolvers<void>();
  let asked = 0;
  // Each has read what stands before either has written.
  const people = {
    ...world.people,
    async holders(participant: string | null) {
      const found = await holders(participant);
      asked += 1;
      if (asked === 2) open.resolve();
      await open.promise;
      return found;
    },
  };
  Object.assign(door.ports, { people });
  const [session1, session2] = [await door.session('p1'), await door.session('p2')];
  const answers = await Promise.all([
    press(door, '/delegation', form, device, { session: session1 }),
    press(door, '/delegation', { ...form, delegate: 'p3' }, other, { session: session2 }),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 422]);
  expect(answers.map(({ body }) => body).join()).toContain('Quien responde por otro no nombra');
  const stands = [await world.people.person('p1'), await world.people.person('p2')];
  expect(stands.filter((each) => each?.delegation)).toHaveLength(1);
});

test('S17 the delegate’s page says for whom they answer, the vote and the evidence too, and it decides under "all"', async () => {
  const { world, send, vote } = await aWaitingConfirmation(['p1', 'p2'], 'all');
  const before = (await world.people.person('p1'))!;
  const made = {
    delegate: 'p2',
    madeAt: hours(-48),
    countsFrom: hours(-24),
    countsUntil: days(5),
    stoppedAt: null,
  };
  const person = { ...before, delegation: made, version: before.version + 1 };
  await world.ledger.commit([{ noun: 'person', person }], [], { evidence: [], outbox: [] });
  expect((await send({ person: 'p2' })).body).toContain('Usted responde también por');
  expect((await send({ person: 'p1' })).body).not.toContain('responde también por');
  await vote('confirm', { person: 'p2' });
  const decision = (await world.decisions.find(decisionId))!;
  expect([decision.state, decision.votes[0]!.onBehalfOf]).toEqual(['confirmed', ['p1']]);
  const voted = world.evidence().find(({ kind }) => kind === 'confirmation.voted');
  expect(voted?.facts.onBehalfOf).toBe('p1');
  expect((await send({ person: 'p1' })).body).toMatch(/en nombre de María Fernanda Rojas Soto/);
});
