import { beforeEach, describe, expect, test } from 'vitest';
import { headKey } from '../../adapters/s3/evidence-keys.ts';
import { signedHeadBytes } from '../../core/evidence/heads.ts';
import { auditNode, foundIn } from '../support/audit.ts';
import type { EvidenceNode } from '../support/evidence.ts';
import { disable, settle, tracedNode } from '../support/traced.ts';

// Somebody who can put objects into the archive covers a trace there, or hides what is missing.

let node: EvidenceNode;
beforeEach(async () => {
  node = await tracedNode();
});

describe('S23 finds in the archive', () => {
  beforeEach(async () => {
    await node.happen();
    await settle(node);
    await settle(node);
  });

  test('a head that is missing', async () => {
    node.archive.objects.delete(headKey(2));
    expect(await foundIn(node)).toEqual(['HEAD_FORGED 3', 'HEAD_MISSING 2']);
  });

  test('a silence: nobody signed, or the end of the series is gone', async () => {
    node.clock.advance(901);
    expect(await foundIn(node)).toEqual(['HEAD_SILENT 4 1201 seconds']);
    await settle(node);
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
    await disable(node);
    await settle(node);
    node.items.clear();
    for (const [key, item] of yesterday) node.items.set(key, item);
    expect(await foundIn(node)).toEqual(['CHAIN_CUT P1/7']);
  });
});
