// Steps 7 to 11 of docs/payout.md at a payout operator: takes payouts that the network forwards. Here: are these the
// participant's own bytes, and are these payouts for us? Whether each may start is asked again by execute-payout,
// which answers every "no" with a signed word; only what cannot be anybody's payout is refused at the door.

import { createHash } from 'node:crypto';
import type { SignedEnvelope } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import { readDetachedJws } from '../../core/message/jws.ts';
import type { PayoutForward } from '../../core/payout/forward.ts';
import { madeAt } from '../../core/payout/ids.ts';
import { toExecute } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import { messagePolicy } from '../../core/policy.ts';
import {
  addressedHere,
  type ForwardedPayouts,
  orderedHere,
  type ReceivePayoutPorts,
  verifyBytes,
} from './forwarded-payouts.ts';
import { refuseForward } from './receive-inquiry.ts';

interface InEnvelope extends ForwardedPayouts {
  readonly envelope: SignedEnvelope & { readonly signer: string };
}

/** @throws Refusal */
export async function receivePayout(ports: ReceivePayoutPorts, received: InEnvelope): Promise<void> {
  const { forward, from } = received;
  const now = ports.clock.now();
  const { participant, envelope } = await addressedHere(ports, received);
  const { messageId } = envelope.header;
  const refusal = await unknownSigner(ports, forward.original, participant, now);
  if (refusal) return refuseForward(ports, { ...received, participant, messageId }, refusal);
  for (const { networkTransactionId } of forward.transactions) requireOfNow(networkTransactionId, now);
  const ordered = await orderedHere(ports, received, envelope, now);
  const payouts = ordered.map((payout) => entered(ports, payout));
  const sha256 = digestOf(forward.original.bytes);
  const around = digestOf(received.envelope.bytes);
  const { thumbprint: signer } = readDetachedJws(forward.original.signature);
  const evidence = {
    id: ports.ids.next(),
    scope: participant,
    kind: 'payouts.received',
    at: now,
    actor: { kind: 'network', finId: from.finId, thumbprint: received.envelope.signer } as const,
    subjects: { messageId },
    facts: {
      ...{ sha256, signer, envelope: around },
      ...{ transactions: payouts.length, notAfter: forward.notAfter.toISOString() },
    },
    sources: [
      { kind: 'message', sha256, item: `MSG#${participant}#${messageId}|MESSAGE` },
      { kind: 'envelope', sha256: around, item: `MSG#${participant}#${messageId}|FORWARD#${around}` },
    ],
  };
  const outcome = await ports.moves.receive({
    participant,
    messageId,
    network: from.finId,
    original: forward.original,
    envelope: received.envelope,
    receivedAt: now,
    payouts,
    evidence: [evidence],
  });
  if (outcome === 'OTHER_MESSAGE') throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id' });
}

/** Lists and the watch over open payouts go by it: one that lies elsewhere in time would be seen by neither. */
function requireOfNow(id: string, now: Date): void {
  const age = now.getTime() - (madeAt(id)?.getTime() ?? Number.NaN);
  if (age <= messagePolicy.oldest.node && age >= -messagePolicy.ahead) return;
  const expected = 'a UUIDv7 of the last seven days';
  throw new Refusal('PAYOUT_FORWARD_MALFORMED', {
    parameter: 'shinkansen_transaction_id',
    expected,
    found: id,
  });
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
