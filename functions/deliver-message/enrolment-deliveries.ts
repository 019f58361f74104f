// What is there to tell of an enrolment, and to whom? Each attempt reads the enrolment again: what ended meanwhile
// is not forwarded, and what the other side says is recorded beside it. The kinds are those of the outbox entries.

import { answerParameters, type EnrolmentAnswer } from '../../core/enrolment/answer.ts';
import { type Enrolment, type OperatorAnswer, timesOf } from '../../core/enrolment/enrolment.ts';
import { forwardParameters } from '../../core/enrolment/forward.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import type { JsonObject } from '../../core/message/envelope.ts';
import { messageIdOf } from '../../core/message/outgoing.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { type Decision, decisionIdOf } from '../../core/people/decision.ts';
import type { Decisions } from '../../core/people/ports.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Ids } from '../../core/ports.ts';
import { type Delivered, type DeliverPorts, deliverEvent, deliverToNode } from './deliver-message.ts';

export interface EnrolmentDeliveryPorts extends DeliverPorts {
  readonly ids: Ids;
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'messageOf' | 'rows' | 'putRow'>;
  /** @throws Refusal SEAL_BROKEN */
  readonly statuses: Pick<StatusStore, 'status'>;
  readonly decisions: Pick<Decisions, 'find'>;
  /** An enrolment as its participant sees it (openapi.yaml). */
  describe(enrolment: Enrolment, rows: readonly OperatorAnswer[]): JsonObject;
}

export type Delivery = (entry: OutboxEntry) => Promise<Delivered>;

const NOTHING_TO_TELL: Delivered = { outcome: 'NOWHERE' };

export function enrolmentDeliveries(ports: EnrolmentDeliveryPorts): Readonly<Record<string, Delivery>> {
  return {
    'enrolment.forward': (entry) => forward(ports, entry),
    'enrolment.answer': (entry) => answer(ports, entry),
    'enrolment.end': (entry) => end(ports, entry),
    'event.enrolment': (entry) => tell(ports, entry),
  };
}

/** Step 7, and what the payout operator says at once (step 11); its final word comes as a message of its own. */
async function forward(ports: EnrolmentDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { enrolmentId, receiver } = refsOf(entry);
  const enrolment = await ports.enrolments.find(enrolmentId);
  const wanted = enrolment?.networkStatus === 'pending' || enrolment?.networkStatus === 'active';
  const original = enrolment && wanted && (await ports.enrolments.messageOf(enrolment));
  if (!enrolment || !original) return NOTHING_TO_TELL;
  const parameters = forwardParameters({ enrolmentId, original });
  const delivered = await deliverToNode(ports, entry, { receiver, action: 'enrolment.forward', parameters });
  await recordForward(ports, enrolment, entry, delivered);
  return delivered;
}

async function recordForward(
  ports: EnrolmentDeliveryPorts,
  enrolment: Enrolment,
  entry: OutboxEntry,
  delivered: Delivered,
): Promise<void> {
  if (delivered.outcome !== 'RECEIVED' && delivered.outcome !== 'REFUSED') return;
  const { receiver: operator } = refsOf(entry);
  const now = ports.clock.now();
  const refused = delivered.outcome === 'REFUSED';
  const { code } = refused ? delivered : delivered.receipt;
  const messageId = messageIdOf(entry.id);
  const said = refused ? { code } : { said: delivered.receipt.status ?? null };
  const evidence = {
    id: ports.ids.next(),
    scope: enrolment.participant,
    kind: refused ? 'enrolment.forwardRefused' : 'enrolment.forwarded',
    at: now,
    actor: { kind: 'node', function: 'deliver-message' } as const,
    subjects: { enrolmentId: enrolment.id, operator, messageId },
    facts: said,
  };
  // An unsigned "no" rejects nothing (S22); but nothing more will come, so the execution need not wait for days. Nor of
  // one that our own `enrolment.end` or disable overtook: there is no record of it there.
  const over = refused || code === 'DISABLED_ELSEWHERE';
  const decisionId = decisionIdOf(enrolment.id, `operator.${operator}`);
  const outbox = over ? [wakeEntry(decisionId, 'REJECTED', messageId, now)] : [];
  const before = (await ports.enrolments.rows(enrolment.id)).find((one) => one.operator === operator);
  const row = { enrolmentId: enrolment.id, operator, at: now, ...timesOf(before) };
  await ports.enrolments.putRow(
    over ? { ...row, status: 'silent', ...(code !== undefined && { code }) } : { ...row, status: 'pending' },
    { evidence: [evidence], outbox },
  );
}

