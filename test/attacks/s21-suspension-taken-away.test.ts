import { describe, expect, test } from 'vitest';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { neverBack } from '../../adapters/dynamodb/never-back.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { suspensionKey, suspensions } from '../../adapters/dynamodb/suspensions.ts';
import type { StoredItem } from '../../adapters/dynamodb/table.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { suspend } from '../../core/suspension/suspension.ts';
import { debtor, payoutWorld } from '../support/payouts.ts';
import { aParty } from '../support/people-world.ts';

// D: whoever can write the table wants a suspended participant to go on paying. Nothing standing is what two node
// operators have sealed: it cannot be made, copied or brought about by deleting.

const finId = aParty.finId;
const key = suspensionKey(finId);
const now = new Date('2026-06-01T12:00:00Z');
const quiet = { evidence: [], outbox: [] };

async function aNode() {
  const stored = memoryTable();
  const log = memoryLog();
  const sealer = memorySealer(log);
  const table = neverBack(stored, log);
  const book = ledger(table, sealer, async () => {});
  const participant = { ...aParty, kind: 'participant' as const, version: 1 };
  await book.commit([{ noun: 'party', party: participant }], [], quiet);
  const flags = suspensions(table, async () => {});
  const put = async (at = now) => {
    const by = { kind: 'apiKey', keyId: 'K1' } as const;
    const first = { id: 'S1', participant: finId, by, reason: 'r', asked: [], told: [] };
    const flag = suspend(first, at);
    expect(await flags.record(flag, quiet)).toBe('RECORDED');
    return flag;
  };
  const frozen = () => parties(table, sealer).frozen(finId);
  const freshly = () => parties(neverBack(stored, log), sealer).frozen(finId);
  const write = (item: StoredItem) => stored.write({ put: item });
  const clear = (await stored.get(key))!;
  return { stored, sealer, table, book, flags, put, frozen, freshly, write, clear, log };
}
const broken = { code: 'SEAL_BROKEN' };

describe('S21 D: a suspension', () => {
  test('S21 stands from its first word until two node operators have lifted it, and can stand again', async () => {
    const node = await aNode();
    expect(await node.frozen()).toBe(false);
    const flag = await node.put();
    expect(await node.frozen()).toBe(true);
    await node.book.commit([{ noun: 'noSuspension', suspension: flag, at: now }], ['P'], quiet);
    expect([await node.frozen(), await node.flags.find(finId)]).toEqual([false, undefined]);
    expect(await node.flags.standing()).toEqual([]);
    await node.put(new Date(now.getTime() + 1));
    expect([await node.frozen(), await node.freshly()]).toEqual([true, true]);
    expect(node.log.lines).toEqual([]);
  });

  test('S21 D: taken out of the table frees nobody, and can be put again', async () => {
    const node = await aNode();
    await node.put();
    await node.stored.write({ delete: key });
    await expect(node.frozen()).rejects.toMatchObject(broken);
    await expect(node.freshly()).rejects.toMatchObject(broken);
    expect(node.log.lines.map(({ code }) => code)).toEqual(['SEAL_BROKEN', 'SEAL_BROKEN']);
    await node.put();
    expect(await node.freshly()).toBe(true);
  });

  test.each<[string, (node: Awaited<ReturnType<typeof aNode>>) => Promise<StoredItem>]>([
    ['edited to none', async ({ stored }) => ({ ...(await stored.get(key))!, state: 'none' })],
    ['replaced by a made one', async () => ({ ...key, participant: finId, state: 'none', version: 1 })],
    [
      "replaced by another participant's",
      async ({ book, stored }) => {
        const other = { ...aParty, finId: 'OTRA_CL', kind: 'participant' as const, version: 1 };
        await book.commit([{ noun: 'party', party: other }], [], quiet);
        return { ...(await stored.get(suspensionKey('OTRA_CL')))!, ...key };
      },
    ],
  ])('S21 D: %s frees nobody', async (_, made) => {
    const node = await aNode();
    await node.put();
    await node.write(await made(node));
    await expect(node.freshly()).rejects.toMatchObject(broken);
  });

  test('S21 D: overwritten with the seal of before frees nobody in a process that saw it stand', async () => {
    const node = await aNode();
    await node.put();
    expect(await node.frozen()).toBe(true);
    await node.write(node.clear);
    await expect(node.frozen()).rejects.toMatchObject(broken);
  });

  test('S21 D: a late word does not bring back what was lifted', async () => {
    const node = await aNode();
    const flag = await node.put();
    await node.book.commit([{ noun: 'noSuspension', suspension: flag, at: now }], ['P'], quiet);
    const late = { ...flag, id: 'S1', state: 'confirmed' as const, version: 3 };
    expect(await node.flags.record(late, quiet)).toBe('MOVED');
  });
});

test('S21 D: without the item no payout is taken, whoever signs', async () => {
  const world = await payoutWorld();
  await world.table.write({ delete: suspensionKey(debtor) });
  await expect(world.ports.facts(world.leaf.thumbprint, debtor)).rejects.toMatchObject(broken);
});
