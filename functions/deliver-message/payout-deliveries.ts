// What is there to tell of a payout, and to whom? The network forwards it to its payout operator (step 6), the
// operator answers the network (step 13), the network tells the participant's webhook (step 14).

import { checkStatus } from '../../core/certificate/usable.ts';
import type { StatusStore } from '../../core/enrolment/ports.ts';
import { Refusal } from '../../core/errors.ts';
import { type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws } from '../../core/message/jws.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import { payoutAnswerParameters, payoutForwardParameters } from '../../core/payout/forward.ts';
import { type Making, payoutEvidence, refusedResponse, tell } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { OriginalPayouts, PayoutMoves } from '../../core/payout/ports.ts';
import { responseBytes, tellsOf } from '../../core/payout/response.ts';
import { payoutPolicy } from '../../core/policy.ts';
import type { Ids } from '../../core/ports.ts';
import { type Delivered, type DeliverPorts, deliverToNode, deliverToWebhook } from './deliver-message.ts';
import type { Delivery } from './enrolment-deliveries.ts';

export interface PayoutDeliveryPorts extends DeliverPorts {
  readonly ids: Ids;
  readonly moves: PayoutMoves;
  readonly statuses: Pick<StatusStore, 'status'>;
  /** After a restore: what left before is not all known. */
  readonly frozen?: boolean;
  institution(finId: string): Promise<Institution | undefined>;
  suspended(finId: string): Promise<boolean>;
  /** The participant's URL for payouts in force; undefined where it registered none. */
  payoutsUrl(participant: string, now: Date): Promise<string | undefined>;
}

const NOTHING_TO_TELL: Delivered = { outcome: 'NOWHERE' };

export function payoutDeliveries(ports: PayoutDeliveryPorts): Readonly<Record<string, Delivery>> {
  return {
    'payout.forward': (entry) => forward(ports, entry),
    'payout.inquire': (entry) => inquire(ports, entry),
    'payout.answer': (entry) => answer(ports, entry),
    'payout.respond': (entry) => respond(ports, entry),
  };
}

/** Step 6. Once bytes may have left, only the payout operator's signed word settles what they say. */
async function forward(ports: PayoutDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant, messageId, receiver } = refsOf(entry, 'participant', 'messageId', 'receiver');
  const recorded = await ports.moves.original(participant, messageId);
  if (!recorded) return NOTHING_TO_TELL;
  const payouts = await pendingAt(ports, participant, recorded, receiver);
  if (payouts.length === 0) return NOTHING_TO_TELL;
  if (ports.clock.now() > endOf(recorded)) {
    // Nothing is started any more; whether it was is the operator's to say, whatever our table knows of bytes that left.
    await ports.moves.enqueue(inquiryOf(ports, entry));
    return NOTHING_TO_TELL;
  }
  if (!(await ports.sent.find(entry.id))) {
    // A table that was set back has forgotten what left: no "no" of ours, until the operator can be asked.
    if (ports.frozen) return { outcome: 'NOT_NOW', because: 'PAYOUTS_FROZEN', alone: true };
    const refusal = await refusalBefore(ports, participant, recorded);
    if (refusal) {
      for (const payout of payouts) await fail(ports, payout, refusal);
      return NOTHING_TO_TELL;
    }
  }
  const parameters = forwardParameters(recorded, receiver, payouts);
  return deliverToNode(ports, entry, { receiver, action: 'payout.forward', parameters });
}

const endOf = ({ admittedAt }: OriginalPayouts) => new Date(admittedAt.getTime() + payoutPolicy.forwardLife);

const forwardParameters = (
  recorded: OriginalPayouts,
  payoutOperator: string,
  transactions: readonly Payout[],
) =>
  payoutForwardParameters({
    original: recorded.original,
    payoutOperator,
    transactions,
    notAfter: endOf(recorded),
  });

function inquiryOf({ ids, clock }: PayoutDeliveryPorts, { refs, receiver }: OutboxEntry): OutboxEntry {
  return newOutboxEntry({
    id: ids.next(),
    queue: 'deliver',
    kind: 'payout.inquire',
    refs,
    ...(receiver !== undefined && { receiver }),
    now: clock.now(),
  });
}

