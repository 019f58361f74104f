import { expect, test } from 'vitest';
import { confirmationOf } from '../../core/people/confirmation.ts';
import { expireDecision } from '../../functions/expire-decision/expire-decision.ts';
import { ask, aWaitingConfirmation, cookieToken, decisionId, rightCode } from '../support/confirmation.ts';
import { aSubject } from '../support/people.ts';
import { anEnrolment } from '../support/people-world.ts';

test('the page shows what is confirmed, in the person’s language and the participant’s time zone', async () => {
  const { send } = await aWaitingConfirmation();
  const { status, body } = await send({});
  expect(status).toBe(200);
  for (const shown of [
    '¿Autoriza a Fintech Aurora a firmar pagos con este certificado?',
    'María Fernanda Rojas Soto',
    'PSC de Prueba S.A.',
    'el 21/11/2026, vence el 22/11/2027',
    'primer certificado',
    '9f3ac21b',
    'serie 4B:91:0E:7C',
    'Tiene hasta el 25/11/2026 a las 09:00 (hora de Chile)',
  ])
    expect(body).toContain(shown);
});

test('a confirmation with code and factor decides, wakes the execution and proves itself', async () => {
  const { world, vote, decision } = await aWaitingConfirmation();
  const answer = await vote('confirm');
  expect([answer.status, answer.location]).toEqual([303, expect.stringMatching(/^\/tasks\//)]);
  const decided = await decision();
  expect(decided.state).toBe('confirmed');
  expect(world.outbox('execution.wake').map(({ refs }) => refs)).toEqual([
    { decisionId, outcome: 'CONFIRMED' },
  ]);
  const confirmation = confirmationOf({
    decision: decided,
    subject: aSubject,
    rule: 'any',
    people: await world.people.holders('AURORA'),
    factorPublicKey: world.factorSigner.publicKey,
  });
  expect(confirmation.proofs).toHaveLength(1);
});

test('a rejection needs the factor, not the code, and is told to everybody', async () => {
  const { world, vote, decision } = await aWaitingConfirmation();
  expect((await vote('reject', { form: { code: '', cause: 'notExpected' } })).status).toBe(303);
  expect(await decision()).toMatchObject({
    state: 'rejected',
    votes: [{ personId: 'p1', cause: 'notExpected' }],
  });
  expect(
    world
      .outbox('mail.decided')
      .map(({ refs }) => refs.personId)
      .sort(),
  ).toEqual(['officer', 'p1', 'p2']);
});

test('who comes second reads who decided and when, and changes nothing', async () => {
  const { send, vote, decision } = await aWaitingConfirmation();
  await vote('confirm');
  const before = await decision();
  expect((await vote('reject', { person: 'p2' })).status).toBe(303);
  expect(await decision()).toEqual(before);
  const { body } = await send({ person: 'p2' });
  expect(body).toContain('El certificado ya fue confirmado');
  expect(body).toMatch(/Lo decidió María Fernanda Rojas Soto, el 22\/11\/2026 a las 09:00/);
});

test('the same form sent again votes once', async () => {
  const { send, vote, decision } = await aWaitingConfirmation(['p1', 'p2'], 'all');
  await vote('confirm');
  await vote('confirm');
  expect((await decision()).votes).toHaveLength(1);
  expect((await send({})).body).toContain('Falta la respuesta de otras personas');
});

test('an unknown link, an expired link and an ended power each say what is true', async () => {
  const { world, send } = await aWaitingConfirmation();
  expect(await send({ link: 'A'.repeat(27) })).toMatchObject({
    status: 404,
    body: expect.stringContaining('Este enlace no existe'),
  });
  const person = (await world.people.person('p1'))!;
  const ended = { ...person, state: 'ended' as const, version: 2 };
  await world.ledger.commit([{ noun: 'person', person: ended }], [], { evidence: [], outbox: [] });
  expect(await send({})).toMatchObject({ status: 403, body: expect.stringContaining('no es para usted') });
  world.clock.advance(34 * 24 * 3600);
  expect(await send({ person: 'p2' })).toMatchObject({
    status: 410,
    body: expect.stringContaining('Este enlace ya no sirve'),
  });
});

test('silence expires the decision once; a vote afterwards finds the time over', async () => {
  const { world, send, vote, decision } = await aWaitingConfirmation();
  world.clock.advance(72 * 3600);
  const input = { enrolmentId: aSubject.enrolment_id, office: 'apoderado' as const };
  expect(await expireDecision(world, input)).toEqual({ outcome: 'EXPIRED' });
  expect(await expireDecision(world, input)).toEqual({ outcome: 'EXPIRED' });
  await vote('confirm');
  expect((await decision()).state).toBe('expired');
  expect((await send({})).body).toContain('El plazo para decidir terminó');
});

test('a vote that came before the timeout wins over it', async () => {
  const { world, vote } = await aWaitingConfirmation();
  await vote('confirm');
  const input = { enrolmentId: aSubject.enrolment_id, office: 'apoderado' as const };
  expect(await expireDecision(world, input)).toEqual({ outcome: 'CONFIRMED' });
});

test('a retried state brings a new token: nobody is mailed twice, and a standing decision wakes it at once', async () => {
  const { world, vote } = await aWaitingConfirmation();
  const mails = () => world.outbox().filter(({ queue }) => queue === 'mail').length;
  const before = mails();
  await ask(world, 'token-2');
  expect([mails(), await world.tokens.read(decisionId)]).toEqual([before, 'token-2']);
  await vote('confirm');
  await ask(world, 'token-3');
  expect(world.outbox('execution.wake')).toHaveLength(2);
  expect(await world.tokens.read(decisionId)).toBe('token-3');
});

test('where nobody holds the office the request is rejected at once, by name', async () => {
  const { world } = await aWaitingConfirmation();
  world.enrolments.set('01JOTHER', anEnrolment({ id: '01JOTHER', participant: 'BOREAL' }));
  await world.addParty({ ...(await world.parties.party('AURORA'))!, finId: 'BOREAL' });
  await ask(world, 'token-9', '01JOTHER');
  expect(await world.decisions.find('01JOTHER.apoderado')).toMatchObject({
    state: 'rejected',
    cause: 'OFFICE_MISSING',
  });
});

test('reminders are queued for 24, 48 and 66 hours later', async () => {
  const { world } = await aWaitingConfirmation(['p1']);
  const start = world.clock.now().getTime();
  const after = world
    .outbox('mail.reminder')
    .map((entry) => (entry.nextAttemptAt.getTime() - start) / 3_600_000);
  expect(after).toEqual([24, 48, 66]);
});

test('a page is at most 100 kB, without script, style attribute or foreign address', async () => {
  const { send } = await aWaitingConfirmation();
  const { body } = await send({});
  expect(body!.length).toBeLessThan(100_000);
  expect(body).not.toMatch(/<script|style=|javascript:|https?:\/\//);
});

test('the code stands neither on the page nor in any item', async () => {
  const { world, send } = await aWaitingConfirmation();
  expect((await send({})).body).not.toContain(rightCode);
  expect(world.snapshot()).not.toContain(rightCode);
});

test.each([
  ['no code', { code: '' }, 'Escriba el código de seis caracteres'],
  ['no password', { password: '' }, 'Escriba su contraseña'],
  ['no authenticator code', { totp: '' }, 'Escriba los seis dígitos'],
  ['a wrong password', { password: 'otra frase muy larga' }, 'no coincide'],
])('a form with %s is shown again with the problem on top and beside the field', async (_, form, text) => {
  const { vote, decision } = await aWaitingConfirmation();
  const { status, body } = await vote('confirm', { form: { ...form } });
  expect(status).toBe(422);
  expect(body!.split(text)).toHaveLength(3);
  expect(body).not.toContain(cookieToken.repeat(2));
  expect((await decision()).state).toBe('waiting');
});
