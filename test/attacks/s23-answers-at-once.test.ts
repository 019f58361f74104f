import { expect, test } from 'vitest';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { receiveAnswer } from '../../functions/receive-node-message/receive-answer.ts';
import { auditNode } from '../support/audit.ts';
import { disableStand } from '../support/disable.ts';
import { network, signedBy } from '../support/enrolment.ts';
import { evidenceNode } from '../support/evidence.ts';

// S23 O: a payout operator that says `pending` and its last word within the minute in which evidence is chained makes
// nobody accuse the network of having exchanged bytes.

const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };

test('S23 O: an answer that a later one replaces before it is locked is locked all the same', async () => {
  const stand = disableStand();
  const evidence = evidenceNode(stand.items, stand.table, { clock: stand.clock, sealer: stand.sealer });
  const leaf = stand.leaf('asked');
  const { id, thumbprint } = await stand.pending(leaf);
  const now = stand.clock.now();
  const asked = { enrolmentId: id, operator: bank.finId, at: now };
  const row = async (status: 'waiting' | 'pending') =>
    stand.enrolments.putRow({ ...asked, status }, { evidence: [], outbox: [] });
  await row('waiting');
  const say = async (status: string, messageId: string) => {
    const header = { sender: bank, receiver: network, messageId, creationDate: now };
    const said = { enrolment_id: id, thumbprint, status, code: null, confirmation: null };
    const bytes = writeEnvelope(header, { action: 'enrolment.answer', parameters: said });
    const message = { bytes, signature: await signedBy(leaf, bytes) };
    await receiveAnswer(stand.enrolling, { operator: bank.finId, messageId, message });
  };
  await say('pending', 'a-1');
  // The receipt of our own forward, written after the word that overtook it.
  await row('pending');
  await say('pending', 'a-2');
  await say('accepted', 'a-3');
  await evidence.chain();
  await evidence.sign();
  expect(evidence.log.lines.map(({ code }) => code)).not.toContain('EVIDENCE_BROKEN');
  const found = (await auditNode(evidence)).findings.map(({ code }) => code);
  expect(found.filter((code) => code.startsWith('SOURCE_'))).toEqual([]);
  expect(await stand.enrolments.rows(id)).toMatchObject([{ status: 'accepted', messageId: 'a-3' }]);
});