/** After `notAfter`: the answers, "never seen" among them, come as signed messages of their own (S6). */
async function inquire(ports: PayoutDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant, messageId, receiver } = refsOf(entry, 'participant', 'messageId', 'receiver');
  const recorded = await ports.moves.original(participant, messageId);
  const payouts = recorded ? await pendingAt(ports, participant, recorded, receiver) : [];
  if (!recorded || payouts.length === 0) return NOTHING_TO_TELL;
  const parameters = forwardParameters(recorded, receiver, payouts);
  return deliverToNode(ports, entry, { receiver, action: 'payout.inquire', parameters });
}

/** In the order of the message: the bytes of an attempt must not depend on the table's. */
async function pendingAt(
  ports: PayoutDeliveryPorts,
  participant: string,
  { original }: OriginalPayouts,
  operator: string,
): Promise<readonly Payout[]> {
  const { transactions } = readEnvelope(original.bytes).document as unknown as {
    transactions: readonly { transaction_id: string }[];
  };
  const found: Payout[] = [];
  for (const { transaction_id } of transactions) {
    const payout = await ports.moves.find(participant, transaction_id);
    if (payout?.state === 'pending' && payout.payoutOperator === operator) found.push(payout);
  }
  return found;
}

/** A-161, S21: what was disabled or suspended since the message was recorded does not leave. */
async function refusalBefore(
  ports: PayoutDeliveryPorts,
  participant: string,
  { original }: OriginalPayouts,
): Promise<Refusal | undefined> {
  const now = ports.clock.now();
  if (await ports.suspended(participant)) return new Refusal('PARTICIPANT_SUSPENDED');
  const { thumbprint } = readDetachedJws(original.signature);
  try {
    checkStatus({ status: await ports.statuses.status(thumbprint), now, use: 'signing', participant });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

async function fail(ports: PayoutDeliveryPorts, payout: Payout, refusal: Refusal): Promise<void> {
  const making: Making = {
    evidenceId: ports.ids.next(),
    entryId: ports.ids.next(),
    responseId: ports.ids.next(),
    by: 'deliver-message',
    now: ports.clock.now(),
  };
  await ports.moves.move({
    from: payout,
    to: 'error',
    response: refusedResponse(refusal, making),
    release: true,
    evidence: [payoutEvidence(payout, 'payout.notForwarded', making, { code: refusal.code }, 'error')],
    outbox: [tell('payout.respond', payout, payout.participant, making)],
  });
}

/** Step 13, at the payout operator. */
async function answer(ports: PayoutDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant, transactionId, receiver } = refsOf(entry, 'participant', 'transactionId', 'receiver');
  const { refused, networkTransactionId } = entry.refs;
  if (refused && networkTransactionId) {
    const said = { status: 'error', responseStatus: 'invalid', responseMessage: refused } as const;
    const parameters = payoutAnswerParameters({ participant, transactionId, networkTransactionId, ...said });
    return deliverToNode(ports, entry, { receiver, action: 'payout.answer', parameters });
  }
  const payout = await ports.moves.find(participant, transactionId);
  const final = payout?.state === 'ok' || payout?.state === 'error' || payout?.state === 'tombstone';
  if (!payout?.response || !final) return NOTHING_TO_TELL;
  const parameters = payoutAnswerParameters({
    participant,
    transactionId,
    networkTransactionId: payout.networkTransactionId,
    status: payout.state === 'ok' ? 'ok' : 'error',
    responseStatus: payout.response.status,
    responseMessage: payout.response.message,
  });
  return deliverToNode(ports, entry, { receiver, action: 'payout.answer', parameters });
}

/** Step 14, at the network. */
async function respond(ports: PayoutDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant, transactionId } = refsOf(entry, 'participant', 'transactionId');
  const payout = await ports.moves.find(participant, transactionId);
  const institution = await ports.institution(participant);
  const url = await ports.payoutsUrl(participant, ports.clock.now());
  if (!payout || !institution || url === undefined) return NOTHING_TO_TELL;
  const make = () => responseBytes(entry, ports.node, institution, payout);
  // An error that nobody heard must not be told after the ok that took its place: whoever hears it last pays again.
  return deliverToWebhook(ports, entry, url, make, (said) => tellsOf(said, payout));
}

function refsOf<N extends string>(entry: OutboxEntry, ...names: readonly N[]): Readonly<Record<N, string>> {
  for (const name of names)
    if (!entry.refs[name]) throw new Error(`an entry of kind "${entry.kind}" names no ${name}`);
  return entry.refs as Readonly<Record<N, string>>;
}
