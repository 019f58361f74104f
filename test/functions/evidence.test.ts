import { beforeEach, describe, expect, test } from 'vitest';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { dynamoDbEvidenceChains } from '../../adapters/dynamodb/evidence-chain.ts';
import { headHash, readListing, readSignedHead } from '../../core/evidence/heads.ts';
import { chainEvidence } from '../../functions/chain-evidence/chain-evidence.ts';
import { signEvidenceHeads } from '../../functions/sign-evidence-heads/sign-evidence-heads.ts';
import { atEveryAwait } from '../support/crash.ts';
import {
  type EvidenceNode,
  evidenceNode,
  headKeyOf,
  linkKeyOf,
  unchainedKeyOf,
} from '../support/evidence.ts';

let node: EvidenceNode;
beforeEach(() => {
  node = evidenceNode();
});

async function idsOf(scope: string, of = node): Promise<string[]> {
  const ids: string[] = [];
  for await (const { body } of of.chains.links(scope, 0)) ids.push((body as { id: string }).id);
  return ids;
}
const headOf = async (scope: string) => (await node.chains.heads()).get(scope);
const alarms = () => node.log.lines.map(({ code, fields }) => [code, fields.kind ?? fields.seconds]);
const lastHead = async () =>
  readSignedHead((await node.archive.head((await node.chains.lastHead())!.number))!)!.document;

describe('the chain writer', () => {
  test('chains every record of every scope once, oldest first, and leaves none waiting', async () => {
    for (let i = 0; i < 120; i++) await node.happen({ scope: i % 3 ? 'P1' : 'P2' });
    expect(await node.chain()).toEqual({ chained: 120 });
    expect(await node.chain()).toEqual({ chained: 0 });
    const [one, two] = [await idsOf('P1'), await idsOf('P2')];
    expect([one.length, two.length]).toEqual([80, 40]);
    expect(one).toEqual([...one].sort());
    expect(await node.chains.waiting()).toEqual([]);
  });

  test('goes on where it stood', async () => {
    await node.happen();
    await node.chain();
    await node.happen();
    await node.chain();
    expect(await idsOf('P1')).toEqual(['EV000001', 'EV000002']);
  });

  test('several at once chain each record once', async () => {
    for (let i = 0; i < 200; i++) await node.happen();
    const done = await Promise.all([node.chain(), node.chain(), node.chain()]);
    expect(done.reduce((sum, { chained }) => sum + chained, 0)).toBe(200);
    expect(new Set(await idsOf('P1')).size).toBe(200);
  });

  test('raises an alarm for what has waited longer than a minute, and not before', async () => {
    await node.happen();
    node.clock.advance(60);
    await node.chain();
    expect(alarms()).toEqual([]);
    await node.happen();
    node.clock.advance(61);
    await node.chain();
    expect(alarms()).toEqual([['EVIDENCE_UNCHAINED', 61]]);
  });

  test('chains a record that was edited while it waited as it found it, and raises an alarm', async () => {
    const { id } = await node.happen();
    node.forge(...unchainedKeyOf('P1', id), (item) => ({
      ...item,
      record: { ...(item.record as object), kind: 'forged' },
    }));
    await node.chain();
    expect(node.log.lines.map(({ code }) => code)).toEqual(['EVIDENCE_BROKEN']);
    expect(await idsOf('P1')).toEqual([id]);
  });

  test('what somebody put among the records of one scope keeps no other waiting', async () => {
    await node.happen({ scope: 'P2' });
    node.forge(...unchainedKeyOf('P1', 'x'), (item) => ({ ...item, at: '2026-03-02T12:00:00Z' }));
    expect(await node.chain()).toEqual({ chained: 1 });
    expect(node.log.lines).toEqual([{ code: 'FAULT', fields: { scope: 'P1', error: 'TypeError' } }]);
  });

  test('killed at every await, it loses no record and chains none twice', async () => {
    const places = await atEveryAwait(async (process) => {
      node = evidenceNode();
      for (let i = 0; i < 60; i++) await node.happen({ scope: i % 2 ? 'P1' : 'P2' });
      const chains = dynamoDbEvidenceChains(process.wrap(node.table));
      const end = await process.run(() => chainEvidence({ chains, clock: node.clock, log: node.log }));
      await node.chain();
      const ids = [...(await idsOf('P1')), ...(await idsOf('P2'))];
      expect([ids.length, new Set(ids).size]).toEqual([60, 60]);
      return end;
    });
    expect(places).toBeGreaterThan(10);
  });

  test('what a dead writer left waiting of its batch is chained once, however much comes before it', async () => {
    for (let i = 0; i < 49; i++) await node.happen({ id: `LATER${i}` });
    const write = () => Promise.reject(new Error('dead'));
    const dying = dynamoDbEvidenceChains({ ...node.table, write });
    expect(await dying.chain('P1', node.clock.now())).toEqual({ chained: 49, broken: [] });
    expect((await node.chains.waiting())[0]?.count).toBe(49);
    for (let i = 0; i < 110; i++) await node.happen({ id: `EARLIER${i}` });
    expect(await node.chain()).toEqual({ chained: 110 });
    const ids = await idsOf('P1');
    expect([ids.length, new Set(ids).size]).toEqual([159, 159]);
    expect(await node.chains.waiting()).toEqual([]);
  });
});

