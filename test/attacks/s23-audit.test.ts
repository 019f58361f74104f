import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { sealedWrite } from '../../adapters/dynamodb/sealed-records.ts';
import type { Item, StoredItem } from '../../adapters/dynamodb/table.ts';
import { genesis, nextLink } from '../../core/evidence/chain.ts';
import { signedHeadBytes } from '../../core/evidence/heads.ts';
import { bodyHash } from '../../core/evidence/record.ts';
import { auditNode, foundIn } from '../support/audit.ts';
import {
  type EvidenceNode,
  evidenceNode,
  headKeyOf,
  linkKeyOf,
  unchainedKeyOf,
} from '../support/evidence.ts';

// Somebody who can write the node's table, and put objects into the archive, covers a trace. Each test does it.

let node: EvidenceNode;
const granted = { participant: 'P1', use: 'signing', version: 1 };
const certificate = { pk: 'CERT#abc', sk: 'STATUS' };
const certificateName = 'CERT#abc|STATUS';
const name = (item: { pk: string; sk: string }) => JSON.stringify([item.pk, item.sk]);

/** An item as this node seals it. */
async function sealedItem(key: { pk: string; sk: string }, content: typeof granted, beside: Item = {}) {
  const { write, mark } = await sealedWrite(node.sealer, key, content, ['proof'], beside);
  return { item: (write as { put: StoredItem }).put, mark };
}

/** A certificate becomes active: sealed, recorded, in one transaction. */
async function activate(): Promise<void> {
  const { item, mark } = await sealedItem(certificate, granted, { networkStatus: 'active' });
  const states = [{ ...mark, holds: { networkStatus: 'active' } }];
  const record = node.record({ kind: 'certificate.activated', states });
  await node.table.transact([{ put: { ...item, evidenceId: record.id } }, evidencePut(record)]);
}

/** It is disabled: one conditional write, which takes the seal away. */
async function disable(): Promise<void> {
  const states = [{ item: certificateName, holds: { networkStatus: 'disabled' } }];
  const change = { set: { networkStatus: 'disabled', seal: undefined }, add: { version: 1 } };
  await node.table.transact([
    { update: certificate, change },
    evidencePut(node.record({ kind: 'certificate.disabled', states })),
  ]);
}

async function settle(): Promise<void> {
  await node.chain();
  await node.sign();
  node.clock.advance(300);
}

/** Links made anew from `seq` on, as an attacker does who knows how chains are made. */
function rechain(scope: string, change: (bodies: unknown[]) => unknown[]): void {
  const links = [...node.items.values()]
    .filter(({ pk }) => pk === `EVID#${scope}`)
    .sort((a, b) => (a.sk < b.sk ? -1 : 1));
  const bodies = change(links.map(({ record }) => structuredClone(record)));
  for (const link of links) node.items.delete(name(link));
  let head = genesis(scope);
  for (const body of bodies) {
    const link = nextLink(scope, head, bodyHash(body as never));
    const [pk, sk] = linkKeyOf(scope, link.seq);
    node.items.set(name({ pk, sk }), { ...link, pk, sk, record: body } as never as StoredItem);
    head = link;
  }
  node.forge(...headKeyOf(scope), (item) => ({ ...item, seq: head.seq, link: head.link }));
}

beforeEach(async () => {
  node = evidenceNode();
  await activate();
  for (let i = 0; i < 4; i++) await node.happen();
  await node.happen({ scope: 'P2' });
  await settle();
});

test('S23 an honest node has no findings, whatever moment it is audited at', async () => {
  expect(await foundIn(node)).toEqual([]);
  await disable();
  expect(await foundIn(node)).toEqual([]);
  await node.chain();
  expect(await foundIn(node)).toEqual([]);
  await settle();
  expect(await foundIn(node)).toEqual([]);
  const { findings: _, lastHead: __, ...counts } = await auditNode(node);
  expect(counts).toEqual({ heads: 2, records: 7, states: 1, sources: 0 });
});

