import { expect, test } from 'vitest';
import { peoplePolicy } from '../../core/policy.ts';
import { refreshHeader } from '../../pages/refresh-script.ts';
import { aDoor } from '../support/people-door.ts';

const byItself = { [refreshHeader.toLowerCase()]: '1' };
const idleMinutes = peoplePolicy.sessionIdleMs / 60_000;

async function somebodySignedIn() {
  const door = aDoor();
  const [one] = await door.operators();
  return { ...door, session: await door.signInByBrowser(one!) };
}

test('S15 a page left open on a screen does not keep its session alive', async () => {
  const { world, visit, session } = await somebodySignedIn();
  for (let minute = 1; minute < idleMinutes; minute += 1) {
    world.clock.advance(60);
    expect((await visit('/console', { session, headers: byItself })).status).toBe(200);
  }
  world.clock.advance(60);
  for (const headers of [byItself, {}])
    expect(await visit('/console', { session, headers })).toMatchObject({ status: 303 });
});

test('S15 a person who looks does keep it, until its life is over', async () => {
  const { world, visit, session } = await somebodySignedIn();
  const halves = (2 * peoplePolicy.sessionLifeMs) / peoplePolicy.sessionIdleMs;
  for (let half = 1; half < halves; half += 1) {
    world.clock.advance((idleMinutes / 2) * 60);
    expect((await visit('/console', { session })).status).toBe(200);
  }
  world.clock.advance((idleMinutes / 2) * 60);
  expect((await visit('/console', { session })).status).toBe(303);
});

test('S15 who says that the page asked by itself sees and may no more than without', async () => {
  const { world, visit, session } = await somebodySignedIn();
  expect((await visit('/console', { headers: byItself })).status).toBe(303);
  expect((await visit('/console', { session: 'x'.repeat(43), headers: byItself })).status).toBe(303);
  const plain = await visit('/console/confirmations', { session });
  expect((await visit('/console/confirmations', { session, headers: byItself })).body).toBe(plain.body);
  const before = JSON.stringify([...world.items.values()], (_, each) =>
    typeof each === 'bigint' ? String(each) : each,
  );
  world.clock.advance(120);
  await visit('/console', { session, headers: byItself });
  const after = JSON.stringify([...world.items.values()], (_, each) =>
    typeof each === 'bigint' ? String(each) : each,
  );
  expect(after === before).toBe(true);
});
