import { expect, test } from 'vitest';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { confirmationCode } from '../../core/message/code.ts';
import { ask, aWaitingConfirmation, rightCode } from '../support/confirmation.ts';
import { aSubject } from '../support/people.ts';
import { anEnrolment } from '../support/people-world.ts';

const otherThumbprint = 'B'.repeat(43) as Thumbprint;
const otherCode = confirmationCode({
  thumbprint: otherThumbprint,
  messageId: 'm2',
  enrolmentId: '01JEVIL',
});

async function withAttackersEnrolment() {
  const waiting = await aWaitingConfirmation();
  waiting.world.enrolments.set(
    '01JEVIL',
    anEnrolment({ id: '01JEVIL', thumbprint: otherThumbprint, messageId: 'm2', holder: 'p1' }),
  );
  await ask(waiting.world, 'token-evil', '01JEVIL');
  return waiting;
}

test('S18 pending enrolments of one participant and use stand on one page', async () => {
  const { send } = await withAttackersEnrolment();
  const { body } = await send({});
  expect(body).toContain('Hay otra solicitud pendiente de Fintech Aurora para el mismo uso');
});

test('S18 confirming one rejects the others, and wakes their executions', async () => {
  const { world, vote } = await withAttackersEnrolment();
  await vote('confirm');
  expect(await world.decisions.find('01JEVIL.apoderado')).toMatchObject({
    state: 'rejected',
    cause: 'SUPERSEDED',
  });
  expect(world.outbox('execution.wake').map(({ refs }) => refs)).toContainEqual({
    decisionId: '01JEVIL.apoderado',
    outcome: 'REJECTED',
  });
});

test('S18 the code of another enrolment does not confirm this one', async () => {
  const { vote, decision } = await withAttackersEnrolment();
  expect(await vote('confirm', { form: { code: otherCode } })).toMatchObject({ status: 422 });
  expect(await decision()).toMatchObject({ state: 'waiting', wrongCodes: 1 });
});

test('S18 K: a submitter who makes their message fit a code cannot know the id that the network will choose', async () => {
  const waiting = await aWaitingConfirmation();
  const code = (enrolmentId: string) =>
    confirmationCode({ thumbprint: otherThumbprint, messageId: 'ground', enrolmentId });
  // Whatever the submitter guessed for the id, another one makes another code.
  const guesses = new Set(Array.from({ length: 50 }, (_, index) => code(`guess-${index}`)));
  expect(guesses.size).toBe(50);
  const known = confirmationCode({
    thumbprint: aSubject.thumbprint as Thumbprint,
    messageId: 'm1',
    enrolmentId: 'some-other-id',
  });
  expect(await waiting.vote('confirm', { form: { code: known } })).toMatchObject({ status: 422 });
  expect(await waiting.decision()).toMatchObject({ state: 'waiting', wrongCodes: 1 });
});

test('S18 three wrong codes reject and tell everybody', async () => {
  const { world, send, vote, decision } = await aWaitingConfirmation();
  for (const code of ['AAAAAA', 'BBBBBB', 'CCCCCC']) await vote('confirm', { form: { code } });
  expect(await decision()).toMatchObject({ state: 'rejected', cause: 'WRONG_CODE', votes: [] });
  expect(
    world
      .outbox('mail.decided')
      .map(({ refs }) => refs.personId)
      .sort(),
  ).toEqual(['officer', 'p1', 'p2']);
  expect(world.evidence().filter(({ kind }) => kind === 'confirmation.codeWrong')).toHaveLength(3);
  expect((await send({})).body).toContain('El código se escribió mal tres veces');
});

test.each([['K7'], ['K7Q4Z'], ['K7Q4ZDD'], ['K7Q4Z!'], ['K7Q4ZU'], ['hola']])(
  'S18 what cannot be a code, “%s”, is no wrong one: it says so and costs no try',
  async (code) => {
    const { vote, decision, world } = await aWaitingConfirmation();
    const answer = await vote('confirm', { form: { code } });
    expect(answer).toMatchObject({ status: 422, body: expect.stringContaining('este intento no cuenta') });
    expect(await decision()).toMatchObject({ state: 'waiting', wrongCodes: 0 });
    expect(world.evidence().map(({ kind }) => kind)).not.toContain('confirmation.codeWrong');
    // Nor a failure of the person's factor, nor a step of their app.
    expect(
      (await vote('confirm', { form: { code: rightCode.toLowerCase().split('').join(' ') } })).status,
    ).toBe(303);
  },
);

test('S18 who reads the mailbox but lacks the factor can neither try codes nor use up their tries', async () => {
  const { vote, decision } = await aWaitingConfirmation();
  for (const code of ['AAAAAA', 'BBBBBB', 'CCCCCC', 'DDDDDD'])
    await vote('confirm', { form: { code, password: 'adivinanza larga pero falsa' } });
  expect(await decision()).toMatchObject({ state: 'waiting', wrongCodes: 0 });
});

test('S18 page and signed statement name use and what is replaced', async () => {
  const waiting = await aWaitingConfirmation();
  const { body } = await waiting.send({});
  expect(body).toContain('firmar mensajes de pago');
  expect(body).toContain('ningún certificado');
  await waiting.vote('confirm');
  const [vote] = (await waiting.decision()).votes;
  expect(vote!.proof.statement).toMatchObject({
    use: 'signing',
    replaces: null,
    thumbprint: aSubject.thumbprint,
  });
});

test('S18 what the submitter wrote is quoted, escaped and cut, and is no link', async () => {
  const { world, send, decision } = await aWaitingConfirmation();
  const current = await decision();
  const reason = `<a href="https://evil.test">Haga clic</a>${'x'.repeat(300)}`;
  await world.decisions.record(
    [{ ...current, subject: { ...current.subject, reason }, version: current.version + 1 }],
    { evidence: [], outbox: [] },
  );
  const { body } = await send({});
  expect(body).not.toContain('<a href="https://evil');
  expect(body).toContain('&lt;a href=');
  expect(body).not.toContain('x'.repeat(200));
});