describe('S23 finds a record', () => {
  test('edited', async () => {
    node.forge(...linkKeyOf('P1', 3), (item) => ({
      ...item,
      record: { ...(item.record as object), kind: 'other' },
    }));
    expect(await foundIn(node)).toEqual(['RECORD_EDITED P1/3']);
  });

  test('edited together with its own hash and link', async () => {
    node.forge(...linkKeyOf('P1', 3), (item) => {
      const body = { ...(item.record as object), kind: 'other' } as never;
      const link = nextLink('P1', { seq: 2, link: item.previous as string }, bodyHash(body));
      return { ...item, ...link, record: body };
    });
    expect(await foundIn(node)).toEqual(['CHAIN_BROKEN P1/4']);
  });

  test('edited, with every later link and the head made anew', async () => {
    rechain('P1', (bodies) => bodies.with(2, { ...(bodies[2] as object), kind: 'other' }));
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
  });

  test('deleted from the middle', async () => {
    node.forge(...linkKeyOf('P1', 2), () => undefined);
    expect(await foundIn(node)).toEqual(['RECORD_MISSING P1/2']);
  });

  test('deleted, with every later link and the head made anew', async () => {
    rechain('P1', (bodies) => bodies.toSpliced(2, 1));
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P1/5']);
  });

  test('inserted', async () => {
    rechain('P1', (bodies) => bodies.toSpliced(2, 0, { ...(bodies[2] as object), id: 'FORGED' }));
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
  });

  test('inserted between two without making anything anew', async () => {
    node.items.set(name({ pk: 'EVID#P1', sk: '000000000002x' }), {
      ...node.items.get(name({ pk: 'EVID#P1', sk: '000000000002' }))!,
      sk: '000000000002x',
    });
    expect(await foundIn(node)).toEqual(['CHAIN_BROKEN P1/NaN']);
  });

  test('swapped with its neighbour', async () => {
    const [a, b] = [linkKeyOf('P1', 2), linkKeyOf('P1', 3)];
    const [first, second] = [a, b].map(([pk, sk]) => node.items.get(name({ pk, sk }))!);
    node.forge(...a, () => ({ ...second!, sk: a[1] }));
    node.forge(...b, () => ({ ...first!, sk: b[1] }));
    expect(await foundIn(node)).toEqual(expect.arrayContaining(['CHAIN_BROKEN P1/2', 'CHAIN_BROKEN P1/3']));
  });

  test('swapped, with every later link and the head made anew', async () => {
    rechain('P1', (bodies) => bodies.with(1, bodies[2]).with(2, bodies[1]));
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
  });

  test('cut off at the end, head and all', async () => {
    rechain('P1', (bodies) => bodies.slice(0, 3));
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P1/4']);
  });

  test('cut off together with its whole scope', async () => {
    for (const [key, { pk, sk }] of node.items) if (pk === 'EVID#P2' || sk === 'P2') node.items.delete(key);
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P2/1']);
  });

  test('cut off and replaced by as many others, before and after another head was signed', async () => {
    rechain('P1', (bodies) =>
      bodies.map((body, i) => (i < 3 ? body : { ...(body as object), kind: 'other' })),
    );
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
    await node.happen();
    await settle();
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5', 'SCOPE_REFUSED 2']);
  });

  test('removed before it was chained, when its state stands', async () => {
    await disable();
    for (const [key, { pk }] of node.items) if (pk.startsWith('EVIDNEW#')) node.items.delete(key);
    await settle();
    expect(await foundIn(node)).toEqual([`STATE_WITHOUT_RECORD ${certificateName}`]);
  });

  test('edited before it was chained', async () => {
    const { id } = await node.happen();
    node.forge(...unchainedKeyOf('P1', id), (item) => ({
      ...item,
      record: { ...(item.record as object), kind: 'other' },
    }));
    expect(await foundIn(node)).toEqual([`RECORD_EDITED P1/undefined`.replace('P1/undefined', id)]);
    await settle();
    expect(await foundIn(node)).toEqual(['RECORD_EDITED P1/6', 'SCOPE_REFUSED 2']);
  });

  test('kept from being chained', async () => {
    const { id } = await node.happen();
    node.clock.advance(61);
    expect(await foundIn(node)).toEqual([`RECORD_UNCHAINED ${id}`]);
  });
});

