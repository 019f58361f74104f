// Another node announces the certificate that it will sign with next, signed with the current one. It
// goes through the same workflow as a participant's; where that asks a person, two of our node operators sign the act
// peer.confirmCertificate (S20). And the other way round: a peer's word on the certificate that we announced.

import { parseCertificate } from '../../core/certificate/parse.ts';
import type { CertificationPath } from '../../core/certificate/path.ts';
import type { UsableCertificate } from '../../core/certificate/usable.ts';
import { unlessRevoked } from '../../core/enrolment/admission.ts';
import { readAnswer } from '../../core/enrolment/answer.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import { admitNodeCertificate, type NodeCertificate } from '../../core/enrolment/node-certificate.ts';
import type { EnrolmentStore, OriginalMessage, StatusStore } from '../../core/enrolment/ports.ts';
import { newEnrolment } from '../../core/enrolment/recording.ts';
import { Refusal } from '../../core/errors.ts';
import type { Institution, MessageHeader } from '../../core/message/envelope.ts';
import type { Party } from '../../core/people/party.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';
import { answerSource } from './receive-answer.ts';
import { type ReceivedOutcome, statusOf } from './receive-enrolment.ts';

export interface ReceiveNodeCertificatePorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly role: NodeRole;
  readonly node: Institution;
  readonly enrolments: EnrolmentStore;
  readonly statuses: Pick<StatusStore, 'status'>;
  readonly trust: TrustSource;
  sourcesOf(path: CertificationPath, profiles: TrustInForce['profiles']): readonly string[];
}

/** A message of a peer, its signature proved. */
export interface Announced {
  readonly certificate: NodeCertificate;
  readonly peer: Party;
  readonly header: MessageHeader;
  readonly message: OriginalMessage;
  /** What signed it. */
  readonly signer: UsableCertificate;
  readonly apiKeyId: string;
}

/** @throws Refusal where nothing can be recorded: the announcing node hears a problem and tries no more */
export async function receiveNodeCertificate(
  ports: ReceiveNodeCertificatePorts,
  announced: Announced,
): Promise<ReceivedOutcome> {
  const { certificate, peer, header, message } = announced;
  const known = await ports.enrolments.find(certificate.enrolmentId);
  if (known) return statusOf(known, peer);
  const { verdict: judged, profiles } = await verdictOn(ports, announced);
  const before = await ports.statuses.status(judged.thumbprint);
  const verdict = unlessRevoked(judged, before);
  if (before?.networkStatus === 'active') {
    if (before.participant !== peer.finId) throw new Refusal('CERTIFICATE_OF_ANOTHER');
    // Pinned by hand meanwhile: there is nothing left to confirm.
    return { status: 'accepted', code: null };
  }
  const fresh = newEnrolment({
    id: certificate.enrolmentId,
    evidenceId: ports.ids.next(),
    role: ports.role,
    now: ports.clock.now(),
    submission: { use: 'signing', reason: certificate.reason },
    verdict,
    header,
    participant: peer.finId,
    receivedFrom: peer.finId,
    broughtBy: ports.role === 'network' ? 'payoutOperator' : 'network',
    apiKeyId: announced.apiKeyId,
    signedBy: announced.signer.thumbprint,
    node: ports.node.finId,
    body: message.bytes,
    profiles,
    sources: verdict.outcome === 'ADMITTED' ? ports.sourcesOf(verdict.path, profiles) : [],
  });
  const recorded = await ports.enrolments.record({ ...fresh, message });
  if (recorded.outcome === 'RECORDED') return statusOf(fresh.enrolment, peer);
  if (recorded.outcome === 'PENDING_ALREADY') throw new Refusal('CERTIFICATE_PENDING');
  if (recorded.outcome === 'FORESTALLED') return { status: 'rejected', code: 'DISABLED_ELSEWHERE' };
  if (!recorded.sameBytes) throw new Refusal('MESSAGE_ID_REUSED', { found: header.messageId });
  const first = await ports.enrolments.find(certificate.enrolmentId);
  if (!first) throw new Refusal('MESSAGE_ID_REUSED', { found: header.messageId });
  return statusOf(first, peer);
}

async function verdictOn(ports: ReceiveNodeCertificatePorts, { certificate, peer, signer }: Announced) {
  const [der] = (await ports.enrolments.chainOf(signer.thumbprint)) ?? [];
  if (!der) throw new Refusal('CERTIFICATE_UNKNOWN');
  const { anchors, profiles } = await ports.trust.inForce();
  const current = { leaf: parseCertificate(der), pscProfile: signer.status.pscProfile };
  const now = ports.clock.now();
  const ground = { now, anchors, profiles, peer, current };
  return { verdict: admitNodeCertificate(certificate.chain, ground), profiles };
}

/** @throws Refusal ANSWER_MALFORMED, ENROLMENT_UNKNOWN, ANSWER_OF_ANOTHER */
export async function receiveNodeCertificateAnswer(
  ports: ReceiveNodeCertificatePorts,
  { peer, messageId, message }: { peer: Party; messageId: string; message: OriginalMessage },
): Promise<void> {
  const answer = readAnswer(message.bytes, 'node.certificate_answer');
  const asked = (await ports.enrolments.rows(answer.enrolmentId)).some((row) => row.operator === peer.finId);
  const own = await ports.statuses.status(answer.thumbprint as UsableCertificate['thumbprint']);
  if (!asked || own?.participant !== ports.node.finId) throw new Refusal('ENROLMENT_UNKNOWN');
  if (own.enrolmentId !== answer.enrolmentId) throw new Refusal('ANSWER_OF_ANOTHER');
  const { enrolmentId, status, code } = answer;
  const at = ports.clock.now();
  const row = { enrolmentId, operator: peer.finId, status, at, messageId, message };
  const evidence = {
    id: ports.ids.next(),
    scope: 'node',
    kind: 'nodeCertificate.answered',
    at,
    actor: { kind: peer.kind, finId: peer.finId },
    subjects: { enrolmentId, thumbprint: answer.thumbprint, messageId },
    facts: { status, code },
    sources: [answerSource(enrolmentId, peer.finId, message.bytes)],
  };
  await ports.enrolments.putRow(
    { ...row, ...(code !== null && { code }) },
    { evidence: [evidence], outbox: [] },
  );
}
