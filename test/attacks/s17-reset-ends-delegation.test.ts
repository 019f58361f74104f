import { expect, test } from 'vitest';
import { delegateAt, makeDelegation } from '../../core/people/delegation.ts';
import { anAdministration, onboarding, somebody } from '../support/administration.ts';

const power = { office: 'apoderado', participant: 'AURORA', power_from: '2026-01-01T00:00:00Z' } as const;

test('S17 what a lost passkey delegated ends with the reset, and does not come back with the person', async () => {
  const { ports, perform, accept, operators, world } = anAdministration();
  const [one, two] = await operators();
  const people = [...onboarding.people, somebody('Beto Apoderado', power)];
  const { once } = await perform('participant.onboard', { ...onboarding, people }, [one!, two!]);
  const invited = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of invited) await accept(id, secret);
  await perform('person.release', { person_ids: invited.map(({ id }) => id) }, [one!, two!]);

  const holders = await ports.people.holders('AURORA');
  const [principal, other] = holders.filter(({ office }) => office === 'apoderado');
  const now = world.clock.now();
  const until = new Date(now.getTime() + 20 * 86_400_000);
  const delegation = makeDelegation(principal!, other!.personId, until, holders, now);
  const person = { ...principal!, delegation, version: principal!.version + 1 };
  await ports.ledger.commit([{ noun: 'person', person }], [], { evidence: [], outbox: [] });

  world.clock.advance(2 * 86_400);
  const at = world.clock.now();
  expect(delegateAt(person, holders, at)?.personId).toBe(other!.personId);
  await perform('person.reset', { person_id: principal!.personId }, [one!, two!]);
  const reset = (await ports.people.person(principal!.personId))!;
  // As they are once they have set a new passkey and were released.
  const back = { ...reset, state: 'active' as const };
  expect(delegateAt(back, holders, new Date(at.getTime() + 86_400_000))).toBeUndefined();
});
