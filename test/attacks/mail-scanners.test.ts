import { expect, test } from 'vitest';
import { aWaitingConfirmation, rightCode } from '../support/confirmation.ts';
import { password } from '../support/people-world.ts';

test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PROPFIND'])(
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
