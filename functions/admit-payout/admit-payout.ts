// Steps 1 to 5 of docs/payout.md at the network: is this message of payouts really the participant's, and may it be
// recorded? Refused in the cheapest order; a message that was recorded before hears its 409 whatever has changed since.

import { hash } from 'node:crypto';
import type { ThawedSources } from '../../core/certificate/revocation/freshness.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { UsableCertificate } from '../../core/certificate/usable.ts';
import { Refusal } from '../../core/errors.ts';
import {
  checkAddress,
  checkAge,
  type Envelope,
  type Institution,
  type MessageHeader,
  readEnvelope,
  readHeader,
} from '../../core/message/envelope.ts';
import { readDetachedJws } from '../../core/message/jws.ts';
import {
  addressedEnvelope,
  type CallerMessage,
  type SenderPorts,
  verifySigner,
} from '../../core/message/sender.ts';
import { newOutboxEntry } from '../../core/outbox.ts';
import { type AdmittedPayouts, admitPayouts, refuseDebits } from '../../core/payout/admission.ts';
import { networkTransactionIds } from '../../core/payout/ids.ts';
import {
  about,
  type Instruction,
  PayoutsRefused,
  readInstructions,
  refuseAll,
  type TransactionFields,
  transactionsOf,
} from '../../core/payout/message.ts';
import type { NewPayouts, PayoutStore, RecordedMessage, SenderFacts } from '../../core/payout/ports.ts';
import { readUsualMessage } from '../../core/payout/usual-message.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface AdmitPayoutPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly proved: SenderPorts['proved'];
  readonly payouts: PayoutStore;
  facts(thumbprint: Thumbprint, participant: string): Promise<SenderFacts>;
  prove: SenderPorts['chains']['prove'];
  /** @throws Refusal REVOCATION_SOURCE_FROZEN, NO_REVOCATION_SOURCE */
  requireThawed(certificate: UsableCertificate, now: Date): Promise<ThawedSources>;
  /** 16 bytes nobody can guess. */
  seed(): Uint8Array;
  /** Does the document have the documented shape? @throws PayoutsRefused, Refusal BODY_SCHEMA */
  requireShape(envelope: Envelope): Promise<void>;
}

export interface ReceiptLine {
  readonly transaction_id: string;
  readonly shinkansen_transaction_id: string;
}

export type AdmitPayoutOutcome =
  | { readonly outcome: 'RECORDED' | 'KNOWN'; readonly transactions: readonly ReceiptLine[] }
  | { readonly outcome: 'REFUSED'; readonly refusals: readonly [Refusal, ...Refusal[]] };

/** @throws Transient; a Refusal is an outcome */
export async function admitPayout(
  ports: AdmitPayoutPorts,
  received: CallerMessage,
): Promise<AdmitPayoutOutcome> {
  try {
    return await admit(ports, received);
  } catch (error) {
    const refusals =
      error instanceof PayoutsRefused ? error.refusals : error instanceof Refusal ? [error] : undefined;
    const [first, ...others] = refusals ?? [];
    if (!first) throw error;
    // Who cannot sign these bytes, or whose bytes were never a message, has recorded none.
    const known = neverRecorded.test(first.code) ? undefined : await recall(ports, received);
    return known ?? { outcome: 'REFUSED', refusals: [first, ...others] };
  }
}

const neverRecorded = /^(SIGNATURE|BODY|ENVELOPE|HEADER)_|^PAYOUT_IN_PROGRESS$|^MESSAGE_ID_REUSED$/;

async function admit(ports: AdmitPayoutPorts, received: CallerMessage): Promise<AdmitPayoutOutcome> {
  const now = ports.clock.now();
  const jws = readDetachedJws(received.signature);
  const { thumbprint } = jws;
  const facts = await ports.facts(thumbprint, received.caller.participant);
  const { participant } = facts;
  if (!participant) throw new Refusal('PARTICIPANT_UNKNOWN');
  const { message, certificate } = await verifySigner(senderPorts(ports, facts), jws, received.body, {
    participant: participant.finId,
    now,
  });
  const { header, transactions } = await readMessage(ports, received.body, participant);
  if (participant.suspended) throw new Refusal('PARTICIPANT_SUSPENDED');
  checkAge(header, now, 'participant');
  const instructions = readInstructions({ transactions }, now);
  const admitted = admitPayouts(instructions, participant, certificate.status.acceptingOperators, now);
  await ports.requireThawed(certificate, now);
  const payouts = newPayouts(ports, received, {
    admitted,
    messageId: header.messageId,
    signature: message.signature,
    thumbprint,
    now,
  });
  return record(ports, payouts);
}

/** From this sender to this node, in the documented shape. @throws PayoutsRefused; Refusal BODY_*, ENVELOPE_*, ... */
async function readMessage(
  ports: AdmitPayoutPorts,
  body: Uint8Array,
  sender: Institution,
): Promise<{ readonly header: MessageHeader; readonly transactions: readonly TransactionFields[] }> {
  const usual = readUsualMessage(body);
  if (usual) {
    const { header } = checkAddress({ header: readHeader(usual.header) }, { sender, receiver: ports.node });
    return { header, transactions: usual.transactions };
  }
  const envelope = addressedEnvelope(body, sender, ports.node);
  await ports.requireShape(envelope);
  return { header: envelope.header, ...transactionsOf(envelope) };
}

function senderPorts(ports: AdmitPayoutPorts, facts: SenderFacts): SenderPorts {
  return {
    statuses: { status: async () => facts.status },
    chains: { anchorVersion: async () => facts.anchorVersion, prove: ports.prove },
    proved: ports.proved,
  };
}

