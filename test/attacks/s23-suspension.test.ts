import { expect, test } from 'vitest';
import { foundIn } from '../support/audit.ts';
import { fintech } from '../support/enrolment.ts';
import { evidenceNode } from '../support/evidence.ts';
import { suspensionStand } from '../support/suspension.ts';

// D: each word on a suspension, what it ends and its lifting are audited without a finding; a word taken back, or one
// that nobody said, is found.
async function suspended() {
  const stand = await suspensionStand();
  const node = evidenceNode(stand.items, stand.table, { clock: stand.clock, sealer: stand.sealer });
  const audited = async () => {
    stand.clock.advance(1);
    await node.chain();
    await node.sign();
    // What the stand itself put down has no records of its own.
    return (await foundIn(node)).filter((finding) => /SUSPENSION|CERT#|KEY#K/.test(finding));
  };
  await stand.active(stand.leaf('one'));
  await stand.suspendAs('OFFICER');
  const flag = [...stand.items.keys()].find((key) => key.includes('SUSPENSION'))!;
  return { stand, audited, flag };
}

test('S23 a suspension from its first word to its lifting, and the next one, leave nothing to find', async () => {
  const { stand, audited } = await suspended();
  expect(await audited()).toEqual([]);
  await stand.say('APODERADO', 'confirm');
  await stand.follow('CONFIRMED', (await stand.standing())!.id);
  expect(await audited()).toEqual([]);
  const lifted = (await stand.standing())!;
  const lift = { noun: 'noSuspension' as const, suspension: lifted, at: stand.clock.now() };
  const evidence = {
    id: stand.ports.ids.next(),
    scope: fintech.finId,
    kind: 'suspension.lifted',
    at: stand.clock.now(),
    actor: { kind: 'person' as const, personId: 'OPERATOR' },
    subjects: {},
  };
  await stand.ledger.commit([lift], [], { evidence: [evidence], outbox: [] });
  expect(await audited()).toEqual([]);
  stand.clock.advance(60);
  await stand.suspendAs('APODERADO');
  expect(await audited()).toEqual([]);
});

test('S23 a confirmation that nobody gave, one taken back, and a flag taken away are found', async () => {
  const { stand, audited, flag } = await suspended();
  const unconfirmed = stand.items.get(flag)!;
  stand.items.set(flag, { ...unconfirmed, state: 'confirmed' });
  expect(await audited()).toEqual([expect.stringContaining('STATE_DIFFERS')]);
  stand.items.set(flag, unconfirmed);
  await stand.say('APODERADO', 'confirm');
  stand.items.set(flag, unconfirmed);
  expect(await audited()).toEqual([expect.stringContaining('STATE_ROLLED_BACK')]);
  stand.items.delete(flag);
  expect(await audited()).toEqual([expect.stringContaining('STATE_MISSING')]);
});
