import { beforeEach, describe, expect, test } from 'vitest';
import { peerHeads } from '../../../adapters/dynamodb/peer-heads.ts';
import { memoryClock, memoryIds } from '../../../adapters/memory/clock.ts';
import { memoryLog } from '../../../adapters/memory/log.ts';
import { memoryTable } from '../../../adapters/memory/table.ts';
import { headIn, heldHead } from '../../../core/evidence/peer-heads.ts';
import type { LastHead } from '../../../core/evidence/ports.ts';

const bank = { finId: 'BANCO_CL', kind: 'payoutOperator' } as const;
const hash = (letter: string) => letter.repeat(43);
let table: ReturnType<typeof memoryTable>;
let log: ReturnType<typeof memoryLog>;
let heads: ReturnType<typeof peerHeads>;

beforeEach(() => {
  table = memoryTable();
  log = memoryLog();
  heads = peerHeads({ table, clock: memoryClock(), ids: memoryIds(), log });
});

async function held(): Promise<(LastHead | undefined)[]> {
  const found: (LastHead | undefined)[] = [];
  for await (const page of table.scan()) {
    for (const { pk, record } of page)
      if (pk.startsWith('EVIDNEW#')) found.push(heldHead(record as never, bank.finId));
  }
  return found;
}

describe('S23 a head of a peer', () => {
  test('is held in this node’s own evidence, each once, the newest last', async () => {
    const [one, two] = [
      { number: 1, hash: hash('a') },
      { number: 2, hash: hash('b') },
    ];
    for (const head of [one, one, two, one, two]) await heads.hold(bank, head);
    expect(await held()).toEqual([one, two]);
    expect(log.lines).toEqual([]);
  });

  test('that comes twice with two hashes is held twice and raises an alarm', async () => {
    await heads.hold(bank, { number: 1, hash: hash('a') });
    await heads.hold(bank, { number: 1, hash: hash('b') });
    expect((await held()).map((head) => head?.hash)).toEqual([hash('a'), hash('b')]);
    expect(log.lines).toMatchObject([{ code: 'EVIDENCE_BROKEN', fields: { payoutOperator: bank.finId } }]);
  });

  test('two messages at once leave one record', async () => {
    const head = { number: 1, hash: hash('a') };
    await Promise.all([heads.hold(bank, head), heads.hold(bank, head)]);
    expect(await held()).toEqual([head]);
  });

  test('never stands in the way of its message', async () => {
    const broken = { ...table, get: async () => Promise.reject(new Error('down')) };
    await peerHeads({ table: broken, clock: memoryClock(), ids: memoryIds(), log }).hold(bank, {
      number: 1,
      hash: hash('a'),
    });
    expect(log.lines.map(({ code }) => code)).toEqual(['FAULT']);
  });

  test.each([
    undefined,
    null,
    'text',
    [],
    {},
    { number: 0, hash: hash('a') },
    { number: 1.5, hash: hash('a') },
    { number: '1', hash: hash('a') },
    { number: 1, hash: 'short' },
    { number: 1, hash: `${hash('a')}\n` },
    { number: 1 },
  ])('of another shape counts as none: %j', (said) => {
    expect(headIn({ evidence_head: said as never })).toBeUndefined();
  });
});
