import { expect, test } from 'vitest';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { endAtOperator } from '../../core/enrolment/recording.ts';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { receiveAnswer } from '../../functions/receive-node-message/receive-answer.ts';
import { disableStand } from '../support/disable.ts';
import { network, signedBy } from '../support/enrolment.ts';

const bank = { finId: 'BANCO_CL', finIdSchema: 'SHINKANSEN' };

/** Ended at the network, which told its payout operator; that word waits, or was given up on. */
async function ended(given: 'still waits' | 'was given up') {
  const stand = disableStand();
  const now = stand.clock.now();
  const leaf = stand.leaf('late');
  const enrolment = await stand.pending(leaf);
  const row = { enrolmentId: enrolment.id, operator: bank.finId, status: 'pending', at: now } as const;
  await stand.enrolments.putRow(row, { evidence: [], outbox: [] });
  const end = endAtOperator(enrolment.id, bank.finId, now);
  await stand.enrolments.move({
    from: enrolment,
    to: { validity: 'valid', networkStatus: 'rejected' },
    code: 'WITHDRAWN',
    steps: [],
    evidence: [],
    outbox: [end],
  });
  const outbox = outboxStore(stand.table);
  if (given === 'was given up') await outbox.giveUp((await outbox.take(end.id, now))!, now);
  return { stand, leaf, enrolment };
}

test.each(['still waits', 'was given up'] as const)(
  'an acceptance after the end is kept and answered by an end of its own, where the first one %s',
  async (given) => {
    const { stand, leaf, enrolment } = await ended(given);
    const header = { sender: bank, receiver: network, messageId: 'a-1', creationDate: stand.clock.now() };
    const { id, thumbprint } = enrolment;
    const said = { enrolment_id: id, thumbprint, status: 'accepted', code: null, confirmation: null };
    const bytes = writeEnvelope(header, { action: 'enrolment.answer', parameters: said });
    const message = { bytes, signature: await signedBy(leaf, bytes) };
    const received = { operator: bank.finId, messageId: 'a-1', message };
    await receiveAnswer(stand.enrolling, received);
    await receiveAnswer(stand.enrolling, received);
    expect(await stand.enrolments.rows(id)).toMatchObject([{ status: 'accepted', messageId: 'a-1' }]);
    const told = stand.queues.announced.filter((entry) => entry.id.startsWith('enrolment.end.'));
    expect(told.map((entry) => entry.id)).toEqual([
      `enrolment.end.${id}.BANCO_CL`,
      `enrolment.end.${id}.BANCO_CL.a-1`,
    ]);
  },
);

test('the last word keeps when it was asked and received, and its own for when the apoderado confirmed', async () => {
  const stand = disableStand();
  const leaf = stand.leaf('timed');
  const { id, thumbprint } = await stand.pending(leaf);
  const [asked, received] = [stand.clock.now(), new Date(stand.clock.now().getTime() + 60_000)];
  const row = { enrolmentId: id, operator: bank.finId };
  const trace = { evidence: [], outbox: [] };
  await stand.enrolments.putRow({ ...row, status: 'waiting', at: asked }, trace);
  await stand.enrolments.putRow({ ...row, status: 'pending', at: received, askedAt: asked }, trace);
  stand.clock.advance(3600);
  const confirmed = new Date(received.getTime() + 60_000);
  const header = { sender: bank, receiver: network, messageId: 'a-1', creationDate: stand.clock.now() };
  const confirmation = { person_id: 'p1', method: 'passkey', at: confirmed.toISOString() };
  const said = { enrolment_id: id, thumbprint, status: 'accepted', code: null, confirmation };
  const bytes = writeEnvelope(header, { action: 'enrolment.answer', parameters: said });
  const message = { bytes, signature: await signedBy(leaf, bytes) };
  await receiveAnswer(stand.enrolling, { operator: bank.finId, messageId: 'a-1', message });
  expect(await stand.enrolments.rows(id)).toMatchObject([
    {
      status: 'accepted',
      at: stand.clock.now(),
      askedAt: asked,
      pendingAt: received,
      confirmedAt: confirmed,
    },
  ]);
});

test('a confirmation that names as its time what is none is taken without one', async () => {
  const stand = disableStand();
  const leaf = stand.leaf('timeless');
  const { id, thumbprint } = await stand.pending(leaf);
  const asked = { enrolmentId: id, operator: bank.finId, status: 'waiting', at: stand.clock.now() } as const;
  await stand.enrolments.putRow(asked, { evidence: [], outbox: [] });
  const header = { sender: bank, receiver: network, messageId: 'a-1', creationDate: stand.clock.now() };
  const confirmation = { person_id: 'p1', method: 'passkey', at: { toString: 1 } };
  const said = { enrolment_id: id, thumbprint, status: 'accepted', code: null, confirmation };
  const bytes = writeEnvelope(header, { action: 'enrolment.answer', parameters: said });
  const message = { bytes, signature: await signedBy(leaf, bytes) };
  await receiveAnswer(stand.enrolling, { operator: bank.finId, messageId: 'a-1', message });
  const [row] = await stand.enrolments.rows(id);
  expect([row?.status, row?.confirmedAt]).toEqual(['accepted', undefined]);
});
