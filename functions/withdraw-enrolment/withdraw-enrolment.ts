// The participant no longer wants a certificate that is still pending. Always signed by an active certificate: whoever
// could withdraw with the API key alone could stop every enrolment.

import { createHash } from 'node:crypto';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { requireFullSay } from '../../core/enrolment/full-say.ts';
import type { EnrolmentStore, Move } from '../../core/enrolment/ports.ts';
import { endAtOperator } from '../../core/enrolment/recording.ts';
import { readReason } from '../../core/enrolment/submission.ts';
import { Refusal } from '../../core/errors.ts';
import { checkAge, type Institution, type JsonObject, parametersOf } from '../../core/message/envelope.ts';
import { addressedEnvelope, type SenderPorts, verifySender } from '../../core/message/sender.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { decisionIdOf } from '../../core/people/decision.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface WithdrawEnrolmentPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly enrolments: EnrolmentStore;
  /** The shape that openapi.yaml documents. @throws Refusal BODY_SCHEMA */
  checkShape(message: { readonly document: JsonObject }): unknown;
}

export interface ReceivedWithdrawal {
  readonly enrolmentId: string;
  readonly body: Uint8Array;
  readonly signature: string | undefined;
  readonly caller: Institution & { readonly keyId: string };
}

/** @throws Refusal ENROLMENT_UNKNOWN, ENROLMENT_NOT_PENDING, PATH_NOT_THE_MESSAGE and those of a signed message */
export async function withdrawEnrolment(
  ports: WithdrawEnrolmentPorts,
  received: ReceivedWithdrawal,
): Promise<Enrolment> {
  const now = ports.clock.now();
  const { caller } = received;
  const { certificate, message } = await signerOf(ports, received, now);
  const envelope = addressedEnvelope(received.body, caller, ports.node);
  checkAge(envelope.header, now, 'participant');
  ports.checkShape({ document: envelope.document });
  const parameters = parametersOf(envelope, 'enrolment.withdraw');
  if (parameters.enrolment_id !== received.enrolmentId)
    throw new Refusal('PATH_NOT_THE_MESSAGE', { parameter: 'enrolment_id' });
  const reason = readReason(typeof parameters.reason === 'string' ? parameters.reason : undefined);
  for (let attempt = 0; attempt < 5; attempt++) {
    const enrolment = await ports.enrolments.find(received.enrolmentId);
    if (enrolment?.participant !== caller.finId) throw new Refusal('ENROLMENT_UNKNOWN');
    // Asked twice, told the same.
    if (enrolment.code === 'WITHDRAWN') return enrolment;
    if (enrolment.networkStatus !== 'pending')
      throw new Refusal('ENROLMENT_NOT_PENDING', { found: enrolment.networkStatus });
    await requireFullSay(ports.enrolments, certificate, now);
    if (await ports.enrolments.knownMessage(caller.finId, envelope.header.messageId))
      throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id', found: envelope.header.messageId });
    // A step of the workflow that is noted meanwhile does not end the waiting: looked at again.
    const moved = await endByWithdrawal(ports, enrolment, {
      caller,
      reason,
      thumbprint: certificate.thumbprint,
      message: {
        sender: caller.finId,
        messageId: envelope.header.messageId,
        bytes: received.body,
        signature: message.signature,
      },
    });
    if (moved) return moved;
  }
  throw new Error(`enrolment ${received.enrolmentId} changes faster than it can be withdrawn`);
}

interface Withdrawal {
  readonly caller: ReceivedWithdrawal['caller'];
  readonly reason: string;
  /** Of the certificate that signed. */
  readonly thumbprint: string;
  readonly message: NonNullable<Move['message']>;
}

async function endByWithdrawal(
  ports: WithdrawEnrolmentPorts,
  enrolment: Enrolment,
  { caller, reason, thumbprint, message }: Withdrawal,
): Promise<Enrolment | undefined> {
  const now = ports.clock.now();
  const sha256 = createHash('sha256').update(message.bytes).digest('base64url');
  const rows = await ports.enrolments.rows(enrolment.id);
  const operators = rows.map((row) => row.operator);
  return ports.enrolments.move({
    from: enrolment,
    to: { validity: 'valid', networkStatus: 'rejected' },
    code: 'WITHDRAWN',
    steps: [{ number: 16, outcome: 'WITHDRAWN', at: now, by: caller.keyId }],
    evidence: [
      {
        id: ports.ids.next(),
        scope: enrolment.participant,
        kind: 'enrolment.withdrawn',
        at: now,
        actor: { kind: 'participant', finId: caller.finId, apiKeyId: caller.keyId, thumbprint },
        subjects: { enrolmentId: enrolment.id, thumbprint: enrolment.thumbprint },
        facts: { reason },
        sources: [{ kind: 'message', sha256, item: `MSG#${message.sender}#${message.messageId}|MESSAGE` }],
      },
    ],
    message,
    outbox: consequences(enrolment, operators, now),
  });
}

/** Whoever waits is woken and finds it ended; each payout operator that was asked is told. */
function consequences(enrolment: Enrolment, operators: readonly string[], now: Date): OutboxEntry[] {
  const waiting = ['securityOfficer', ...operators.map((operator) => `operator.${operator}`)] as const;
  return [
    ...waiting.map((who) =>
      wakeEntry(decisionIdOf(enrolment.id, who as 'securityOfficer'), 'REJECTED', 'withdrawn', now),
    ),
    ...operators.map((operator) => endAtOperator(enrolment.id, operator, now)),
  ];
}

/** A first enrolment has no active certificate to sign with: its refusal says who ends it then. */
async function signerOf(ports: WithdrawEnrolmentPorts, received: ReceivedWithdrawal, now: Date) {
  try {
    return await verifySender(ports, received, { participant: received.caller.finId, now });
  } catch (error) {
    const none =
      error instanceof Refusal && ['SIGNATURE_MISSING', 'CERTIFICATE_UNKNOWN'].includes(error.code);
    if (!none) throw error;
    throw new Refusal(error.code, { ...error.detail, expected: signedOrRejected });
  }
}

const signedOrRejected =
  'the signature of an active certificate; who has none yet has the security officer or the apoderado reject the request on its page, or lets it end by itself after 72 hours';
