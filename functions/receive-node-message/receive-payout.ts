// Steps 7 to 11 of docs/payout.md at a payout operator: takes payouts that the network forwards. Here: are these the
// participant's own bytes, and are these payouts for us? Whether each may start is asked again by execute-payout,
// which answers every "no" with a signed word; only what cannot be anybody's payout is refused at the door.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import { type Envelope, type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, verifyDetached } from '../../core/message/jws.ts';
import { addressedEnvelope, type SenderPorts } from '../../core/message/sender.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
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
  requireShape(envelope: Envelope): Promise<void>;
}

interface InEnvelope extends ForwardedPayouts {
  readonly envelope: { readonly signer: string; readonly bytes: Uint8Array };
}

export interface ForwardedPayouts {
  readonly forward: PayoutForward;
  /** The node that signed the envelope around it, and that the participant must have addressed (S3). */
  readonly from: Institution;
}

/** @throws Refusal */
export async function receivePayout(ports: ReceivePayoutPorts, received: InEnvelope): Promise<void> {
  const { forward, from } = received;
  const now = ports.clock.now();
  const { participant, envelope } = await addressedHere(ports, received);
  const { transactions } = forward;
  const refusal = await unknownSigner(ports, forward.original, participant, now);
  if (refusal) return refuseForward(ports, { participant, transactions, from }, refusal);
  const { messageId } = envelope.header;
  const ordered = await orderedHere(ports, received, envelope, now);
  const payouts = ordered.map((payout) => entered(ports, payout));
  const sha256 = digestOf(forward.original.bytes);
  const { thumbprint: signer } = readDetachedJws(forward.original.signature);
  const evidence = {
    id: ports.ids.next(),
    scope: participant,
    kind: 'payouts.received',
    at: now,
    actor: { kind: 'network', finId: from.finId, thumbprint: received.envelope.signer } as const,
    subjects: { messageId },
    facts: {
      ...{ sha256, signer, envelope: digestOf(received.envelope.bytes) },
      ...{ transactions: payouts.length, notAfter: forward.notAfter.toISOString() },
    },
    sources: [{ kind: 'message', sha256, item: `MSG#${participant}#${messageId}|MESSAGE` }],
  };
  const outcome = await ports.moves.receive({
    participant,
    messageId,
    original: forward.original,
    receivedAt: now,
    payouts,
    evidence: [evidence],
  });
  if (outcome === 'OTHER_MESSAGE') throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id' });
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');

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
  return { ...payout, entry: toExecute(ports.ids.next(), payout, payout.createdAt) };
}

export function toExecute(
  id: string,
  { participant, transactionId }: Pick<Payout, 'participant' | 'transactionId'>,
  now: Date,
): OutboxEntry {
  const refs = { participant, transactionId };
  return newOutboxEntry({ id, queue: 'payment', kind: 'payout.execute', refs, now });
}