describe('S23 finds a state', () => {
  test('rolled back to an earlier, well sealed item', async () => {
    const before = structuredClone(node.items.get(name(certificate))!);
    await disable();
    await settle();
    node.items.set(name(certificate), before);
    expect(await foundIn(node)).toEqual([`STATE_ROLLED_BACK ${certificateName}`]);
  });

  test('made active again in place, with and without its old seal', async () => {
    const { seal } = node.items.get(name(certificate))!;
    await disable();
    await settle();
    node.forge(certificate.pk, certificate.sk, (item) => ({ ...item, networkStatus: 'active' }));
    expect(await foundIn(node)).toEqual([`STATE_UNSEALED ${certificateName}`]);
    // The seal covers `version`, so the old one does not fit the item's new one ...
    node.forge(certificate.pk, certificate.sk, (item) => ({ ...item, seal }));
    expect(await foundIn(node)).toEqual([`SEAL_WRONG ${certificateName}`]);
    // ... and with the old version it is an item put back.
    node.forge(certificate.pk, certificate.sk, (item) => ({ ...item, version: 1 }));
    expect(await foundIn(node)).toEqual([`STATE_ROLLED_BACK ${certificateName}`]);
  });

  test('disabled by hand, without a record', async () => {
    node.forge(certificate.pk, certificate.sk, ({ seal: _, ...item }) => ({
      ...item,
      networkStatus: 'disabled',
    }));
    expect(await foundIn(node)).toEqual([`STATE_DIFFERS ${certificateName} networkStatus`]);
  });

  test('sealed by the node but told of by no record', async () => {
    await node.table.write({ put: (await sealedItem({ pk: 'CERT#xyz', sk: 'STATUS' }, granted)).item });
    expect(await foundIn(node)).toEqual(['STATE_WITHOUT_RECORD CERT#xyz|STATUS']);
  });

  test('sealed anew without a record', async () => {
    const { item } = await sealedItem(
      certificate,
      { ...granted, use: 'transport' },
      { networkStatus: 'active' },
    );
    node.items.set(name(certificate), item);
    expect(await foundIn(node)).toEqual([`STATE_DIFFERS ${certificateName} seal`]);
  });

  test('with a version that no record gave it', async () => {
    await disable();
    node.forge(certificate.pk, certificate.sk, (item) => ({ ...item, version: 9 }));
    expect(await foundIn(node)).toEqual([`STATE_WITHOUT_RECORD ${certificateName}`]);
  });

  test('whose granting attributes were changed under the seal', async () => {
    node.forge(certificate.pk, certificate.sk, (item) => ({ ...item, participant: 'P2' }));
    expect(await foundIn(node)).toEqual([`SEAL_WRONG ${certificateName}`]);
  });

  test.each([
    ['taken away', undefined],
    ['made unreadable', { over: 'participant' }],
    ['made to cover less', { over: ['use', 'version'] }],
  ])('whose seal was %s', async (_, seal) => {
    node.forge(certificate.pk, certificate.sk, (item) => ({
      ...item,
      seal: seal && { ...(item.seal as object), ...seal },
    }));
    const code = seal ? 'SEAL_WRONG' : 'STATE_UNSEALED';
    expect(await foundIn(node)).toEqual([`${code} ${certificateName}`]);
  });

  test.each([
    'CERT#n|STATUS',
    'KEY#n|KEY',
    'PERSON#n|PERSON',
    'PERSON#n|FACTOR#1',
    'PART#n|PROFILE',
    'PART#n|WEBHOOK#events',
    'INV#n|INVITATION',
    'NODE|ANCHORS',
  ])('written into the table by hand: %s', async (key) => {
    const [pk, sk] = key.split('|') as [string, string];
    await node.table.write({ put: { pk, sk, participant: 'P1' } });
    expect(await foundIn(node)).toEqual([`STATE_UNSEALED ${key}`]);
  });

  test('deleted', async () => {
    node.items.delete(name(certificate));
    expect(await foundIn(node)).toEqual([`STATE_MISSING ${certificateName}`]);
  });

  test('back after its removal was recorded', async () => {
    const item = structuredClone(node.items.get(name(certificate))!);
    const record = node.record({ states: [{ item: certificateName, gone: true }] });
    await node.table.transact([{ delete: certificate }, evidencePut(record)]);
    await settle();
    expect(await foundIn(node)).toEqual([]);
    node.items.set(name(certificate), item);
    expect(await foundIn(node)).toEqual([`STATE_ROLLED_BACK ${certificateName}`]);
  });

  test('disabled and enrolled anew is nothing, though its versions begin again', async () => {
    await disable();
    node.clock.advance(1);
    await disable();
    node.clock.advance(1);
    await activate();
    expect(await foundIn(node)).toEqual([]);
    const sealedAnew = structuredClone(node.items.get(name(certificate))!);
    node.clock.advance(1);
    await disable();
    await settle();
    expect(await foundIn(node)).toEqual([]);
    node.items.set(name(certificate), sealedAnew);
    expect(await foundIn(node)).toEqual([`STATE_ROLLED_BACK ${certificateName}`]);
  });

  test('removed and put anew is nothing, whatever its version', async () => {
    await node.table.transact([
      { delete: certificate },
      evidencePut(node.record({ states: [{ item: certificateName, gone: true }] })),
    ]);
    node.clock.advance(1);
    await activate();
    expect(await foundIn(node)).toEqual([]);
    await settle();
    expect(await foundIn(node)).toEqual([]);
    node.items.delete(name(certificate));
    expect(await foundIn(node)).toEqual([`STATE_MISSING ${certificateName}`]);
  });

  test('without a seal that names a record which does not exist', async () => {
    await node.table.write({ put: { pk: 'MSG#P1#1', sk: 'MESSAGE', evidenceId: 'NONE' } });
    expect(await foundIn(node)).toEqual(['STATE_WITHOUT_RECORD MSG#P1#1|MESSAGE']);
  });
});

