// A rotation as its participant lives it: payouts every few hours, signed with the old certificate and then with the new
// one, while the sweep and the daily pass go on. Virtual time, one node, its own admission.

import { expect, test } from 'vitest';
import { lateUses } from '../../adapters/dynamodb/late-uses.ts';
import { expireCertificates } from '../../functions/expire-certificates/expire-certificates.ts';
import type { Issued } from '../support/certificates.ts';
import { codesOf, payoutWorld } from '../support/payouts.ts';
import { sweepStand } from '../support/sweep.ts';

const hour = 3_600;
const everyHours = 6;

async function rotating() {
  const stand = sweepStand();
  const { table, sealer, clock, root } = stand;
  const status = { networkStatus: 'disabled' } as const;
  const world = await payoutWorld({ table, sealer, clock, root, status, leaf: stand.leaf('nobody') });
  let count = 0;
  const party = (await stand.ports.parties.party('FINTECH_CL'))!;
  return {
    stand,
    async pay(by: Issued): Promise<string> {
      const id = `t-${++count}`;
      const outcome = await world.send({ creationDate: clock.now(), payouts: [{ id, amount: '10' }] }, by);
      return codesOf(outcome).join();
    },
    /** The list, and once a day the pass. */
    async goesOn(at: number): Promise<void> {
      stand.says(stand.list());
      await stand.sweep();
      if (at % 24 !== 0) return;
      await expireCertificates({
        ...stand.ports,
        parties: { parties: async () => [party] },
        lateUses: lateUses(table, (entries) => stand.queues.announce(entries)),
        warn: () => undefined,
      });
    },
  };
}

test('A-044 A-051 not one payout is refused within the overlap, whichever of the two signs it', async () => {
  const { stand, pay, goesOn } = await rotating();
  const [old, fresh] = [stand.listed('old'), stand.listed('new')];
  await stand.active(old);
  await goesOn(0);
  const heard: Record<string, number> = {};
  const note = (who: string, what: string) => {
    heard[`${who} ${what}`] = (heard[`${who} ${what}`] ?? 0) + 1;
  };
  const rotatedAt = 24;
  let endedAt: number | undefined;
  for (let at = everyHours; at <= 32 * 24; at += everyHours) {
    stand.clock.advance(everyHours * hour);
    await goesOn(at);
    if (at === rotatedAt) await stand.activeReplacing(fresh, old);
    const isOver = (await stand.statusOf(old)) !== 'active';
    if (isOver) endedAt ??= at;
    note(isOver ? 'old, ended:' : 'old:', await pay(old));
    if (at >= rotatedAt) note('new:', await pay(fresh));
  }
  // 30 days after the new one became active, at the next daily pass.
  expect(endedAt).toBe(rotatedAt + 30 * 24);
  expect(heard).toEqual({
    'old: RECORDED': 123,
    'new: RECORDED': 125,
    'old, ended: CERTIFICATE_NOT_ACTIVE': 5,
  });
});