async function record(ports: AdmitPayoutPorts, payouts: NewPayouts): Promise<AdmitPayoutOutcome> {
  const { instructions } = payouts.admitted;
  const recorded = await ports.payouts.record(payouts);
  if (recorded.outcome === 'RECORDED') {
    return { outcome: 'RECORDED', transactions: receipt(instructions, payouts.admittedAt, payouts.seed) };
  }
  if (recorded.outcome === 'KNOWN_MESSAGE') return knownAnswer(recorded.known, payouts.digest, instructions);
  if (recorded.outcome === 'OVER_LIMIT') refuseDebits(recorded.debits, instructions);
  const reused = recorded.outcome === 'KNOWN_TRANSACTIONS' ? recorded.places : [];
  refuseAll(reused.map((at) => about(new Refusal('TRANSACTION_ID_REUSED'), instructions[at]!.transactionId)));
  throw new Error(`a payout was refused for no reason: ${recorded.outcome}`);
}

/** @throws Refusal MESSAGE_ID_REUSED, PAYOUT_IN_PROGRESS */
function knownAnswer(
  known: RecordedMessage | undefined,
  digest: string,
  instructions: readonly Pick<Instruction, 'transactionId' | 'place'>[],
): AdmitPayoutOutcome {
  if (known?.digest !== digest) throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id' });
  // Nothing is promised that can still be refused.
  if (known.state !== 'committed') throw new Refusal('PAYOUT_IN_PROGRESS', { retryable: true });
  return { outcome: 'KNOWN', transactions: receipt(instructions, known.admittedAt, known.seed) };
}

function receipt(
  instructions: readonly Pick<Instruction, 'transactionId' | 'place'>[],
  admittedAt: Date,
  seed: Uint8Array,
): readonly ReceiptLine[] {
  const idOf = networkTransactionIds(admittedAt, seed);
  return instructions.map(({ transactionId, place }) => ({
    transaction_id: transactionId,
    shinkansen_transaction_id: idOf(place),
  }));
}

const digestOf = (bytes: Uint8Array) => hash('sha256', bytes, 'hex');

/**
 * These very bytes, recorded before? Found without reading the body as a message, because its signature may not have
 * been verified: only bytes equal to recorded ones are read.
 */
async function recall(
  ports: AdmitPayoutPorts,
  { body, caller }: CallerMessage,
): Promise<AdmitPayoutOutcome | undefined> {
  const candidates = messageIdsIn(body);
  if (candidates.length === 0) return undefined;
  const known = await ports.payouts.known(caller.participant, candidates);
  const digest = digestOf(body);
  const same = known.find((one) => one?.digest === digest);
  if (!same) return undefined;
  if (same.state !== 'committed') {
    return { outcome: 'REFUSED', refusals: [new Refusal('PAYOUT_IN_PROGRESS', { retryable: true })] };
  }
  const { transactions } = readEnvelope(body).document as unknown as {
    transactions: readonly { transaction_id: string }[];
  };
  const ids = transactions.map(({ transaction_id }, place) => ({ transactionId: transaction_id, place }));
  return knownAnswer(same, digest, ids);
}

/** Transactions may carry a field of that name too, before the header or after it. */
const mostCandidates = 4;
const name = Buffer.from('"message_id"');

function messageIdsIn(body: Uint8Array): readonly string[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const found = new Set<string>();
  for (
    let at = bytes.indexOf(name);
    at >= 0 && found.size < mostCandidates;
    at = bytes.indexOf(name, at + 1)
  ) {
    const after = bytes.toString('latin1', at + name.length, at + name.length + 100);
    const [, id] = /^\s*:\s*"([A-Za-z0-9._:-]{1,64})"/.exec(after) ?? [];
    if (id) found.add(id);
  }
  // Spelled with escapes, or behind others of that name: then the body is read after all.
  if (found.size === 0 || found.size === mostCandidates) {
    try {
      found.add(readEnvelope(body).header.messageId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return [...found];
}

function newPayouts(
  ports: AdmitPayoutPorts,
  { body, caller }: CallerMessage,
  facts: {
    readonly admitted: AdmittedPayouts;
    readonly messageId: string;
    readonly signature: string;
    readonly thumbprint: Thumbprint;
    readonly now: Date;
  },
): NewPayouts {
  const { admitted, messageId, signature, thumbprint, now } = facts;
  const { participant, payoutOperators } = admitted;
  const digest = digestOf(body);
  const sha256 = Buffer.from(digest, 'hex').toString('base64url');
  return {
    admitted,
    messageId,
    message: { bytes: body, signature },
    digest,
    admittedAt: now,
    seed: ports.seed(),
    evidence: [
      {
        id: ports.ids.next(),
        scope: participant,
        kind: 'payouts.admitted',
        at: now,
        actor: { kind: 'participant', finId: participant, apiKeyId: caller.keyId, thumbprint },
        subjects: { messageId },
        facts: { sha256, transactions: admitted.instructions.length, payoutOperators: [...payoutOperators] },
        sources: [{ kind: 'message', sha256, item: `MSG#${participant}#${messageId}|MESSAGE` }],
      },
    ],
    outbox: payoutOperators.map((receiver) =>
      newOutboxEntry({
        id: ports.ids.next(),
        queue: 'deliver',
        kind: 'payout.forward',
        refs: { participant, messageId, receiver },
        receiver,
        now,
      }),
    ),
  };
}
