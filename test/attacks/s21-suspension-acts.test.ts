import { expect, test } from 'vitest';
import { anAdministration, onboarding } from '../support/administration.ts';

// I: one node operator may freeze, as anybody who takes away; none alone lifts or makes final, and nobody lifts half way.
async function suspended() {
  const admin = anAdministration();
  const operators = await admin.operators();
  await admin.perform('participant.onboard', onboarding, operators.slice(0, 2));
  const { actId } = await admin.perform('participant.suspend', { participant: 'AURORA' }, [operators[0]!]);
  const standing = () => admin.world.suspensions.find('AURORA');
  const parameters = async () => ({ participant: 'AURORA', suspension_id: (await standing())!.id });
  return { ...admin, operators, actId, standing, parameters };
}

test('S21 one node operator suspends, with a reason; officer and apoderado may both confirm', async () => {
  const { standing, operators, world } = await suspended();
  expect(await standing()).toMatchObject({
    state: 'unconfirmed',
    by: { kind: 'nodeOperator', personId: operators[0] },
    reason: 'as agreed by telephone',
    told: ['PUERTO'],
  });
  expect(world.outbox('participant.suspend')).toHaveLength(1);
  // Nobody of the participant is active yet: the node operators decide at once.
  expect((await standing())!.confirmBy).toEqual((await standing())!.since);
});

test('S21 suspending what is suspended changes nothing', async () => {
  const { standing, perform, operators } = await suspended();
  const before = await standing();
  await perform('participant.suspend', { participant: 'AURORA' }, [operators[1]!]);
  expect(await standing()).toEqual(before);
});

test.each(['suspension.lift', 'suspension.confirm'] as const)('S21 %s takes two', async (kind) => {
  const { standing, perform, parameters, operators } = await suspended();
  const given = await parameters();
  expect(await perform(kind, given, [operators[0]!])).toMatchObject({ state: 'open', votes: 1 });
  expect((await standing())!.state).toBe('unconfirmed');
  await perform(kind, given, operators.slice(1, 3));
  expect((await standing())?.state).toBe(kind === 'suspension.lift' ? undefined : 'confirmed');
});

test('S21 lifting tells the people and systems, leaves evidence, and goes to no other node', async () => {
  const { world, perform, parameters, operators } = await suspended();
  const told = world.announced.length;
  await perform('suspension.lift', await parameters(), operators.slice(0, 2));
  const kinds = world.announced.slice(told).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['mail.suspension', 'event.suspension']));
  expect(world.evidence().map(({ kind }) => kind)).toContain('suspension.lifted');
});

test('S21 what is being carried out is not lifted half way, and a lifted one is not confirmed', async () => {
  const { perform, parameters, operators } = await suspended();
  const given = await parameters();
  await perform('suspension.confirm', given, operators.slice(0, 2));
  await expect(perform('suspension.lift', given, operators.slice(0, 2))).rejects.toThrow('being carried out');
  const other = await suspended();
  const [one, two] = other.operators;
  const its = await other.parameters();
  await other.perform('suspension.lift', its, [one!, two!]);
  await expect(other.perform('suspension.confirm', its, [one!, two!])).rejects.toThrow('not suspended');
});
