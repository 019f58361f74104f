// What became of these payouts? The network asks once nothing of them may be started any more. A payout that stands is
// answered again; one that was never seen gets a tombstone first, on the same key that a late forward would need, so
// that "never seen" stays true for ever (S6).

import type { Refusal } from '../../core/errors.ts';
import type { Institution } from '../../core/message/envelope.ts';
import type { ForwardedTransaction, PayoutInquiry } from '../../core/payout/forward.ts';
import { type Making, payoutEvidence, tell } from '../../core/payout/moving.ts';
import type { Payout, PayoutResponse } from '../../core/payout/payout.ts';
import type { ReceivePayoutPorts } from './receive-payout.ts';

type InquiryPorts = Pick<ReceivePayoutPorts, 'clock' | 'ids' | 'node' | 'moves'>;

export async function receiveInquiry(
  ports: InquiryPorts,
  { inquiry, from }: { readonly inquiry: PayoutInquiry; readonly from: Institution },
): Promise<void> {
  const word = { status: 'error_expired', message: 'The payout operator never saw it.' };
  await buryEach(ports, { ...inquiry, from, word, kind: 'payout.neverSeen' });
}

/** Forwarded, and refused before it could be anybody's payout: said once, signed, and true for ever. */
export async function refuseForward(
  ports: InquiryPorts,
  forwarded: Pick<PayoutInquiry, 'participant' | 'transactions'> & { readonly from: Institution },
  refusal: Refusal,
): Promise<void> {
  const word = { status: 'invalid', message: `${refusal.code}: ${refusal.message}` };
  await buryEach(ports, { ...forwarded, word, kind: 'payout.refused' });
}

interface Burial extends Pick<PayoutInquiry, 'participant' | 'transactions'> {
  readonly from: Institution;
  readonly word: Pick<PayoutResponse, 'status' | 'message'>;
  readonly kind: string;
}

async function buryEach(ports: InquiryPorts, burial: Burial): Promise<void> {
  const { participant, transactions, from, kind } = burial;
  for (const asked of transactions) {
    const making: Making = {
      evidenceId: ports.ids.next(),
      entryId: ports.ids.next(),
      responseId: ports.ids.next(),
      by: 'receive-node-message',
      now: ports.clock.now(),
    };
    const tombstone = tombstoneOf(ports, burial, asked, making);
    const buried = await ports.moves.bury(
      tombstone,
      [payoutEvidence(tombstone, kind, making)],
      [tell('payout.answer', tombstone, from.finId, making)],
    );
    if (!buried) await tellAgain(ports, participant, asked, from, making);
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
  { participant, from, word }: Burial,
  asked: ForwardedTransaction,
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
    response: { id: responseId, ...word, at: now },
  };
}