/** Step 15: this payout operator's final word, with the proof of who confirmed. */
async function answer(ports: EnrolmentDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { enrolmentId, receiver } = refsOf(entry);
  const enrolment = await ports.enrolments.find(enrolmentId);
  if (!enrolment || enrolment.networkStatus === 'pending') return NOTHING_TO_TELL;
  const accepted = enrolment.networkStatus === 'active';
  if (accepted && !(await isSealedActive(ports, enrolment)))
    return { outcome: 'NOT_NOW', because: 'CERTIFICATE_NOT_ACTIVE', alone: true };
  const decision = await ports.decisions.find(decisionIdOf(enrolmentId, 'apoderado'));
  const said: EnrolmentAnswer = {
    enrolmentId,
    thumbprint: enrolment.thumbprint,
    status: accepted ? 'accepted' : 'rejected',
    code: accepted ? null : (enrolment.code ?? null),
    confirmation: accepted && decision ? confirmationIn(decision) : null,
  };
  return deliverToNode(ports, entry, {
    receiver,
    action: 'enrolment.answer',
    parameters: answerParameters(said),
  });
}

/** What we sign about ourselves rests on what settle-enrolment sealed, not on the record that the table has (S22). */
async function isSealedActive({ statuses }: EnrolmentDeliveryPorts, enrolment: Enrolment): Promise<boolean> {
  const status = await statuses.status(enrolment.thumbprint);
  return status?.networkStatus === 'active' && status.enrolmentId === enrolment.id;
}

function confirmationIn(decision: Decision): JsonObject | null {
  const vote = decision.votes.findLast((one) => one.vote === 'confirm');
  if (!vote) return null;
  const { method, at, statement, signature } = vote.proof;
  return {
    person_id: vote.personId,
    method,
    at,
    statement: statement as unknown as JsonObject,
    // With a passkey, what the person's own device signed goes along: its challenge is the statement's hash.
    proof: {
      alg: 'ES256',
      signature,
      ...(vote.proof.method === 'passkey' && { assertion: { ...vote.proof.assertion } }),
    },
  };
}

/** The network's enrolment is over: a payout operator must not go on with it. */
async function end(ports: EnrolmentDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { enrolmentId, receiver } = refsOf(entry);
  const enrolment = await ports.enrolments.find(enrolmentId);
  const code = enrolment?.code ?? entry.refs.code ?? 'WITHDRAWN';
  const parameters = { enrolment_id: enrolmentId, code };
  return deliverToNode(ports, entry, { receiver, action: 'enrolment.end', parameters });
}

/** Step 16, to the participant's systems; its people are told by mail. */
async function tell(ports: EnrolmentDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const enrolment = await ports.enrolments.find(refsOf(entry).enrolmentId);
  if (!enrolment) return NOTHING_TO_TELL;
  const kind = enrolment.networkStatus === 'active' ? 'enrolment.accepted' : 'enrolment.rejected';
  const data = ports.describe(enrolment, await ports.enrolments.rows(enrolment.id));
  return deliverEvent(ports, entry, { kind, participant: enrolment.participant, at: entry.createdAt, data });
}

function refsOf(entry: OutboxEntry): { readonly enrolmentId: string; readonly receiver: string } {
  const { enrolmentId, receiver } = entry.refs;
  if (!enrolmentId || !receiver)
    throw new Error(`an entry of kind "${entry.kind}" names no enrolment or receiver`);
  return { enrolmentId, receiver };
}
