import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { validate } from '../../adapters/http/generated/enrol-message.js';
import { requireShape } from '../../adapters/http/validate.ts';
import { Transient } from '../../core/errors.ts';
import { readDetachedJws, verifyDetached } from '../../core/message/jws.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { auditNode } from '../support/audit.ts';
import { disableStand } from '../support/disable.ts';
import { enrolMessage, fintech, signedBy } from '../support/enrolment.ts';
import { evidenceNode } from '../support/evidence.ts';

// S23: bytes and chains lie under Object Lock before the record that names them has its place in the chain.

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');
const caller = { participant: fintech.finId, keyId: 'K1' };

/** A signed enrolment, and the node's evidence over the same table. */
async function enrolled() {
  const stand = disableStand();
  const evidence = evidenceNode(stand.items, stand.table, { clock: stand.clock, sealer: stand.sealer });
  const signer = await stand.active(stand.leaf('signer'));
  const intermediate = stand.root.issueCa({ name: 'Intermedia' });
  const leaf = intermediate.issue({
    holder: { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' },
  });
  const body = enrolMessage({ leaf, messageId: 'm-locked', creationDate: stand.clock.now() });
  const signature = await signedBy(signer, body);
  const ports = {
    ...stand.ports,
    enrolments: stand.enrolments,
    countUnsigned: async () => true,
    checkShape: (message: object) => requireShape(validate, message as never),
  };
  await admitEnrolment(ports as never, { body, signature, caller });
  const messageKey = { pk: `MSG#${fintech.finId}#m-locked`, sk: 'MESSAGE' };
  return { stand, evidence, signer, leaf, chain: [leaf.der, intermediate.der], body, signature, messageKey };
}

/** The message of the enrolment, as the archive holds it. */
const locked = ({ evidence, stand, body }: Awaited<ReturnType<typeof enrolled>>) =>
  evidence.archive.lockedMessage({ scope: fintech.finId, at: stand.clock.now() }, sha256(body));

const sources = async ({ evidence }: Awaited<ReturnType<typeof enrolled>>) =>
  (await auditNode(evidence)).findings.filter(({ code }) => code.startsWith('SOURCE'));

describe('S23 what a chained record rests on is locked', () => {
  test('S23 D: message, signature and every certificate of the chain, byte for byte', async () => {
    const world = await enrolled();
    const { evidence, body, signature, chain, signer } = world;
    expect(await locked(world)).toBeUndefined();
    await evidence.chain();
    for (const bytes of chain)
      expect(Buffer.from((await evidence.archive.bytes(sha256(bytes)))!).equals(bytes)).toBe(true);
    const kept = await locked(world);
    expect(Buffer.from(kept!.bytes).equals(body)).toBe(true);
    expect(kept!.signature).toBe(signature);
    const publicKey = createPublicKey(signer.key);
    verifyDetached(readDetachedJws(kept!.signature), body, { thumbprint: signer.thumbprint, publicKey });
    expect(await sources(world)).toEqual([]);
  });

  test('S23 D: who removes them from the table afterwards is named, and has removed nothing', async () => {
    const world = await enrolled();
    const { evidence, stand, leaf, chain, messageKey } = world;
    await evidence.chain();
    await stand.table.write({ delete: messageKey });
    await stand.table.write({ delete: { pk: `CHAIN#${leaf.thumbprint}`, sk: 'CHAIN' } });
    expect((await sources(world)).map(({ code, detail }) => [code, detail])).toEqual([
      ['SOURCE_MISSING', 'message'],
    ]);
    for (const bytes of chain) expect(await evidence.archive.bytes(sha256(bytes))).toBeDefined();
    expect(await locked(world)).toBeDefined();
  });

  test('S23 D: bytes that were exchanged before they could be locked ring at once', async () => {
    const { evidence, stand, messageKey } = await enrolled();
    const item = (await stand.table.get(messageKey))!;
    await stand.table.write({ put: { ...item, bytes: Buffer.from('{}') } });
    await evidence.chain();
    expect(evidence.log.lines.map(({ code }) => code)).toContain('EVIDENCE_BROKEN');
  });

  test('S23 nothing is chained while the archive is busy, and all of it afterwards', async () => {
    const world = await enrolled();
    const { evidence } = world;
    const { putBytes, putMessages } = evidence.archive;
    const busy = async () => {
      throw new Transient('TransientArchiveBusy', 'busy');
    };
    for (const busyWith of [{ putBytes: busy }, { putMessages: busy }]) {
      Object.assign(evidence.archive, busyWith);
      expect(await evidence.chain()).toEqual({ chained: 0 });
      Object.assign(evidence.archive, { putBytes, putMessages });
    }
    expect((await evidence.chain()).chained).toBeGreaterThan(0);
    expect(await locked(world)).toBeDefined();
  });

  test('S23 O: a word that a later one replaced in its item is read from the archive', async () => {
    const node = evidenceNode();
    const answer = { pk: 'TX#P1#t-1', sk: 'ANSWER' };
    const [first, later] = ['{"status":"error"}', '{"status":"ok"}'].map((each) => Buffer.from(each));
    const source = { kind: 'message', sha256: sha256(first!), copiedFrom: 'TX#P1#t-1|ANSWER' };
    const found = async () => (await auditNode(node)).findings.map(({ code }) => code);
    await node.table.write({ put: { ...answer, bytes: first!, signature: 'a..b' } });
    await node.happen({ sources: [source] });
    await node.chain();
    await node.sign();
    await node.table.write({ put: { ...answer, bytes: later!, signature: 'c..d' } });
    expect(await found()).toEqual([]);
    const batch = [...node.archive.objects.keys()].find((key) => key.startsWith('batches/'))!;
    node.archive.objects.delete(batch);
    expect(await found()).toEqual(['SOURCE_CHANGED']);
  });
});