describe('S23 finds bytes', () => {
  const bytes = Buffer.from('{"document":{}}');
  const sha256 = createHash('sha256').update(bytes).digest('base64url');
  const source = { kind: 'message', sha256 };

  test('that are gone, from the archive and from an item', async () => {
    const { id } = await node.happen({ sources: [source] });
    const inItem = await node.happen({ sources: [{ ...source, item: 'MSG#P1#1|MESSAGE' }] });
    await settle();
    expect(await foundIn(node)).toEqual([
      `SOURCE_MISSING ${id} message`,
      `SOURCE_MISSING ${inItem.id} message`,
    ]);
    await node.archive.putBytes(sha256, bytes, node.clock.now());
    await node.table.write({ put: { pk: 'MSG#P1#1', sk: 'MESSAGE', bytes: Uint8Array.from(bytes) } });
    expect(await foundIn(node)).toEqual([]);
  });

  test('that were changed', async () => {
    const { id } = await node.happen({ sources: [{ ...source, item: 'MSG#P1#1|MESSAGE' }] });
    await node.table.write({ put: { pk: 'MSG#P1#1', sk: 'MESSAGE', bytes: new Uint8Array([1]) } });
    await settle();
    expect(await foundIn(node)).toEqual([`SOURCE_CHANGED ${id} message`]);
  });

  test('that the record of a signed act does not name', async () => {
    const { id } = await node.happen({ actor: { kind: 'participant', finId: 'P1', thumbprint: 'abc' } });
    await settle();
    expect(await foundIn(node)).toEqual([`SOURCE_MISSING ${id}`]);
  });
});

