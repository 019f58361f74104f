import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { foundIn } from '../support/audit.ts';
import { evidenceNode } from '../support/evidence.ts';
import { payoutNodes } from '../support/payout-nodes.ts';
import { debtor, network, payoutMessage, payoutWorld } from '../support/payouts.ts';

// S23: a message of payouts that is too large for its item lies in the locked bucket; it is audited there.

const many = Array.from({ length: 100 }, (_, at) => ({
  id: `t-${at}`,
  creditor: `${at}-1`,
  account: `${at + 7}`,
}));

/** A hundred payouts: 65 KB of a participant's words. */
async function largeMessage() {
  const world = await payoutWorld();
  const evidence = evidenceNode(world.items, world.table, {
    clock: world.clock,
    sealer: world.sealer,
    finId: network.finId,
  });
  expect((await world.send(payoutMessage({ messageId: 'm', payouts: many }))).outcome).toBe('RECORDED');
  await evidence.chain();
  await evidence.sign();
  // In one bucket, as deployed: adapters/s3/large-bytes.ts and adapters/s3/archive.ts name the same object.
  const held = [...world.large.objects];
  for (const [sha256, bytes] of held) evidence.archive.objects.set(`messages/${sha256}`, [bytes]);
  return { world, evidence };
}

test('S23 at a payout operator too, with the envelope that brought it, which is given back byte for byte', async () => {
  const nodes = await payoutNodes({ bankUrl: 'http://127.0.0.1:9' });
  await nodes.net.send(payoutMessage({ messageId: 'm', payouts: many }));
  await nodes.network.drain();
  const { items, table, clock, sealer, large } = nodes.op;
  const evidence = evidenceNode(items, table, { clock, sealer });
  await evidence.chain();
  expect(large.objects.size).toBe(2);
  for (const [sha256, bytes] of large.objects) evidence.archive.objects.set(`messages/${sha256}`, [bytes]);
  expect(sources(await foundIn(evidence))).toEqual([]);
  const forward = nodes.posted.find(({ url }) => url.startsWith('https://bank'))!;
  const sha256 = createHash('sha256').update(forward.body).digest('base64url');
  const kept = await nodes.operator.ports.moves.forwardOf(debtor, 'm', sha256);
  expect(Buffer.from(kept!.bytes).equals(forward.body)).toBe(true);
  expect(kept!.signature).toBe(forward.headers['Shinkansen-JWS-Signature']);
  const envelope = `messages/${Buffer.from(sha256, 'base64url').toString('hex')}`;
  evidence.archive.objects.set(envelope, []);
  expect(sources(await foundIn(evidence)).map((one) => one.split(' ')[0])).toEqual(['SOURCE_MISSING']);
});

const sources = (found: readonly string[]) => found.filter((one) => one.startsWith('SOURCE_'));

test('S23 a large message of payouts is audited without a finding', async () => {
  const { evidence } = await largeMessage();
  expect(sources(await foundIn(evidence))).toEqual([]);
});

test.each([
  ['gone', [], 'SOURCE_MISSING'],
  ['another', [Buffer.from('{}')], 'SOURCE_CHANGED'],
])('S23 D: its object %s is found', async (_, versions, code) => {
  const { evidence } = await largeMessage();
  const [name = ''] = [...evidence.archive.objects.keys()].filter((key) => key.startsWith('messages/'));
  evidence.archive.objects.set(name, versions);
  expect(sources(await foundIn(evidence)).map((one) => one.split(' ')[0])).toEqual([code]);
});

test('S23 D: another signature beside it is found', async () => {
  const { world, evidence } = await largeMessage();
  const key = { pk: `MSG#${debtor}#m`, sk: 'MESSAGE' };
  const { signature } = (await world.table.get(key))! as unknown as { signature: string };
  const [header, bytes] = signature.split('..');
  const change = { set: { signature: `${header}..AAAA${bytes!.slice(4)}` } };
  await world.table.write({ update: key, change });
  expect(sources(await foundIn(evidence)).map((one) => one.split(' ')[0])).toEqual(['SOURCE_UNSIGNED']);
});
