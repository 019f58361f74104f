// Steps 1 to 3 and 6 of docs/enrolment.md: takes a certificate chain and a reason from a participant, admits it in
// milliseconds and records it; the state machine does the rest. Unsigned submissions are counted (S29).

import { createHash } from 'node:crypto';
import type { CertificationPath } from '../../core/certificate/path.ts';
import { admitCertificate, type KnownApoderado, unlessRevoked } from '../../core/enrolment/admission.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import { requireFullSay } from '../../core/enrolment/full-say.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import { newEnrolment } from '../../core/enrolment/recording.ts';
import { type EnrolParameters, readSubmission, type Submission } from '../../core/enrolment/submission.ts';
import { Refusal } from '../../core/errors.ts';
import { confirmationCode } from '../../core/message/code.ts';
import {
  type AddressedEnvelope,
  checkAge,
  type Institution,
  type JsonObject,
  parametersOf,
} from '../../core/message/envelope.ts';
import {
  addressedEnvelope,
  type CallerMessage,
  type SenderPorts,
  type SignedMessage,
  verifySender,
} from '../../core/message/sender.ts';
import { enrolmentLimits, messagePolicy } from '../../core/policy.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';

/** The participant as this node's sealed records know it. */
export interface EnrollingParticipant {
  readonly finId: string;
  readonly finIdSchema: string;
  readonly taxId: string;
  readonly hosts: readonly string[];
  readonly payoutOperators: readonly string[];
  readonly suspended: boolean;
}

export interface AdmitEnrolmentPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly enrolments: EnrolmentStore;
  readonly statuses: StatusStore;
  readonly trust: TrustSource;
  /** The shape that openapi.yaml documents. @throws Refusal BODY_SCHEMA */
  checkShape(message: { readonly document: JsonObject }): unknown;
  participant(finId: string): Promise<EnrollingParticipant | undefined>;
  apoderados(participant: string): Promise<readonly KnownApoderado[]>;
  /** SHA-256 hex of each URL that the sweep will ask about this path. */
  sourcesOf(path: CertificationPath, profiles: TrustInForce['profiles']): readonly string[];
  /** S29: counts one unsigned enrolment of today; false when the day's number is used up. */
  countUnsigned(participant: string, now: Date, limit: number): Promise<boolean>;
}

export type AdmitEnrolmentOutcome = {
  readonly outcome: 'RECORDED' | 'KNOWN';
  readonly enrolment: Enrolment;
  /** S18: the participant's own system shows it; nobody else does. */
  readonly confirmationCode: string;
  readonly warnings: readonly string[];
};

/** @throws Refusal */
export async function admitEnrolment(
  ports: AdmitEnrolmentPorts,
  received: CallerMessage,
): Promise<AdmitEnrolmentOutcome> {
  if (received.body.length > messagePolicy.enrolmentBytes)
    throw new Refusal('BODY_TOO_LARGE', { expected: `at most ${messagePolicy.enrolmentBytes} bytes` });
  const now = ports.clock.now();
  const participant = await ports.participant(received.caller.participant);
  if (!participant) throw new Refusal('PARTICIPANT_UNKNOWN');
  const signed =
    received.signature === undefined
      ? undefined
      : await verifySender(ports, received, { participant: participant.finId, now });
  const envelope = addressedEnvelope(received.body, participant, ports.node);
  const known = await knownBefore(ports, received, envelope);
  if (known) return known;
  if (signed) await requireFullSay(ports.enrolments, signed.certificate, now);
  checkAge(envelope.header, now, 'participant');
  if (participant.suspended) throw new Refusal('PARTICIPANT_SUSPENDED');
  ports.checkShape({ document: envelope.document });
  const parameters = parametersOf(envelope, 'certificate.enrol') as unknown as EnrolParameters;
  const submission = readSubmission(parameters);
  await checkReplaces(ports, submission, participant.finId, signed);
  if (submission.use === 'signing' && participant.payoutOperators.length === 0)
    throw new Refusal('PAYOUT_OPERATOR_NOT_SET');
  const { verdict: judged, profiles } = await judge(ports, submission, envelope, participant, now);
  const active = await ports.statuses.status(judged.thumbprint);
  const verdict = unlessRevoked(judged, active);
  if (active?.networkStatus === 'active' && active.participant === participant.finId)
    throw new Refusal('ALREADY_ACTIVE', { found: active.enrolmentId });
  if (!signed) await countUnsigned(ports, participant.finId, now);
  const fresh = newEnrolment({
    id: ports.ids.next(),
    evidenceId: ports.ids.next(),
    body: received.body,
    profiles,
    sources: verdict.outcome === 'ADMITTED' ? ports.sourcesOf(verdict.path, profiles) : [],
    role: 'network',
    now,
    submission,
    verdict,
    header: envelope.header,
    receivedFrom: participant.finId,
    participant: participant.finId,
    apiKeyId: received.caller.keyId,
    node: ports.node.finId,
    ...(signed ? { signedBy: signed.certificate.thumbprint } : {}),
  });
  const recorded = await ports.enrolments.record({
    ...fresh,
    message: original(received),
  });
  if (recorded.outcome === 'PENDING_ALREADY')
    throw new Refusal('CERTIFICATE_PENDING', { found: recorded.enrolmentId });
  if (recorded.outcome === 'KNOWN_MESSAGE') return (await knownBefore(ports, received, envelope))!;
  return answer('RECORDED', fresh.enrolment, await warningsFor(ports, participant.finId));
}

