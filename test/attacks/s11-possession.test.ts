import { describe, expect, test } from 'vitest';
import { statusKey } from '../../adapters/dynamodb/certificate-items.ts';
import * as der from '../../core/certificate/der-writer.ts';
import { checkLeafFor } from '../../core/certificate/leaf.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { readPublicKey } from '../../core/certificate/public-key.ts';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { receiveEnrolment } from '../../functions/receive-node-message/receive-enrolment.ts';
import { subjectPublicKeyBits } from '../../local/psc/extensions.ts';
import { someHolder, spkiOf, testKey } from '../support/certificates.ts';
import { enrolMessage, enrolmentNode, fintech, network, now } from '../support/enrolment.ts';

const caller = { participant: fintech.finId, keyId: 'K1' };
type Node = ReturnType<typeof enrolmentNode>;

const send = (node: Node, body: Uint8Array) =>
  admitEnrolment(node.ports, { body, signature: undefined, caller });
const codeOf = (error: unknown) => (error instanceof Refusal ? error.code : String(error));

function activation(
  node: Node,
  enrolment: Awaited<ReturnType<typeof send>>['enrolment'],
  participant: string,
) {
  const status: CertificateStatus = {
    thumbprint: enrolment.thumbprint,
    keyThumbprint: enrolment.keyThumbprint,
    participant,
    enrolmentId: enrolment.id,
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: enrolment.notAfter,
    acceptingOperators: ['BANCO_CL'],
    sources: [],
    anchor: enrolment.anchor!,
    activatedAt: now,
  };
  const evidence = [recordOf('enrolment.activated', enrolment, participant)];
  return node.ports.enrolments.activate({
    from: enrolment,
    status,
    steps: [],
    proofs: [],
    evidence,
    outbox: [],
  });
}

function recordOf(kind: string, enrolment: Enrolment, participant: string): EvidenceRecord {
  const actor = { kind: 'node', function: 'test' } as const;
  return { id: `EV-${kind}-${enrolment.id}`, scope: participant, kind, at: now, actor, subjects: {} };
}

test('S11 P: a certificate seen on the wire cannot be enrolled without its key, and its owner is not hindered', async () => {
  const node = enrolmentNode();
  const seen = node.leaf();
  const thief = node.leaf({ keyLabel: 'thief' });
  await expect(send(node, enrolMessage({ leaf: seen, possessionBy: thief }))).rejects.toSatisfy(
    (error) => codeOf(error) === 'POSSESSION_NOT_PROVED',
  );
  expect(node.items.size).toBe(0);
  expect((await send(node, enrolMessage({ leaf: seen }))).enrolment.networkStatus).toBe('pending');
});

test("S11 P: the owner's own proof serves for one message, one sender and one receiver only", async () => {
  const node = enrolmentNode();
  const leaf = node.leaf();
  for (const possessionOver of [
    { messageId: 'other' },
    { sender: 'OTHER' },
    { receiver: 'OTHER' },
    { creationDate: '2026-05-31T12:00:00.000Z' },
  ]) {
    await expect(send(node, enrolMessage({ leaf, possessionOver }))).rejects.toSatisfy(
      (error) => codeOf(error) === 'POSSESSION_NOT_PROVED',
    );
  }
});

describe('S11 N: of an unsigned submission a network that cheats', () => {
  const forwarded = (node: Node, bytes: Uint8Array) =>
    receiveEnrolment(node.ports, {
      forward: { enrolmentId: 'E-1', original: { bytes } },
      from: network,
      apiKeyId: 'KN',
    });
  const edited = (bytes: Uint8Array, over: Record<string, unknown>) => {
    const { document } = JSON.parse(Buffer.from(bytes).toString()) as {
      document: { parameters: object };
    };
    const parameters = { ...document.parameters, ...over };
    return Buffer.from(JSON.stringify({ document: { ...document, parameters } }));
  };

  test.each<[string, Record<string, unknown>]>([
    ['the use `transport` to `signing`', { use: 'signing' }],
    ['the reason', { reason: 'rotacion de certificado' }],
    ['the chain', { chain: [] }],
    ['what it replaces', { replaces: 'R'.repeat(43) }],
  ])('S11 N: changes %s: the payout operator refuses it and keeps nothing', async (_, over) => {
    const node = enrolmentNode();
    const leaf = node.leaf();
    const spare = node.root.issueCa({ name: 'Intermedia' }).issue({ holder: someHolder });
    const sent = enrolMessage({ leaf, parameters: { use: 'transport', reason: 'canal nuevo' } });
    const chain = [leaf.chain[0]!, ...spare.chain.slice(1)].map((der) => Buffer.from(der).toString('base64'));
    const changed = edited(sent, 'chain' in over ? { chain } : over);
    await expect(forwarded(node, changed)).rejects.toSatisfy(
      (error) => codeOf(error) === 'POSSESSION_NOT_PROVED',
    );
    expect(node.items.size).toBe(0);
  });

  test('S11 N: can forward what was asked, in whatever spelling of JSON', async () => {
    const node = enrolmentNode();
    const sent = enrolMessage({ leaf: node.leaf() });
    const respelled = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(sent).toString()), null, 2));
    expect(await forwarded(node, respelled)).toEqual({ status: 'pending', code: null });
  });
});

