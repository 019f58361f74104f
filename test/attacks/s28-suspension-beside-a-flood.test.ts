import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashPassword } from '../../core/people/password.ts';
import { peoplePolicy } from '../../core/policy.ts';
import { ask } from '../support/edge-client.ts';
import { type Stand, startStand } from '../support/edge-stand.ts';
import { password } from '../support/people-world.ts';
import { suspensionStand } from '../support/suspension.ts';

// Q: the machines' door is flooded with junk. The people's door is another one; what they share in this test is the
// machine itself, which is more than they share in production.
let edge: Stand;
beforeAll(async () => {
  edge = await startStand({ limits: { refusedKeys: 5, requests: 1_000, newConnections: 200 } });
});
afterAll(() => edge?.stop());

/** Until told to stop, from many connections at once; the edge answers some and cuts others off. */
function flood(connections: number) {
  let [going, sent] = [true, 0];
  const begun = Promise.withResolvers<void>();
  const junk = async () => {
    while (going) {
      const headers = { 'shinkansen-api-key': randomBytes(8).toString('hex') };
      await ask(edge, { headers }).catch(() => undefined);
      if (++sent === connections) begun.resolve();
    }
  };
  const all = Array.from({ length: connections }, junk);
  const stop = async () => {
    going = false;
    await Promise.all(all);
    return sent;
  };
  return { begun: begun.promise, stop };
}

test('S28 beside a flood on the edge a person still suspends', async () => {
  edge.answerWith(403);
  const stand = await suspensionStand();
  const factor = (await stand.factors.factor('OFFICER'))!;
  const { lastStep: _, ...record } = factor;
  // As dear as in production.
  const passwordHash = hashPassword(password, randomBytes(16), peoplePolicy.scrypt);
  const dear = { ...record, passwordHash, version: record.version + 1 };
  await stand.ledger.commit([{ noun: 'factor', factor: dear }], [], { evidence: [], outbox: [] });
  const { begun, stop } = flood(50);
  await begun;
  const page = await stand.visit('/suspension');
  const answer = await stand.suspendAs('OFFICER');
  const junk = await stop();
  expect([page.status, answer.status, junk > 50]).toEqual([200, 303, true]);
});
