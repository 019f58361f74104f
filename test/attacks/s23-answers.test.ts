import { beforeAll, expect, test } from 'vitest';
import { foundIn } from '../support/audit.ts';
import { dossierNode } from '../support/dossier.ts';

// S23: what other nodes answered is audited by their own signatures. A later word takes the place of an earlier one in
// its item; the earlier one is then audited as it was locked.

let it: Awaited<ReturnType<typeof dossierNode>>;
beforeAll(async () => {
  it = await dossierNode();
  await it.settle();
});

const unsigned = async () => (await foundIn(it.evidence)).filter((found) => found.startsWith('SOURCE_'));
const answers = () => [...it.items].filter(([, { sk }]) => sk === 'ANSWER' || sk.startsWith('OPERATOR#'));

test('S23 the answers of an enrolment and of a payout are audited without a finding', async () => {
  expect(answers().map(([, { sk }]) => sk)).toEqual(['OPERATOR#BANCO_CL', 'ANSWER']);
  expect(await unsigned()).toEqual([]);
});

test('S23 another signature beside an answer is found, whichever it is', async () => {
  const honest = new Map(it.items);
  for (const [name, item] of answers())
    it.items.set(name, { ...item, signature: String(item.signature).replace('..', '..AA') });
  const found = await unsigned();
  for (const [name, item] of honest) it.items.set(name, item);
  expect(found.map((each) => each.split(' ')[0])).toEqual(['SOURCE_UNSIGNED', 'SOURCE_UNSIGNED']);
});

test('S23 an answer whose place a later one took is audited as it was locked', async () => {
  const honest = new Map(it.items);
  for (const [name, item] of answers())
    it.items.set(name, { ...item, bytes: Uint8Array.from([1]), signature: 'the later one..s' });
  const found = await unsigned();
  for (const [name, item] of honest) it.items.set(name, item);
  expect(found).toEqual([]);
});
