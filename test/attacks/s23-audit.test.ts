import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { nextLink } from '../../core/evidence/chain.ts';
import { bodyHash } from '../../core/evidence/record.ts';
import { auditNode, foundIn } from '../support/audit.ts';
import { type EvidenceNode, headKeyOf, linkKeyOf, unchainedKeyOf } from '../support/evidence.ts';
import { certificateName, disable, name, rechain, settle, tracedNode } from '../support/traced.ts';

// Somebody who can write the node's table, and put objects into the archive, covers a trace. Each test does it.

let node: EvidenceNode;
beforeEach(async () => {
  node = await tracedNode();
});

test('S23 an honest node has no findings, whatever moment it is audited at', async () => {
  expect(await foundIn(node)).toEqual([]);
  await disable(node);
  expect(await foundIn(node)).toEqual([]);
  await node.chain();
  expect(await foundIn(node)).toEqual([]);
  await settle(node);
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
    rechain(node, 'P1', (bodies) => bodies.with(2, { ...(bodies[2] as object), kind: 'other' }));
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
  });

  test('deleted from the middle', async () => {
    node.forge(...linkKeyOf('P1', 2), () => undefined);
    expect(await foundIn(node)).toEqual(['RECORD_MISSING P1/2']);
  });

  test('deleted, with every later link and the head made anew', async () => {
    rechain(node, 'P1', (bodies) => bodies.toSpliced(2, 1));
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P1/5']);
  });

  test('inserted', async () => {
    rechain(node, 'P1', (bodies) => bodies.toSpliced(2, 0, { ...(bodies[2] as object), id: 'FORGED' }));
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
    rechain(node, 'P1', (bodies) => bodies.with(1, bodies[2]).with(2, bodies[1]));
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
  });

  test('cut off at the end, head and all', async () => {
    rechain(node, 'P1', (bodies) => bodies.slice(0, 3));
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P1/4']);
  });

  test('cut off together with its whole scope', async () => {
    for (const [key, { pk, sk }] of node.items) if (pk === 'EVID#P2' || sk === 'P2') node.items.delete(key);
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P2/1']);
  });

  test('cut off and replaced by as many others, before and after another head was signed', async () => {
    rechain(node, 'P1', (bodies) =>
      bodies.map((body, i) => (i < 3 ? body : { ...(body as object), kind: 'other' })),
    );
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5']);
    await node.happen();
    await settle(node);
    expect(await foundIn(node)).toEqual(['CHAIN_REWRITTEN P1/5', 'SCOPE_REFUSED 2']);
  });

  test('removed before it was chained, when its state stands', async () => {
    await disable(node);
    for (const [key, { pk }] of node.items) if (pk.startsWith('EVIDNEW#')) node.items.delete(key);
    await settle(node);
    expect(await foundIn(node)).toEqual([`STATE_WITHOUT_RECORD ${certificateName}`]);
  });

  test('edited before it was chained', async () => {
    const { id } = await node.happen();
    node.forge(...unchainedKeyOf('P1', id), (item) => ({
      ...item,
      record: { ...(item.record as object), kind: 'other' },
    }));
    expect(await foundIn(node)).toEqual([`RECORD_EDITED P1/undefined`.replace('P1/undefined', id)]);
    await settle(node);
    expect(await foundIn(node)).toEqual(['RECORD_EDITED P1/6', 'SCOPE_REFUSED 2']);
  });

  test('kept from being chained', async () => {
    const { id } = await node.happen();
    node.clock.advance(61);
    expect(await foundIn(node)).toEqual([`RECORD_UNCHAINED ${id}`]);
  });
});

describe('S23 finds bytes', () => {
  const bytes = Buffer.from('{"document":{}}');
  const sha256 = createHash('sha256').update(bytes).digest('base64url');
  const source = { kind: 'message', sha256 };

  test('that are gone, from the archive and from an item', async () => {
    const { id } = await node.happen({ sources: [source] });
    const inItem = await node.happen({ sources: [{ ...source, item: 'MSG#P1#1|MESSAGE' }] });
    await settle(node);
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
    await settle(node);
    expect(await foundIn(node)).toEqual([`SOURCE_CHANGED ${id} message`]);
  });

  test('that the record of a signed act does not name', async () => {
    const { id } = await node.happen({ actor: { kind: 'participant', finId: 'P1', thumbprint: 'abc' } });
    await settle(node);
    expect(await foundIn(node)).toEqual([`SOURCE_MISSING ${id}`]);
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
