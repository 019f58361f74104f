// What became of these payouts? The network asks once nothing of them may be started any more. A payout that stands is
// answered again; one that was never seen gets a tombstone first, on the same key that a late forward would need, so
// that "never seen" stays true for ever (S6).

import type { Institution } from '../../core/message/envelope.ts';
import type { ForwardedTransaction, PayoutInquiry } from '../../core/payout/forward.ts';
import { type Making, payoutEvidence, tell } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { ReceivePayoutPorts } from './receive-payout.ts';

type InquiryPorts = Pick<ReceivePayoutPorts, 'clock' | 'ids' | 'node' | 'moves'>;

export async function receiveInquiry(
  ports: InquiryPorts,
  { inquiry, from }: { readonly inquiry: PayoutInquiry; readonly from: Institution },
): Promise<void> {
  for (const asked of inquiry.transactions) {
    const making: Making = {
      evidenceId: ports.ids.next(),
      entryId: ports.ids.next(),
      responseId: ports.ids.next(),
      by: 'receive-node-message',
      now: ports.clock.now(),
    };
    const tombstone = tombstoneOf(ports, inquiry.participant, asked, from, making);
    const buried = await ports.moves.bury(
      tombstone,
      [payoutEvidence(tombstone, 'payout.neverSeen', making)],
      [tell('payout.answer', tombstone, from.finId, making)],
    );
    if (!buried) await tellAgain(ports, inquiry.participant, asked, from, making);
  }
}

/** Only to the network that forwarded it, and only of the payout that it names. */
async function tellAgain(
  ports: InquiryPorts,
  participant: string,
  asked: ForwardedTransaction,
  from: Institution,
  making: Making,
): Promise<void> {
  const payout = await ports.moves.find(participant, asked.transactionId);
  const theirs = payout?.network === from.finId && payout.networkTransactionId === asked.networkTransactionId;
  if (payout?.response && theirs)
    await ports.moves.enqueue(tell('payout.answer', payout, from.finId, making));
}

function tombstoneOf(
  { node }: InquiryPorts,
  participant: string,
  asked: ForwardedTransaction,
  from: Institution,
  { responseId, now }: Making,
): Payout {
  return {
    ...asked,
    participant,
    messageId: 'never-seen',
    place: 0,
    payoutOperator: node.finId,
    currency: 'CLP',
    amountMinor: 0n,
    state: 'tombstone',
    createdAt: now,
    day: '',
    network: from.finId,
    response: {
      id: responseId,
      status: 'error_expired',
      message: 'The payout operator never saw it.',
      at: now,
    },
  };
}