describe('the signed heads', () => {
  test('follow each other without a gap, also when nothing happened', async () => {
    await node.happen();
    await node.chain();
    expect(await node.sign()).toEqual({ number: 1, broken: 0 });
    const first = await lastHead();
    node.clock.advance(300);
    expect(await node.sign()).toEqual({ number: 2, broken: 0 });
    const second = await lastHead();
    expect([second.listing, second.scopes]).toEqual([first.listing, 1]);
    expect(second.at).toEqual(node.clock.now());
    expect(second.previous).toBe(headHash(first));
    expect([...node.archive.objects.keys()].filter((key) => key.startsWith('listings/'))).toHaveLength(1);
  });

  test('one document stands for all scopes', async () => {
    await node.happen();
    await node.happen({ scope: 'P2' });
    await node.chain();
    await node.sign();
    const { listing } = await lastHead();
    const heads = readListing((await node.archive.listing(listing))!, listing)!;
    expect(Object.fromEntries(heads)).toEqual({
      P1: await headOf('P1'),
      P2: await headOf('P2'),
    });
  });

  test('start where nothing has ever happened', async () => {
    expect(await node.sign()).toEqual({ number: 1, broken: 0 });
    expect((await lastHead()).scopes).toBe(0);
  });

  const forgeries: [string, string, () => void][] = [
    [
      'a record edited since the last head',
      'RECORD_EDITED',
      () => node.forge(...linkKeyOf('P1', 3), (item) => ({ ...item, record: { scope: 'P1', forged: true } })),
    ],
    [
      'a record removed since the last head',
      'RECORD_MISSING',
      () => node.forge(...linkKeyOf('P1', 3), () => undefined),
    ],
    [
      'the signed tail replaced',
      'CHAIN_REWRITTEN',
      () => node.forge(...linkKeyOf('P1', 2), (item) => ({ ...item, link: 'other' })),
    ],
    [
      'a head that went back',
      'CHAIN_CUT',
      () => node.forge(...headKeyOf('P1'), (item) => ({ ...item, seq: 1, link: 'other' })),
    ],
    ['a head that is gone', 'CHAIN_CUT', () => node.forge(...headKeyOf('P1'), () => undefined)],
  ];
  test.each(forgeries)(
    'never sign %s: the scope keeps its last good head and an alarm is raised',
    async (_, kind, forge) => {
      for (let i = 0; i < 2; i++) await node.happen();
      await node.chain();
      await node.sign();
      const good = await headOf('P1');
      for (let i = 0; i < 3; i++) await node.happen();
      await node.chain();
      forge();
      expect(await node.sign()).toEqual({ number: 2, broken: 1 });
      expect(alarms()).toEqual([['EVIDENCE_BROKEN', kind]]);
      const { listing, broken } = await lastHead();
      expect(broken).toEqual(['P1']);
      expect(readListing((await node.archive.listing(listing))!, listing)!.get('P1')).toEqual(good);
    },
  );

  test.each([
    ['lost', () => node.forge('EVIDHEAD#signed', 'HEAD', () => undefined)],
    [
      'moved back',
      () => node.forge('EVIDHEAD#signed', 'HEAD', (item) => ({ ...item, number: 1, hash: 'x' })),
    ],
    ['moved ahead', () => node.forge('EVIDHEAD#signed', 'HEAD', (item) => ({ ...item, number: 9 }))],
  ])('find their way through the archive where the note in the table was %s', async (_, forge) => {
    for (let i = 0; i < 3; i++) await node.sign();
    forge();
    expect(await node.sign()).toEqual({ number: 4, broken: 0 });
  });

  test('pass over what somebody else put under the next number, with an alarm', async () => {
    await node.sign();
    await node.archive.putHead(2, Buffer.from('{}'), node.clock.now());
    expect(await node.sign()).toEqual({ number: 3, broken: 0 });
    expect(alarms()).toEqual([['EVIDENCE_BROKEN', 'head']]);
  });

  test('two signers at once make two documents, one after the other', async () => {
    await node.happen();
    await node.chain();
    const numbers = (await Promise.all([node.sign(), node.sign()])).map(({ number }) => number);
    expect(numbers.sort()).toEqual([1, 2]);
  });

  test('killed at every await, the series stays whole and complete', async () => {
    const places = await atEveryAwait(async (process) => {
      node = evidenceNode();
      await node.sign();
      await node.happen();
      await node.chain();
      const end = await process.run(() =>
        signEvidenceHeads({
          ...node,
          chains: dynamoDbEvidenceChains(process.wrap(node.table)),
          archive: process.wrap(node.archive),
          signer: process.wrap({ keyId: node.signer.keyId, sign: node.signer.sign }),
          node: 'NODE',
          retentionDays: 10,
        }),
      );
      await node.sign();
      const numbers: number[] = [];
      for await (const { number, laterVersions } of node.archive.heads(1)) {
        numbers.push(number);
        expect(laterVersions).toBe(0);
      }
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      expect((await lastHead()).scopes).toBe(1);
      return end;
    });
    expect(places).toBeGreaterThan(8);
  });
});

test('a record written twice under one id is refused', async () => {
  const record = await node.happen();
  await expect(node.table.transact([evidencePut(record)])).rejects.toThrow(/condition/);
});
