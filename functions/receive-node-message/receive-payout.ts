// Steps 7 to 11 of docs/payout.md at a payout operator: takes payouts that the network forwards. Here: are these the
// participant's own bytes, and are these payouts for us? Whether each may start is asked again by execute-payout,
// which answers every "no" with a signed word; only what cannot be anybody's payout is refused at the door.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import { type Envelope, type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, verifyDetached } from '../../core/message/jws.ts';
import { addressedEnvelope, type SenderPorts } from '../../core/message/sender.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import type { PayoutForward } from '../../core/payout/forward.ts';
import {
  type Instruction,
  PayoutsRefused,
  readInstructions,
  transactionsOf,
} from '../../core/payout/message.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { PayoutMoves } from '../../core/payout/ports.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import { refuseForward } from './receive-inquiry.ts';

export interface ReceivePayoutPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly moves: PayoutMoves;
  participant(finId: string): Promise<Institution | undefined>;
  /** @throws PayoutsRefused, Refusal BODY_SCHEMA */
  requireShape(envelope: Envelope): void;
}

export interface ForwardedPayouts {
  readonly forward: PayoutForward;
  /** The node that signed the envelope around it, and that the participant must have addressed (S3). */
  readonly from: Institution;
}

/** @throws Refusal */
export async function receivePayout(ports: ReceivePayoutPorts, received: ForwardedPayouts): Promise<void> {
  const { forward, from } = received;
  if (forward.payoutOperator !== ports.node.finId)
    throw new Refusal('PAYOUT_NOT_OURS', { found: forward.payoutOperator });
  const now = ports.clock.now();
  const inner = readEnvelope(forward.original.bytes);
  const participant = await ports.participant(inner.header.sender.finId);
  if (!participant) throw new Refusal('PARTICIPANT_UNKNOWN', { found: inner.header.sender.finId });
  const { transactions } = forward;
  const refusal = await unknownSigner(ports, forward.original, participant.finId, now);
  if (refusal) return refuseForward(ports, { participant: participant.finId, transactions, from }, refusal);
  const envelope = addressedEnvelope(forward.original.bytes, participant, from);
  const instructions = instructionsIn(ports, envelope, now);
  const { messageId } = envelope.header;
  const payouts = forward.transactions.map((named) => {
    const instruction = instructions.find((one) => one.transactionId === named.transactionId);
    if (instruction?.payoutOperator !== ports.node.finId)
      throw new Refusal('PAYOUT_NOT_OURS', { parameter: named.transactionId });
    const payout = payoutFor(instruction, { ...named, participant: participant.finId, messageId });
    return entered(ports, { ...payout, network: from.finId, notAfter: forward.notAfter, createdAt: now });
  });
  const sha256 = createHash('sha256').update(forward.original.bytes).digest('base64url');
  const { thumbprint: signer } = readDetachedJws(forward.original.signature);
  const evidence = {
    id: ports.ids.next(),
    scope: participant.finId,
    kind: 'payouts.received',
    at: now,
    actor: { kind: 'network', finId: from.finId } as const,
    subjects: { messageId },
    facts: { sha256, signer, transactions: payouts.length, notAfter: forward.notAfter.toISOString() },
    sources: [{ kind: 'message', sha256, item: `MSG#${participant.finId}#${messageId}|MESSAGE` }],
  };
  const outcome = await ports.moves.receive({
    participant: participant.finId,
    messageId,
    original: forward.original,
    receivedAt: now,
    payouts,
    evidence: [evidence],
  });
  if (outcome === 'OTHER_MESSAGE') throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id' });
}

/** Between nodes the first reason is enough. @throws Refusal */
function instructionsIn(ports: ReceivePayoutPorts, envelope: Envelope, now: Date): readonly Instruction[] {
  try {
    ports.requireShape(envelope);
    return readInstructions(transactionsOf(envelope), now);
  } catch (error) {
    throw error instanceof PayoutsRefused ? error.refusals[0] : error;
  }
}

/**
 * Signed with a key that was proved for this participant here. That the certificate is still active is asked before
 * execution: one that was disabled meanwhile must get a signed answer, not a closed door.
 */
async function verifyBytes(
  ports: ReceivePayoutPorts,
  original: PayoutForward['original'],
  participant: string,
  now: Date,
): Promise<void> {
  const jws = readDetachedJws(original.signature);
  const status = await ports.statuses.status(jws.thumbprint);
  if (!status) throw new Refusal('CERTIFICATE_UNKNOWN');
  if (status.participant !== participant) throw new Refusal('CERTIFICATE_OF_ANOTHER');
  if (status.use !== 'signing') throw new Refusal('CERTIFICATE_WRONG_USE');
  const { publicKey } = await ports.chains.prove(status, now);
  verifyDetached(jws, original.bytes, { thumbprint: jws.thumbprint, publicKey });
}

/** Answered at once, so that nobody waits for the end of the forward's life; other faults of it are the network's. */
async function unknownSigner(
  ports: ReceivePayoutPorts,
  original: PayoutForward['original'],
  participant: string,
  now: Date,
): Promise<Refusal | undefined> {
  try {
    await verifyBytes(ports, original, participant, now);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CERTIFICATE_UNKNOWN') return error;
    throw error;
  }
}

function payoutFor(
  { place, money, payoutOperator }: Instruction,
  ids: Pick<Payout, 'transactionId' | 'networkTransactionId' | 'participant' | 'messageId'>,
): Omit<Payout, 'createdAt'> {
  // The day is set with the debit, when it starts.
  return { ...ids, place, payoutOperator, ...money, state: 'received', day: '' };
}

function entered(ports: ReceivePayoutPorts, payout: Payout) {
  const { participant, transactionId } = payout;
  const entry = newOutboxEntry({
    id: ports.ids.next(),
    queue: 'payment',
    kind: 'payout.execute',
    refs: { participant, transactionId },
    now: payout.createdAt,
  });
  return { ...payout, entry };
}
