// Is what a network forwards, or asks after, really ordered here? The participant's own bytes, under a key that was
// proved for them, addressed to the network that brings them, and naming this operator. What follows from it is asked in
// receive-payout.ts and receive-inquiry.ts.

import { Refusal } from '../../core/errors.ts';
import { type Envelope, type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, verifyDetached } from '../../core/message/jws.ts';
import { addressedEnvelope, type SenderPorts } from '../../core/message/sender.ts';
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

export interface ReceivePayoutPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly moves: PayoutMoves;
  participant(finId: string): Promise<Institution | undefined>;
  /** @throws PayoutsRefused, Refusal BODY_SCHEMA */
  requireShape(envelope: Envelope): Promise<void>;
}

export interface ForwardedPayouts {
  readonly forward: PayoutForward;
  /** The node that signed the envelope around it, and that the participant must have addressed (S3). */
  readonly from: Institution;
}

/** To this operator, and from a participant of ours to the very node that brings it. @throws Refusal */
export async function addressedHere(
  ports: Pick<ReceivePayoutPorts, 'node' | 'participant'>,
  { forward, from }: ForwardedPayouts,
): Promise<{ readonly participant: string; readonly envelope: Envelope }> {
  if (forward.payoutOperator !== ports.node.finId)
    throw new Refusal('PAYOUT_NOT_OURS', { found: forward.payoutOperator });
  const { sender } = readEnvelope(forward.original.bytes).header;
  const participant = await ports.participant(sender.finId);
  if (!participant) throw new Refusal('PARTICIPANT_UNKNOWN', { found: sender.finId });
  return {
    participant: participant.finId,
    envelope: addressedEnvelope(forward.original.bytes, participant, from),
  };
}

/** Each payout that the forward names, as the participant's own bytes order it. @throws Refusal */
export async function orderedHere(
  ports: Pick<ReceivePayoutPorts, 'node' | 'requireShape'>,
  { forward, from }: ForwardedPayouts,
  envelope: Envelope,
  now: Date,
): Promise<readonly Payout[]> {
  const read = await instructionsIn(ports, envelope, now);
  const instructions = new Map(read.map((one) => [one.transactionId, one]));
  const { sender, messageId } = envelope.header;
  return forward.transactions.map((named) => {
    const instruction = instructions.get(named.transactionId);
    if (instruction?.payoutOperator !== ports.node.finId)
      throw new Refusal('PAYOUT_NOT_OURS', { parameter: named.transactionId });
    const payout = payoutFor(instruction, { ...named, participant: sender.finId, messageId });
    return { ...payout, network: from.finId, notAfter: forward.notAfter, createdAt: now };
  });
}

/** Between nodes the first reason is enough. @throws Refusal */
async function instructionsIn(
  ports: Pick<ReceivePayoutPorts, 'requireShape'>,
  envelope: Envelope,
  now: Date,
): Promise<readonly Instruction[]> {
  try {
    await ports.requireShape(envelope);
    return readInstructions(transactionsOf(envelope), now);
  } catch (error) {
    throw error instanceof PayoutsRefused ? error.refusals[0] : error;
  }
}

/**
 * Signed with a key that was proved for this participant here. That the certificate is still active is asked before
 * execution: one that was disabled meanwhile must get a signed answer, not a closed door.
 */
export async function verifyBytes(
  ports: Pick<ReceivePayoutPorts, 'statuses' | 'chains'>,
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

function payoutFor(
  { place, money, payoutOperator }: Instruction,
  ids: Pick<Payout, 'transactionId' | 'networkTransactionId' | 'participant' | 'messageId'>,
): Omit<Payout, 'createdAt'> {
  // The day is set with the debit, when it starts.
  return { ...ids, place, payoutOperator, ...money, state: 'received', day: '' };
}
