import { beforeEach, describe, expect, test } from 'vitest';
import { evidencePut } from '../../adapters/dynamodb/evidence.ts';
import { foundIn } from '../support/audit.ts';
import type { EvidenceNode } from '../support/evidence.ts';
import {
  activate,
  certificate,
  certificateName,
  disable,
  granted,
  name,
  sealedItem,
  settle,
  tracedNode,
} from '../support/traced.ts';

// Somebody who can write the node's table changes what a certificate's item says, and what is written of it.

let node: EvidenceNode;
beforeEach(async () => {
  node = await tracedNode();
});

describe('S23 finds a state', () => {
  test('rolled back to an earlier, well sealed item', async () => {
    const before = structuredClone(node.items.get(name(certificate))!);
    await disable(node);
    await settle(node);
    node.items.set(name(certificate), before);
    expect(await foundIn(node)).toEqual([`STATE_ROLLED_BACK ${certificateName}`]);
  });

  test('made active again in place, with and without its old seal', async () => {
    const { seal } = node.items.get(name(certificate))!;
    await disable(node);
    await settle(node);
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
    await node.table.write({ put: (await sealedItem(node, { pk: 'CERT#xyz', sk: 'STATUS' }, granted)).item });
    expect(await foundIn(node)).toEqual(['STATE_WITHOUT_RECORD CERT#xyz|STATUS']);
  });

  test('sealed anew without a record', async () => {
    const { item } = await sealedItem(
      node,
      certificate,
      { ...granted, use: 'transport' },
      { networkStatus: 'active' },
    );
    node.items.set(name(certificate), item);
    expect(await foundIn(node)).toEqual([`STATE_DIFFERS ${certificateName} seal`]);
  });

  test('with a version that no record gave it', async () => {
    await disable(node);
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
    await settle(node);
    expect(await foundIn(node)).toEqual([]);
    node.items.set(name(certificate), item);
    expect(await foundIn(node)).toEqual([`STATE_ROLLED_BACK ${certificateName}`]);
  });

  test('disabled and enrolled anew is nothing, though its versions begin again', async () => {
    await disable(node);
    node.clock.advance(1);
    await disable(node);
    node.clock.advance(1);
    await activate(node);
    expect(await foundIn(node)).toEqual([]);
    const sealedAnew = structuredClone(node.items.get(name(certificate))!);
    node.clock.advance(1);
    await disable(node);
    await settle(node);
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
    await activate(node);
    expect(await foundIn(node)).toEqual([]);
    await settle(node);
    expect(await foundIn(node)).toEqual([]);
    node.items.delete(name(certificate));
    expect(await foundIn(node)).toEqual([`STATE_MISSING ${certificateName}`]);
  });

  test('without a seal that names a record which does not exist', async () => {
    await node.table.write({ put: { pk: 'MSG#P1#1', sk: 'MESSAGE', evidenceId: 'NONE' } });
    expect(await foundIn(node)).toEqual(['STATE_WITHOUT_RECORD MSG#P1#1|MESSAGE']);
  });
});
