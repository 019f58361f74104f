// Steps 7 to 11 of docs/payout.md at a payout operator: takes payouts that the network forwards. Here: are these the
// participant's own bytes, and are these payouts for us? Whether each may start is asked again by execute-payout,
// which answers every "no" with a signed word; only what cannot be anybody's payout is refused at the door.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import { readDetachedJws } from '../../core/message/jws.ts';
import type { PayoutForward } from '../../core/payout/forward.ts';
import type { Payout } from '../../core/payout/payout.ts';
import {
  addressedHere,
  type ForwardedPayouts,
  orderedHere,
  type ReceivePayoutPorts,
  toExecute,
  verifyBytes,
} from './forwarded-payouts.ts';
import { refuseForward } from './receive-inquiry.ts';

interface InEnvelope extends ForwardedPayouts {
  readonly envelope: { readonly signer: string; readonly bytes: Uint8Array };
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

function entered(ports: ReceivePayoutPorts, payout: Payout) {
  return { ...payout, entry: toExecute(ports.ids.next(), payout, payout.createdAt) };
}