describe('S23 finds in the archive', () => {
  const headKey = (number: number) => `heads/${String(number).padStart(12, '0')}.json`;
  beforeEach(async () => {
    await node.happen();
    await settle();
    await settle();
  });

  test('a head that is missing', async () => {
    node.archive.objects.delete(headKey(2));
    expect(await foundIn(node)).toEqual(['HEAD_FORGED 3', 'HEAD_MISSING 2']);
  });

  test('a silence: nobody signed, or the end of the series is gone', async () => {
    node.clock.advance(901);
    expect(await foundIn(node)).toEqual(['HEAD_SILENT 4 1201 seconds']);
    await settle();
    expect(await foundIn(node)).toEqual(['HEAD_SILENT 4 1201 seconds']);
  });

  test('nothing at all, where the archive is empty', async () => {
    node.archive.objects.clear();
    expect(await foundIn(node)).toEqual(['HEAD_MISSING 1']);
  });

  test('a head written over, or marked deleted, and goes by the first version', async () => {
    node.archive.objects.get(headKey(1))!.push(Buffer.from('{}'));
    node.archive.objects.get(headKey(2))!.push(null);
    expect(await foundIn(node)).toEqual(['HEAD_HIDDEN 1', 'HEAD_HIDDEN 2']);
  });

  test('a head made by somebody without the evidence key', async () => {
    const document = {
      node: 'NODE',
      number: 4,
      previous: null,
      at: node.clock.now(),
      listing: 'x',
      scopes: 0,
      broken: [],
    };
    const forged = signedHeadBytes({ document, keyId: node.signer.keyId, signature: Buffer.from('forged') });
    await node.archive.putHead(4, forged, node.clock.now());
    expect(await foundIn(node)).toEqual(['HEAD_FORGED 4']);
  });

  test('a good head under another number', async () => {
    node.archive.objects.set(headKey(4), node.archive.objects.get(headKey(3))!);
    expect(await foundIn(node)).toEqual(['HEAD_FORGED 4']);
  });

  test('a listing that is gone', async () => {
    for (const key of node.archive.objects.keys())
      if (key.startsWith('listings/')) node.archive.objects.delete(key);
    expect(await foundIn(node)).toEqual(['LISTING_MISSING 1', 'LISTING_MISSING 2']);
  });

  test('a head that another party holds and the archive does not', async () => {
    const { lastHead } = await auditNode(node);
    expect(await foundIn(node, [lastHead!])).toEqual([]);
    expect(await foundIn(node, [{ ...lastHead!, hash: 'other' }])).toEqual(['PEER_HEAD_DIFFERS 3']);
    expect(await foundIn(node, [{ ...lastHead!, number: 9 }])).toEqual(['PEER_HEAD_DIFFERS 9']);
  });

  test('a whole node set back to yesterday, table and note alike', async () => {
    const yesterday = new Map(structuredClone([...node.items]));
    await disable();
    await settle();
    node.items.clear();
    for (const [key, item] of yesterday) node.items.set(key, item);
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P1/7']);
  });
});

test('S23 a forger cannot stop the audit with records and items of strange shapes', async () => {
  const strange = [
    null,
    'text',
    7n,
    [],
    { id: 'x', states: 'no' },
    { id: 'y', states: [null, { item: 5 }, { item: 'nothing' }], sources: 9 },
  ];
  for (const [i, record] of strange.entries()) {
    const [pk, sk] = linkKeyOf('P3', i + 1);
    node.items.set(name({ pk, sk }), { pk, sk, record, hash: 3 } as never);
    node.forge(`EVIDNEW#P4`, `${i}`, () => ({
      pk: 'EVIDNEW#P4',
      sk: `${i}`,
      record,
      due: 'EVIDENCE#0',
      dueAt: 'x',
    }));
  }
  node.forge(...headKeyOf('P3'), (item) => ({ ...item, seq: 6, link: 'x' }));
  node.forge(...headKeyOf('P5'), (item) => ({ ...item, seq: 'six' }));
  node.forge('CERT#q', 'STATUS', () => ({
    pk: 'CERT#q',
    sk: 'STATUS',
    version: 'one',
    seal: { over: ['b'], proofs: [1] },
    b: new Uint8Array(1),
  }));
  const found = await foundIn(node);
  expect(found).toContain('SEAL_WRONG CERT#q|STATUS');
  expect(found).toContain('RECORD_EDITED P3/1');
});
