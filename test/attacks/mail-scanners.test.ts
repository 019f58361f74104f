import { expect, test } from 'vitest';
import { aWaitingConfirmation, rightCode } from '../support/confirmation.ts';
import { aDoor } from '../support/people-door.ts';
import { password } from '../support/people-world.ts';
import { suspensionStand } from '../support/suspension.ts';

const methods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PROPFIND'];

test.each(methods)(
  '%s of a link, fifty times by whoever opens it, changes nothing at all',
  async (method) => {
    const { world, send, vote, decision } = await aWaitingConfirmation();
    const before = world.snapshot();
    const queued = world.announced.length;
    for (let times = 0; times < 50; times++) await send({ method, source: `198.51.100.${times}` });
    expect(world.snapshot()).toBe(before);
    expect(world.announced).toHaveLength(queued);
    await vote('confirm');
    expect((await decision()).state).toBe('confirmed');
  },
);

test.each([
  ['fetched ahead by a browser', { 'sec-purpose': 'prefetch;prerender' }],
  ['previewed by a messenger', { purpose: 'preview', cookie: '' }],
  ['asked for by the page’s own script, without a press', { accept: 'application/json' }],
])('a link %s changes nothing', async (_, headers: Record<string, string>) => {
  const { world, send } = await aWaitingConfirmation();
  const before = world.snapshot();
  for (let times = 0; times < 5; times++) expect((await send({ headers })).status).toBe(200);
  expect(world.snapshot()).toBe(before);
});

test('an invitation’s link, rewritten or not, is opened by scanners for nothing, and by its person after them', async () => {
  const { world, bootstrap, invitationOf, visit, acceptByPage } = aDoor();
  const { once } = await bootstrap();
  const { id, secret } = once[0]!;
  const link = await world.linkTo({ kind: 'invitation', invitationId: invitationOf(id) });
  const before = world.snapshot();
  // A gateway that leads through itself adds what it likes.
  const rewritten = `/invitations/${link}?url=https%3A%2F%2Fevil.test&data=05%7C02&vote=confirm`;
  for (const path of [`/invitations/${link}`, rewritten])
    for (const method of methods) await visit(path, { method });
  expect((await visit(rewritten)).status).toBe(200);
  expect(world.snapshot()).toBe(before);
  expect((await acceptByPage(id, secret)).done.status).toBe(303);
});

test('the link to a suspension’s second word is opened by scanners for nothing', async () => {
  const stand = await suspensionStand();
  await stand.suspendAs('OFFICER');
  const link = await stand.linkOf('APODERADO');
  const before = JSON.stringify([...stand.items]);
  for (const path of [link, `${link}?word=confirm`])
    for (const method of methods) await stand.visit(path, { method });
  expect(JSON.stringify([...stand.items])).toBe(before);
  expect((await stand.say('APODERADO', 'confirm')).status).toBe(303);
});

const filled = { vote: 'confirm', code: rightCode, password };
test.each([
  ['from another site', { headers: { origin: 'https://evil.test' } }],
  ['that the browser marks as cross-site', { headers: { 'sec-fetch-site': 'cross-site' } }],
  ['without the cookie', { headers: { cookie: '' } }],
  ['with the cookie of another node', { headers: { cookie: `__Host-apodera-form-OTRO=${'A'.repeat(27)}` } }],
  ['with a token that is not the cookie’s', { form: { form_token: 'B'.repeat(27) } }],
])(
  'a POST %s changes nothing',
  async (_, { form, headers }: { form?: object; headers?: Record<string, string> }) => {
    const { world, send } = await aWaitingConfirmation();
    const before = world.snapshot();
    const answer = await send({
      method: 'POST',
      headers,
      form: { ...filled, totp: world.totp('p1'), ...form },
    });
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('No registramos nada') });
    expect(world.snapshot()).toBe(before);
  },
);

test('a scanner that submits the form with what the page holds changes nothing', async () => {
  const { send, decision } = await aWaitingConfirmation();
  for (const vote of ['confirm', 'reject']) {
    const { status } = await send({ method: 'POST', form: { vote, code: '', password: '', totp: '' } });
    expect(status).toBe(422);
  }
  expect(await decision()).toMatchObject({ state: 'waiting', votes: [], wrongCodes: 0 });
});
