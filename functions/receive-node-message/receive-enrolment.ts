// Steps 7 to 11 at a payout operator: takes an enrolment that the network forwards and judges it by itself, with
// its own anchors and its own records of the participant's people. The network's word counts only
// as the bearer of the participant's own bytes.

import type { CertificationPath } from '../../core/certificate/path.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { admitCertificate, type KnownApoderado, unlessRevoked } from '../../core/enrolment/admission.ts';
import type { Enrolment } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentForward } from '../../core/enrolment/forward.ts';
import type { EnrolmentStore, SignedEnvelope } from '../../core/enrolment/ports.ts';
import { newEnrolment } from '../../core/enrolment/recording.ts';
import { type EnrolParameters, readSubmission } from '../../core/enrolment/submission.ts';
import { Refusal } from '../../core/errors.ts';
import type { AddressedEnvelope, Institution, JsonObject } from '../../core/message/envelope.ts';
import { checkAge, parametersOf, readEnvelope } from '../../core/message/envelope.ts';
import { addressedEnvelope, type SenderPorts, verifySender } from '../../core/message/sender.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';

export interface ReceiveEnrolmentPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly enrolments: EnrolmentStore;
  readonly trust: TrustSource;
  participant(
    finId: string,
  ): Promise<(Institution & { taxId: string; hosts: readonly string[]; suspended: boolean }) | undefined>;
  apoderados(participant: string): Promise<readonly KnownApoderado[]>;
  sourcesOf(path: CertificationPath, profiles: TrustInForce['profiles']): readonly string[];
  /** Of the participant's own message. @throws Refusal BODY_SCHEMA */
  checkEnrolShape(message: { readonly document: JsonObject }): Promise<unknown>;
}

export interface ForwardedEnrolment {
  readonly forward: EnrolmentForward;
  /** The network that signed the envelope around it. */
  readonly from: Institution;
  readonly apiKeyId: string;
  /** That envelope, as it came. */
  readonly envelope?: SignedEnvelope & { readonly signedBy: Thumbprint };
}

export interface ReceivedOutcome {
  /** Step 11 on the wire: `pending`, or `rejected` with its code; the final word follows as `enrolment.answer`. */
  readonly status: 'accepted' | 'rejected' | 'pending';
  readonly code: string | null;
}

/** @throws Refusal where nothing can be recorded: then the network hears a problem and tries no more */
export async function receiveEnrolment(
  ports: ReceiveEnrolmentPorts,
  received: ForwardedEnrolment,
): Promise<ReceivedOutcome> {
  const { enrolmentId, original } = received.forward;
  const known = await ports.enrolments.find(enrolmentId);
  if (known) return statusOf(known, received.from);
  const now = ports.clock.now();
  const inner = readEnvelope(original.bytes);
  const participant = await ports.participant(inner.header.sender.finId);
  if (!participant) throw new Refusal('PARTICIPANT_UNKNOWN', { found: inner.header.sender.finId });
  // Nothing of a suspended participant is taken; the network tries again, for each node lifts its own flag.
  if (participant.suspended) throw new Refusal('PARTICIPANT_SUSPENDED');
  // The inner receiver must be the node that signed the envelope around it (S3).
  const envelope = addressedEnvelope(original.bytes, participant, received.from);
  checkAge(envelope.header, now, 'node');
  const signedBy = await signerOf(ports, received, participant.finId, now);
  return record(ports, received, { envelope, participant, signedBy, now });
}

/** A certificate of the participant that this node has active counts; one that it does not know proves nothing here. */
async function signerOf(
  ports: ReceiveEnrolmentPorts,
  received: ForwardedEnrolment,
  participant: string,
  now: Date,
): Promise<Thumbprint | undefined> {
  const { bytes, signature } = received.forward.original;
  if (signature === undefined) return undefined;
  try {
    const signed = await verifySender(ports, { body: bytes, signature }, { participant, now });
    return signed.certificate.thumbprint;
  } catch (error) {
    if (error instanceof Refusal && error.code.startsWith('CERTIFICATE_')) return undefined;
    throw error;
  }
}

async function record(
  ports: ReceiveEnrolmentPorts,
  received: ForwardedEnrolment,
  facts: {
    envelope: AddressedEnvelope;
    participant: Institution & { taxId: string; hosts: readonly string[] };
    signedBy: Thumbprint | undefined;
    now: Date;
  },
): Promise<ReceivedOutcome> {
  const { envelope, participant, signedBy, now } = facts;
  const { original, enrolmentId } = received.forward;
  const { envelope: outer } = received;
  await ports.checkEnrolShape({ document: envelope.document });
  const parameters = parametersOf(envelope, 'certificate.enrol') as unknown as EnrolParameters;
  const submission = readSubmission(parameters);
  const { anchors, profiles } = await ports.trust.inForce();
  const apoderados = await ports.apoderados(participant.finId);
  const ground = { now, anchors, profiles, apoderados, participant };
  const judged = admitCertificate(submission, envelope.header, ground);
  const verdict = unlessRevoked(judged, await ports.statuses.status(judged.thumbprint));
  const fresh = newEnrolment({
    id: enrolmentId,
    evidenceId: ports.ids.next(),
    role: 'payoutOperator',
    now,
    submission,
    verdict,
    header: envelope.header,
    participant: participant.finId,
    receivedFrom: received.from.finId,
    apiKeyId: received.apiKeyId,
    node: ports.node.finId,
    body: original.bytes,
    profiles,
    sources: verdict.outcome === 'ADMITTED' ? ports.sourcesOf(verdict.path, profiles) : [],
    ...(signedBy ? { signedBy } : {}),
    ...(outer && { envelope: outer }),
  });
  const message = outer ? { ...original, envelope: outer } : original;
  const recorded = await ports.enrolments.record({ ...fresh, message });
  if (recorded.outcome === 'RECORDED') return statusOf(fresh.enrolment, received.from);
  if (recorded.outcome === 'FORESTALLED') return { status: 'rejected', code: 'DISABLED_ELSEWHERE' };
  // 409: asked again until the one that is pending here has ended, which the network may be about to tell.
  if (recorded.outcome === 'PENDING_ALREADY') throw new Refusal('CERTIFICATE_PENDING');
  if (!recorded.sameBytes) throw new Refusal('MESSAGE_ID_REUSED', { found: envelope.header.messageId });
  const before = await ports.enrolments.find(recorded.enrolmentId);
  if (!before || before.id !== enrolmentId) throw new Refusal('MESSAGE_ID_REUSED');
  return statusOf(before, received.from);
}

export function statusOf(enrolment: Enrolment, from: Institution): ReceivedOutcome {
  if (enrolment.receivedFrom !== from.finId) throw new Refusal('ENROLMENT_UNKNOWN');
  if (enrolment.networkStatus === 'active') return { status: 'accepted', code: null };
  if (enrolment.networkStatus === 'pending') return { status: 'pending', code: null };
  return { status: 'rejected', code: enrolment.code ?? null };
}
