import { describe, expect, test } from 'vitest';
import { anAdministration, onboarding, profile } from '../support/administration.ts';
import { foundIn } from '../support/audit.ts';
import { evidenceNode } from '../support/evidence.ts';

// An audit that cries wolf is not read. What the flows really write, seals and marks included, is audited here.

async function anAdministeredNode() {
  const administration = anAdministration();
  const { world, operators, perform, accept } = administration;
  const [one, two] = await operators();
  const both = [one!, two!];
  const { once } = await perform('participant.onboard', onboarding, both);
  const invited = once.filter(({ what }) => what === 'invitationCode');
  for (const { id, secret } of invited) await accept(id, secret);
  await perform('person.release', { person_ids: invited.map(({ id }) => id) }, both);
  await perform('participant.change', { profile: { ...profile, rule: 'all' } }, both);
  await perform('apiKey.issue', { participant: 'AURORA' }, both);
  const key = once.find(({ what }) => what === 'apiKey')!;
  await perform('apiKey.end', { participant: 'AURORA', key_id: key.id }, [one!]);
  await perform('person.end', { person_id: invited[0]!.id }, [one!]);
  const node = evidenceNode(world.items, world.table, { clock: world.clock, sealer: world.sealer });
  return { ...administration, node, invited };
}

describe('S23 what people and API keys are given and lose', () => {
  test('is audited without a finding', async () => {
    const { node } = await anAdministeredNode();
    await node.chain();
    await node.sign();
    expect(await foundIn(node)).toEqual([]);
  });
});
