import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAlive } from '../../local/is-alive.ts';
import { ask } from '../support/edge-client.ts';
import { type EdgeTaskStand, edgeTaskStand, prefix } from '../support/edge-task.ts';
import { pinIncorrect } from '../support/faulty-hsm.ts';
import { tokenPin } from '../support/soft-hsm.ts';

// The tests follow one another: one container's life, told from its start to its end.
let stand: EdgeTaskStand;
beforeAll(async () => {
  stand = await edgeTaskStand();
  stand.serve('first', await stand.serverChain('first'));
});
afterAll(() => stand?.stop());

const soon = { interval: 100 };

it('serves with what Secrets Manager, Parameter Store and S3 hold, follows them, and drains', async () => {
  // Long enough to be seen draining, on any machine.
  const task = stand.run({ DRAIN_SECONDS: '10' });
  await expect.poll(stand.ready, soon).toBe(200);
  expect(stand.faulty.logins().filter(({ answer }) => answer !== 0)).toEqual([]);
  // Nobody is enrolled yet: names answer, and ask for no certificate.
  const client = await stand.client();
  expect((await ask(stand.asked, client)).json.client).toBe('none');

  await stand.publish(1);
  await expect
    .poll(async () => (await ask(stand.asked, client)).json.client, soon)
    .toBe(client.issued.thumbprint);
  const old = await stand.publish(2);
  stand.psc.revoke(client.issued.serialNumber);
  await stand.publish(3);
  const said = () => ask(stand.asked, client).then(String, (error: Error) => error.message);
  await expect.poll(said, soon).toMatch(/certificate revoked/);

  await stand.shelf.publish(old);
  const refused = () => task.lines.find(({ code }) => code === 'EDGE_TRUST_REFUSED')?.kind;
  await expect.poll(refused, soon).toBe('TRUSTSTORE_VERSION_REGRESSED');
  expect(await said()).toMatch(/certificate revoked/);

  stand.serve('second', await stand.serverChain('second'));
  await expect.poll(task.codes, soon).toContain('EDGE_NAMES_CHANGED');
  expect((await ask(stand.asked, await stand.client())).status).toBe(200);

  // One line a minute; on a slow machine the first may come before it is ready.
  const figures = () => task.lines.filter((line) => '_aws' in line);
  await expect
    .poll(figures, { timeout: 90_000 })
    .toContainEqual(expect.objectContaining({ service: prefix, Ready: 1 }));
  task.kill('SIGTERM');
  await expect.poll(stand.ready, soon).toBe(503);
  expect((await ask(stand.asked)).status).toBe(200);
  expect(await task.ended).toBe(0);
  const told = JSON.stringify(task.lines);
  expect([told.includes('BEGIN'), told.includes(tokenPin)]).toEqual([false, false]);
}, 300_000);

it('does not start with a truststore that is older than the newest known', async () => {
  const task = stand.run();
  expect(await task.ended).toBe(1);
  expect(task.lines.at(-1)).toMatchObject({
    code: 'EDGE_ENDED',
    reason: expect.stringContaining('older than the one in force'),
  });
  await stand.publish(4);
});

it('refuses to start with a certificate of another key, and says which', async () => {
  stand.serve('first', await stand.serverChain('second'));
  const task = stand.run();
  expect(await task.ended).toBe(1);
  expect(task.lines.at(-1)?.reason).toMatch(
    /"api\.edge\.test" cannot be served: the key "first" is not the one/,
  );
  stand.serve('first', await stand.serverChain('first'));
});

it('tries a wrong login once in the life of the secret, whatever number of tasks the service starts', async () => {
  await stand.newLogin('not-the-pin');
  for (let start = 0; start < 3; start++) {
    const task = stand.run();
    expect(await task.ended).toBe(1);
    expect(task.codes()).toContain('EDGE_LOGIN_REFUSED');
    expect(JSON.stringify(task.lines)).not.toContain('not-the-pin');
  }
  expect(stand.faulty.logins().filter(({ answer }) => answer === pinIncorrect)).toHaveLength(1);
  await stand.newLogin(tokenPin);
  const mended = stand.run();
  await expect.poll(stand.ready, soon).toBe(200);
  mended.kill('SIGTERM');
  expect(await mended.ended).toBe(0);
});

it('names every variable that is missing and none of their values', async () => {
  const task = stand.run({ TRUST_BUCKET: '', HSM_KIND: 'other' });
  expect(await task.ended).toBe(1);
  expect(task.lines.at(-1)?.reason).toMatch(
    /"HSM_KIND": expected cloudhsm or softhsm; .*"TRUST_BUCKET" is not set/,
  );
});

it('does not wait for ever for an answer of AWS that got lost, and says whose', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const task = stand.run({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` });
  expect(await task.ended).toBe(1);
  expect(task.lines.at(-1)?.reason).toMatch(/^the trust bucket does not answer: TimeoutError/);
  silent.close();
});

const held = (pid: number) => readFileSync(`/proc/${pid}/limits`, 'utf8');
const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

it('leaves nothing behind that holds the PIN: no core of either process, and no HAProxy without its control plane', async () => {
  const task = stand.run();
  await expect.poll(stand.ready, soon).toBe(200);
  const [haproxy] = childrenOf(task.pid!) as [number];
  expect(readFileSync(`/proc/${haproxy}/comm`, 'utf8')).toBe('haproxy\n');
  // 1, or 0 where the system allows no more: with 0, a handler behind a pipe would still be given the memory (core(5)).
  for (const pid of [task.pid!, haproxy]) expect(held(pid)).toMatch(/Max core file size +[01] +[01] /);
  task.kill('SIGKILL');
  await task.ended;
  await expect.poll(() => isAlive(haproxy), soon).toBe(false);
});
