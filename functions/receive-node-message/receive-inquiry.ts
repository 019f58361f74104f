// What became of these payouts? The network asks once nothing of them may start any more, and shows again what the
// participant signed. A payout that stands is answered again. One that was never seen gets a tombstone first, on the key
// that a late forward would need, so that "never seen" stays true for ever (S6); execute-payout asks the bank's core by
// the payout's key before that is said, because a table that was restored has forgotten what it paid.

import { Refusal } from '../../core/errors.ts';
import { type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import { type Making, payoutEvidence, tell, toExecute } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import {
  addressedHere,
  type ForwardedPayouts,
  orderedHere,
  type ReceivePayoutPorts,
  verifyBytes,
} from './forwarded-payouts.ts';

/** @throws Refusal where the node's own records do not hold, or the bytes are no message */
export async function receiveInquiry(ports: ReceivePayoutPorts, asked: ForwardedPayouts): Promise<void> {
  const { forward, from } = asked;
  const participant = readEnvelope(forward.original.bytes).header.sender.finId;
  const found = await ordered(ports, asked);
  await someAtOnce(forward.transactions, async ({ transactionId, networkTransactionId }, place) => {
    const making = makingOf(ports);
    const named = { participant, transactionId, networkTransactionId };
    const standing = await ports.moves.find(participant, transactionId);
    if (standing) {
      if (standing.network === from.finId && standing.networkTransactionId === networkTransactionId)
        await tellAgain(ports, standing, from, making);
      // Another network's: this one forwarded none under the id, and never can. One of its own under another id was
      // forgotten there, not here: people say what became of that.
      else if (standing.network !== from.finId)
        await ports.moves.enqueue(
          refusedEntry(ports, asked, named, new Refusal('TRANSACTION_ID_REUSED'), 'answer'),
        );
    } else if (found instanceof Refusal)
      await ports.moves.enqueue(refusedEntry(ports, asked, named, found, 'execute'));
    else await bury(ports, found[place]!, making);
  });
}

/** A message names up to a thousand payouts: one after the other they outlast the function, at every attempt anew. */
const atOnce = 25;

async function someAtOnce<T>(all: readonly T[], act: (one: T, place: number) => Promise<void>) {
  for (let from = 0; from < all.length; from += atOnce)
    await Promise.all(all.slice(from, from + atOnce).map((one, at) => act(one, from + at)));
}

const neverSeen = { status: 'error_expired', message: 'The payout operator never saw it.' };

/** What the participant ordered here through the node that asks; or why it did not, which is told and burns nothing. */
async function ordered(
  ports: ReceivePayoutPorts,
  asked: ForwardedPayouts,
): Promise<readonly Payout[] | Refusal> {
  try {
    const { participant, envelope } = await addressedHere(ports, asked);
    // The certificate may have expired since: it is asked about the moment at which it signed.
    await verifyBytes(ports, asked.forward.original, participant, envelope.header.creationDate);
    return await orderedHere(ports, asked, envelope, ports.clock.now());
  } catch (error) {
    if (!(error instanceof Refusal) || ownTrouble.has(error.code)) throw error;
    return error;
  }
}

/** The node's own trouble is nobody's refusal. */
const ownTrouble = new Set<string>(['SEAL_BROKEN', 'PROOF_BROKEN', 'ANCHORS_MISSING']);

/**
 * Forwarded, and refused before it could be anybody's payout: said once, signed, and true for ever of this network. The
 * bytes are not proved, so that no payout is buried for their sake: who really ordered under the id still can elsewhere.
 */
export async function refuseForward(
  ports: ReceivePayoutPorts,
  forwarded: ForwardedPayouts & { readonly participant: string; readonly messageId: string },
  refusal: Refusal,
): Promise<void> {
  const { participant, messageId, forward, from } = forwarded;
  await someAtOnce(forward.transactions, async (ids) => {
    const making = makingOf(ports);
    const named = { ...ids, participant };
    const standing = await ports.moves.find(participant, ids.transactionId);
    if (standing?.network === from.finId) {
      if (standing.networkTransactionId === ids.networkTransactionId)
        await tellAgain(ports, standing, from, making);
      return;
    }
    const entry = refusedEntry(ports, forwarded, named, refusal, standing ? 'answer' : 'execute');
    const about = { ...named, messageId, payoutOperator: ports.node.finId };
    const evidence = payoutEvidence(about, 'payout.refused', making, { code: refusal.code });
    if (!(await ports.moves.refuseFrom(from.finId, named, [evidence], [entry])))
      await ports.moves.enqueue(entry);
  });
}

function bury(ports: ReceivePayoutPorts, payout: Payout, making: Making): Promise<boolean> {
  const response = { id: making.responseId, ...neverSeen, at: making.now };
  const tombstone: Payout = { ...payout, state: 'tombstone', response };
  const evidence = [payoutEvidence(payout, 'payout.neverSeen', making, {}, 'tombstone')];
  return ports.moves.bury(tombstone, evidence, [toExecute(making.entryId, tombstone, making.now)]);
}

async function tellAgain(
  ports: ReceivePayoutPorts,
  payout: Payout,
  from: Institution,
  making: Making,
): Promise<void> {
  if (!payout.response) return;
  const isTombstone = payout.state === 'tombstone';
  await ports.moves.enqueue(
    isTombstone
      ? toExecute(making.entryId, payout, making.now)
      : tell('payout.answer', payout, from.finId, making),
  );
}

/**
 * Nothing is written under the id: whoever really ordered under it, through another network perhaps, still can. Where no
 * payout stands under it, the core is asked first.
 */
function refusedEntry(
  { ids, clock }: ReceivePayoutPorts,
  { from }: ForwardedPayouts,
  named: Pick<Payout, 'participant' | 'transactionId' | 'networkTransactionId'>,
  refusal: Refusal,
  then: 'execute' | 'answer',
): OutboxEntry {
  const { participant, transactionId, networkTransactionId } = named;
  const refused = `${refusal.code}: ${refusal.message}`.slice(0, 500);
  const refs = { participant, transactionId, networkTransactionId, receiver: from.finId, refused };
  const queue = then === 'answer' ? 'deliver' : 'payment';
  const entry = newOutboxEntry({ id: ids.next(), queue, kind: `payout.${then}`, refs, now: clock.now() });
  return then === 'answer' ? { ...entry, receiver: from.finId } : entry;
}

const makingOf = ({ ids, clock }: ReceivePayoutPorts): Making => ({
  evidenceId: ids.next(),
  entryId: ids.next(),
  responseId: ids.next(),
  by: 'receive-node-message',
  now: clock.now(),
});
