import { describe, expect, test } from 'vitest';
import { codesOf, payoutWorld } from '../support/payouts.ts';

// A3: a thief of signing key and API key, who knows the account, until somebody notices.

const limits = { day: 50_000_000n, creditor: 5_000_000n };
type World = Awaited<ReturnType<typeof payoutWorld>>;
const spent = (world: World, kind: string) =>
  [...world.items.values()]
    .filter(({ pk, sk }) => pk.startsWith('LIM#') && `${pk}#${sk}`.includes(kind))
    .map((item) => BigInt(item.spent as number));

describe('a thief of key and API key, who knows the account', () => {
  /** As fast as it can, until a limit says no. */
  async function loot(creditorOf: (n: number) => string): Promise<World> {
    const world = await payoutWorld({ settings: { limits: { CLP: limits }, severalOperators: false } });
    let refused = 0;
    for (let n = 0; n < 40 && refused < 3; n++) {
      const payout = { creditor: creditorOf(n), account: `${n}`, amount: '1900000' };
      if (codesOf(await world.send({ payouts: [payout] }))[0] !== 'RECORDED') refused++;
    }
    expect(refused).toBe(3);
    return world;
  }

  test('M10/A3 gets no more than the limit of one creditor out to one creditor', async () => {
    const world = await loot(() => '22222222-2');
    expect(Math.max(...spent(world, 'creditor').map(Number))).toBe(3_800_000);
    expect(Math.max(...spent(world, 'day').map(Number))).toBe(3_800_000);
  });

  test('M11/A3 gets no more than the limit of the day out to any number of creditors', async () => {
    const world = await loot((n) => `${10_000_000 + n}-1`);
    expect(spent(world, 'day').map(Number)).toEqual([49_400_000]);
  });

  test('M9/A3 cannot leave out who is paid, and leaves signed bytes that name them', async () => {
    const world = await payoutWorld();
    const nameless = [null, {}, { name: 'X' }].map((creditor) => ({ more: { creditor } }));
    for (const payout of nameless)
      expect(codesOf(await world.send({ payouts: [payout] }))).toEqual(['BODY_SCHEMA']);
    await world.send({ messageId: 'm-1', payouts: [{ creditor: '22222222-2' }] });
    const [message] = [...world.items.values()].filter(({ pk }) => pk.endsWith('#m-1'));
    expect(Buffer.from(message!.bytes as Uint8Array).toString()).toContain('"id": "22222222-2"');
    expect(message!.signature).toEqual(expect.any(String));
  });
});
