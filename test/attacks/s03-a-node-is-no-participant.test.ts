// A node signs with a certificate that node operators pinned: no officer and no apoderado of its company ever confirmed it
// for payouts. Were it taken for a participant, a network that was taken over could forward payouts of its own and have a
// bank debit the network company's account.

import { expect, test } from 'vitest';
import { enrolling } from '../../adapters/enrolling.ts';
import { writeEnvelope } from '../../core/message/envelope.ts';
import { signDetached } from '../../core/message/jws.ts';
import { payoutForwardParameters } from '../../core/payout/forward.ts';
import { deliverToNode } from '../../functions/deliver-message/deliver-message.ts';
import { bank, network, participant, twoNodes } from '../support/node-certificates.ts';

test('S3 N: a network’s own payouts are those of nobody at a payout operator', async () => {
  const { net, op } = await twoNodes();
  const { world } = op;
  const { participant: participantOf } = enrolling(world.table, world);
  expect(await participantOf(participant)).toMatchObject({ finId: participant });
  expect([await participantOf(network), await participantOf(bank)]).toEqual([undefined, undefined]);

  const own = { finId: network, finIdSchema: 'SHINKANSEN' };
  const now = net.world.clock.now();
  const header = { sender: own, receiver: own, messageId: 'inner-1', creationDate: now };
  const bytes = writeEnvelope(header, { transactions: [] });
  const signature = await signDetached(bytes, await net.delivering.certificate(), net.delivering.signer);
  const original = { bytes, signature };
  const transactions = [
    { transactionId: 'tx-1', networkTransactionId: '018f3f2e-7c00-7000-8000-000000000001' },
  ];
  const parameters = payoutForwardParameters({
    original,
    payoutOperator: bank,
    transactions: transactions as never,
    notAfter: new Date(now.getTime() + 3_600_000),
  });
  op.asParticipants(participantOf);
  const message = { receiver: bank, action: 'payout.forward', parameters };
  const entry = { id: 'forward-1', createdAt: now };
  expect((await deliverToNode(net.delivering, entry, message)).outcome).not.toBe('RECEIVED');
  expect(net.refused).toEqual(['PARTICIPANT_UNKNOWN']);
});