const digestOf = (body: Uint8Array) => createHash('sha256').update(body).digest('hex');

function original(received: CallerMessage) {
  return received.signature === undefined
    ? { bytes: received.body }
    : { bytes: received.body, signature: received.signature };
}

/** A retry with the same bytes hears the same; the same id over other bytes is refused. */
async function knownBefore(
  ports: AdmitEnrolmentPorts,
  received: CallerMessage,
  envelope: AddressedEnvelope,
): Promise<AdmitEnrolmentOutcome | undefined> {
  const { sender, messageId } = envelope.header;
  const before = await ports.enrolments.knownMessage(sender.finId, messageId);
  if (!before) return undefined;
  if (before.digest !== digestOf(received.body))
    throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id', found: messageId });
  const enrolment = await ports.enrolments.find(before.subject);
  if (!enrolment) throw new Refusal('MESSAGE_ID_REUSED', { parameter: 'message_id', found: messageId });
  return answer('KNOWN', enrolment, []);
}

async function judge(
  ports: AdmitEnrolmentPorts,
  submission: Submission,
  envelope: AddressedEnvelope,
  participant: EnrollingParticipant,
  now: Date,
) {
  const { anchors, profiles } = await ports.trust.inForce();
  const apoderados = await ports.apoderados(participant.finId);
  const ground = { now, anchors, profiles, apoderados, participant };
  return { verdict: admitCertificate(submission, envelope.header, ground), profiles };
}

/** `replaces` needs the proof of `replaces`: a signature by an active certificate (table in docs/threat-model.md). */
async function checkReplaces(
  ports: AdmitEnrolmentPorts,
  submission: Submission,
  participant: string,
  signed: SignedMessage | undefined,
): Promise<void> {
  if (submission.replaces === undefined) return;
  if (!signed) throw new Refusal('REPLACES_UNSIGNED', { parameter: 'replaces' });
  const old = await ports.statuses.status(submission.replaces);
  const isTheirs = old?.participant === participant && old.networkStatus === 'active';
  if (!isTheirs || old.use !== submission.use)
    throw new Refusal('REPLACES_NOT_ACTIVE', { parameter: 'replaces' });
}

async function countUnsigned(ports: AdmitEnrolmentPorts, participant: string, now: Date): Promise<void> {
  const { items } = await ports.enrolments.list(participant, { limit: 50 });
  const pending = items.filter((item) => item.networkStatus === 'pending' && item.signedBy === undefined);
  if (pending.length >= enrolmentLimits.unsignedPending)
    throw new Refusal('TOO_MANY_PENDING', { expected: `at most ${enrolmentLimits.unsignedPending}` });
  if (!(await ports.countUnsigned(participant, now, enrolmentLimits.unsignedPerDay)))
    throw new Refusal('TOO_MANY_TODAY', { expected: `at most ${enrolmentLimits.unsignedPerDay}` });
}

/** more than two active is discouraged, never refused. */
async function warningsFor(ports: AdmitEnrolmentPorts, participant: string): Promise<string[]> {
  const active = await ports.statuses.activeOf(participant);
  return active.length >= enrolmentLimits.activeCertificates ? ['MORE_THAN_TWO_ACTIVE'] : [];
}

function answer(
  outcome: AdmitEnrolmentOutcome['outcome'],
  enrolment: Enrolment,
  warnings: readonly string[],
): AdmitEnrolmentOutcome {
  return {
    outcome,
    enrolment,
    confirmationCode: confirmationCode({ ...enrolment, enrolmentId: enrolment.id }),
    warnings,
  };
}
