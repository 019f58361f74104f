import { expect, test } from 'vitest';
import { confirmed, disputed, suspend } from '../../core/suspension/suspension.ts';
import { suspensionsInSight } from '../../functions/serve-console/suspensions.ts';
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
  const others = { of: 'participant', participant: 'WAITS' } as never;
  expect(await suspensionsInSight(door as never, others)).toBeUndefined();
});
