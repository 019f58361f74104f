import { describe, expect, test } from 'vitest';
import { codesOf, now, type PayoutOptions, payoutMessage, payoutWorld } from '../support/payouts.ts';

// K and S hold what a participant signs with, or what it once signed; P and O are inside. Nothing of theirs is recorded.

const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const limits = { day: 50_000_000n, creditor: 5_000_000n };
type World = Awaited<ReturnType<typeof payoutWorld>>;
const spent = (world: World, kind: string) =>
  [...world.items.values()]
    .filter(({ pk, sk }) => pk.startsWith('LIM#') && `${pk}#${sk}`.includes(kind))
    .map((item) => BigInt(item.spent as number));

describe('S4 K: a message that was caught on the way', () => {
  test.each([
    [-24 * 60 - 1, 'MESSAGE_TOO_OLD'],
    [11, 'MESSAGE_FROM_THE_FUTURE'],
  ])('S4 is refused %i minutes from now', async (minutes, code) => {
    const world = await payoutWorld();
    expect(codesOf(await world.send({ creationDate: at(minutes) }))).toEqual([code]);
    expect([...world.items.keys()].filter((key) => key.startsWith('TX#'))).toEqual([]);
  });

  test('S4 is recorded once, whenever it comes again', async () => {
    const world = await payoutWorld();
    const body = payoutMessage();
    const first = await world.send(body);
    for (const days of [1, 400]) {
      world.clock.set(new Date(now.getTime() + days * 86_400_000));
      expect(await world.send(body)).toEqual({ ...first, outcome: 'KNOWN' });
    }
    expect([...world.items.values()].filter(({ pk }) => pk.startsWith('TX#'))).toHaveLength(1);
  });
});

test('S5 S: a payout for later than ten minutes is refused, so that a disable leaves none behind', async () => {
  const world = await payoutWorld();
  const on = (minutes: number) => ({ payouts: [{ executionDate: at(minutes).toISOString() }] });
  expect(codesOf(await world.send(on(11)))).toEqual(['EXECUTION_DATE_AHEAD']);
  expect(codesOf(await world.send(on(9)))).toEqual(['RECORDED']);
});

describe('S8 P: amounts and creditors', () => {
  test.each([
    ['0', 'AMOUNT_NOT_POSITIVE'],
    ['-5', 'BODY_SCHEMA'],
    ['1e9', 'BODY_SCHEMA'],
    ['1.0.0', 'BODY_SCHEMA'],
    ['٣', 'BODY_SCHEMA'],
    ['1'.repeat(19), 'BODY_SCHEMA'],
    ['0.4', 'AMOUNT_FRACTION_LOST'],
  ])('S8 "%s" is no amount', async (amount, code) => {
    const world = await payoutWorld();
    const outcome = await world.send({ payouts: [{ amount }] });
    expect([codesOf(outcome), world.queues.announced]).toEqual([[code], []]);
  });

  test('S8 one creditor under many spellings and accounts has one limit', async () => {
    const world = await payoutWorld({ settings: { limits: { CLP: limits }, severalOperators: false } });
    const spellings = ['22222222-2', '22.222.222-2', '022222222-2', '22222222 2'];
    const payouts = spellings.map((creditor, n) => ({ creditor, account: `${100 + n}`, amount: '1500000' }));
    expect(codesOf(await world.send({ payouts }))).toEqual(payouts.map(() => 'LIMIT_CREDITOR'));
  });

  test('S8 an id_schema that nobody knows gets a tenth, however many ids it claims', async () => {
    const world = await payoutWorld({ settings: { limits: { CLP: limits }, severalOperators: false } });
    const made = (n: number): PayoutOptions => ({
      schema: 'MADE_UP',
      creditor: `x${n}`,
      account: `${n}`,
      amount: '300000',
    });
    expect(codesOf(await world.send({ payouts: [made(1)] }))).toEqual(['RECORDED']);
    expect(codesOf(await world.send({ payouts: [made(2)] }))).toEqual(['LIMIT_CREDITOR']);
  });
});

test('S10 O: a message that shows one payout operator the payouts of another is refused unless allowed', async () => {
  const payouts = [{}, { operator: 'OTRO_BANCO_CL' }];
  expect(codesOf(await (await payoutWorld()).send({ payouts }))).toEqual(['SEVERAL_PAYOUT_OPERATORS']);
  const open = await payoutWorld({ settings: { limits: { CLP: limits }, severalOperators: true } });
  expect(codesOf(await open.send({ payouts }))).toEqual(['RECORDED']);
});

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
