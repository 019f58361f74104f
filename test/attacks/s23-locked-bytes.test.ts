import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signatureName } from '../../adapters/dynamodb/locked-sources.ts';
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

const sources = async ({ evidence }: Awaited<ReturnType<typeof enrolled>>) =>
  (await auditNode(evidence)).findings.filter(({ code }) => code.startsWith('SOURCE'));

describe('S23 what a chained record rests on is locked', () => {
  test('S23 D: message, signature and every certificate of the chain, byte for byte', async () => {
    const world = await enrolled();
    const { evidence, body, signature, chain, signer } = world;
    expect(await evidence.archive.bytes(sha256(body))).toBeUndefined();
    await evidence.chain();
    for (const bytes of [body, ...chain])
      expect(Buffer.from((await evidence.archive.bytes(sha256(bytes)))!).equals(bytes)).toBe(true);
    const kept = Buffer.from((await evidence.archive.bytes(signatureName(sha256(body))))!).toString();
    expect(kept).toBe(signature);
    const publicKey = createPublicKey(signer.key);
    verifyDetached(readDetachedJws(kept), body, { thumbprint: signer.thumbprint, publicKey });
    expect(await sources(world)).toEqual([]);
  });

  test('S23 D: who removes them from the table afterwards is named, and has removed nothing', async () => {
    const world = await enrolled();
    const { evidence, stand, leaf, body, chain, messageKey } = world;
    await evidence.chain();
    await stand.table.write({ delete: messageKey });
    await stand.table.write({ delete: { pk: `CHAIN#${leaf.thumbprint}`, sk: 'CHAIN' } });
    expect((await sources(world)).map(({ code, detail }) => [code, detail])).toEqual([
      ['SOURCE_MISSING', 'message'],
    ]);
    for (const bytes of [body, ...chain]) expect(await evidence.archive.bytes(sha256(bytes))).toBeDefined();
  });

  test('S23 D: bytes that were exchanged before they could be locked ring at once', async () => {
    const { evidence, stand, messageKey } = await enrolled();
    const item = (await stand.table.get(messageKey))!;
    await stand.table.write({ put: { ...item, bytes: Buffer.from('{}') } });
    await evidence.chain();
    expect(evidence.log.lines.map(({ code }) => code)).toContain('EVIDENCE_BROKEN');
  });

  test('S23 nothing is chained while the archive is busy, and all of it afterwards', async () => {
    const { evidence, body } = await enrolled();
    const { putBytes } = evidence.archive;
    evidence.archive.putBytes = async () => {
      throw new Transient('TransientArchiveBusy', 'busy');
    };
    expect(await evidence.chain()).toEqual({ chained: 0 });
    evidence.archive.putBytes = putBytes;
    expect((await evidence.chain()).chained).toBeGreaterThan(0);
    expect(await evidence.archive.bytes(sha256(body))).toBeDefined();
  });
});