test('S11 P: a public key becomes active for one participant only, whatever certificate carries it', async () => {
  const node = enrolmentNode();
  const first = (await send(node, enrolMessage({ leaf: node.leaf(), messageId: 'm-1' }))).enrolment;
  const again = (await send(node, enrolMessage({ leaf: node.leaf(), messageId: 'm-2' }))).enrolment;
  expect(again.keyThumbprint).toBe(first.keyThumbprint);
  expect(await activation(node, first, 'SOMEBODY_ELSE')).toBe('ACTIVATED');
  // The participant of the first was written as the owner of the key: the enrolment of the other one finds it taken.
  const owner = [...node.items.values()].find((item) => item.pk.startsWith('SPKI#'));
  expect(owner?.participant).toBe(fintech.finId);
  const stranger = { ...again, participant: 'OTHER_FINTECH' };
  expect(await activation(node, stranger, 'OTHER_FINTECH')).toBe('KEY_OF_ANOTHER');
});

test('S22 D: a status put back to active by a raw edit has no seal and is refused', async () => {
  const node = enrolmentNode();
  const { enrolment } = await send(node, enrolMessage({ leaf: node.leaf() }));
  await activation(node, enrolment, fintech.finId);
  expect((await node.ports.statuses.status(enrolment.thumbprint))?.networkStatus).toBe('active');
  const active = (await node.ports.enrolments.find(enrolment.id))!;
  await node.ports.enrolments.move({
    from: active,
    to: { validity: 'valid', networkStatus: 'disabled' },
    steps: [],
    evidence: [recordOf('certificate.disabled', enrolment, fintech.finId)],
    outbox: [],
  });
  expect((await node.ports.statuses.status(enrolment.thumbprint))?.networkStatus).toBe('disabled');
  const key = statusKey(enrolment.thumbprint);
  for (const [name, item] of node.items)
    if (item.pk === key.pk) node.items.set(name, { ...item, networkStatus: 'active' });
  await expect(node.ports.statuses.status(enrolment.thumbprint)).rejects.toSatisfy(
    (error) => codeOf(error) === 'SEAL_BROKEN',
  );
});

describe('S11 P: a public key has one encoding, so that a second one does not make it another key', () => {
  const spki = (algorithm: string, bits: Uint8Array, ...parameters: readonly Uint8Array[]) =>
    der.sequence(der.sequence(der.objectIdentifier(algorithm), ...parameters), der.bitString(bits));

  test('S11 RSA: whatever stands as parameters but NULL is refused', () => {
    const rsa = '1.2.840.113549.1.1.1';
    const own = spkiOf(testKey('rsa-2048', 'leaf'));
    const bits = subjectPublicKeyBits(own);
    expect(spki(rsa, bits, der.nullValue())).toEqual(new Uint8Array(own));
    for (const parameters of [[], [der.octetString(Buffer.from('x'))], [der.sequence()]])
      expect(() => readPublicKey(spki(rsa, bits, ...parameters))).toThrow(/not NULL/);
  });

  test('S11 EC: a leaf on a compressed point is refused', () => {
    const own = spkiOf(testKey('ec-p256', 'tls'));
    const point = subjectPublicKeyBits(own);
    const compressed = Buffer.from([2 + (point[64]! & 1), ...point.subarray(1, 33)]);
    const { leaf } = enrolmentNode();
    const leafOn = (bits: Uint8Array) => {
      const key = spki('1.2.840.10045.2.1', bits, der.objectIdentifier('1.2.840.10045.3.1.7'));
      const purpose = { use: 'transport', hosts: ['a.example'], extendedKeyUsage: ['clientAuth'] } as const;
      return parseCertificate(leaf({ ...purpose, holder: undefined, spki: key }).der);
    };
    expect(() => checkLeafFor('transport', leafOn(compressed))).toThrow(/compressed point/);
    expect(() => checkLeafFor('transport', leafOn(point))).not.toThrow();
  });
});
