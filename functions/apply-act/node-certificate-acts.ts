// What do the acts about nodes' certificates change? Another node's next one becomes active here (S20); this node's own
// is published and announced; one that nobody should trust any longer ends. First contact is party-acts.ts's pin.

import { parseCertificate } from '../../core/certificate/parse.ts';
import { keyThumbprintOf, type Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus, Enrolment, Step } from '../../core/enrolment/enrolment.ts';
import {
  admitNodeCertificate,
  announceToParticipants,
  readNodeCertificate,
} from '../../core/enrolment/node-certificate.ts';
import { Refusal } from '../../core/errors.ts';
import { parametersOf, readEnvelope } from '../../core/message/envelope.ts';
import { handOver } from '../../core/message/own-certificate.ts';
import { verifySender } from '../../core/message/sender.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Act } from '../../core/people/act.ts';
import type { ActParameters } from '../../core/people/act-parameters.ts';
import { decisionIdOf } from '../../core/people/decision.ts';
import type { Party } from '../../core/people/party.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import { enrolmentLimits } from '../../core/policy.ts';
import { type ActContext, type Applied, type ApplyActPorts, nothing, requireNotRevoked } from './applying.ts';
import { endOfNode } from './end-certificates.ts';
import { invalid, proveGiven } from './given-certificate.ts';

/** Nothing is believed as the table has it (S22): message, path and holder are proved again, as when it arrived. */
export async function confirmCertificate(
  ports: ApplyActPorts,
  { fin_id, enrolment_id, certificate_thumbprint: thumbprint }: ActParameters['peer.confirmCertificate'],
  { actId, now }: ActContext,
): Promise<Applied> {
  const peer = await ports.parties.party(fin_id);
  const enrolment = await ports.enrolments.find(enrolment_id);
  if (!peer || peer.kind === 'participant') throw invalid('fin_id', 'another node');
  if (enrolment?.participant !== fin_id || enrolment.thumbprint !== thumbprint)
    throw invalid('certificate_thumbprint', 'the certificate of that enrolment');
  if (enrolment.networkStatus !== 'pending') throw new Refusal('ENROLMENT_NOT_PENDING');
  if (!enrolment.steps.some(({ number, outcome }) => (number === 3 || number === 9) && outcome === 'GOOD'))
    throw new Refusal('NODE_CERTIFICATE_UNCHECKED');
  const { proved, profiles, signsFrom } = await announcedAgain(ports, peer, enrolment, now);
  await requireNotRevoked(ports, proved.thumbprint);
  const status: CertificateStatus = {
    thumbprint: proved.thumbprint,
    keyThumbprint: keyThumbprintOf(proved.leaf.spki),
    participant: fin_id,
    enrolmentId: enrolment.id,
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: proved.leaf.notAfter,
    acceptingOperators: [],
    sources: ports.sourcesOf(proved.path, profiles),
    anchor: proved.anchor,
    pscProfile: proved.pscProfile,
    activatedAt: now,
    signsFrom,
  };
  const steps: Step[] = [{ number: 14, outcome: 'ACTIVE', at: now, by: `act ${actId}` }];
  const path = proved.path.path.map(({ der }) => der);
  const version = enrolment.version + 1;
  return {
    ...nothing,
    grants: [{ noun: 'certificate', status, path, version, enrolment: { from: enrolment, steps } }],
    mails: [wakeEntry(decisionIdOf(enrolment.id, 'nodeOperator'), 'CONFIRMED', actId, now)],
    subjects: { peer: fin_id, enrolmentId: enrolment.id, thumbprint },
  };
}

async function announcedAgain(ports: ApplyActPorts, peer: Party, enrolment: Enrolment, now: Date) {
  const message = await ports.enrolments.messageOf(enrolment);
  if (!message) throw new Refusal('PROOF_BROKEN');
  const received = { body: message.bytes, signature: message.signature };
  const { certificate: signer } = await verifySender(ports, received, { participant: peer.finId, now });
  const announced = readNodeCertificate(parametersOf(readEnvelope(message.bytes), 'node.certificate'));
  const [der] = (await ports.enrolments.chainOf(signer.thumbprint)) ?? [];
  if (!der || announced.enrolmentId !== enrolment.id) throw new Refusal('PROOF_BROKEN');
  const { anchors, profiles } = await ports.trust.inForce();
  const current = { leaf: parseCertificate(der), pscProfile: signer.status.pscProfile };
  const proved = admitNodeCertificate(announced.chain, { now, anchors, profiles, peer, current });
  if (proved.outcome === 'REFUSED') throw new Refusal('PROOF_BROKEN', { found: proved.code });
  if (proved.thumbprint !== enrolment.thumbprint) throw new Refusal('PROOF_BROKEN');
  return { proved, profiles, signsFrom: announced.signsFrom };
}

/** Rejected, it is settled at once: the execution that waits reads the act again. */
export function wakeRejected(act: Act, now: Date): OutboxEntry[] {
  if (act.kind !== 'peer.confirmCertificate') return [];
  const { enrolment_id: id } = act.parameters as ActParameters['peer.confirmCertificate'];
  return [wakeEntry(decisionIdOf(id, 'nodeOperator'), 'REJECTED', act.actId, now)];
}

/** Published at once, announced to every node that we talk to, used when it is time. */
export async function announceCertificate(
  ports: ApplyActPorts,
  parameters: ActParameters['node.announceCertificate'],
  { actId, act, now }: ActContext,
): Promise<Applied> {
  const { finId } = ports.node;
  const { current, again } = await ownBefore(ports, parameters.certificate_thumbprint, now);
  const enrolmentId = `node-${actId}`;
  const proved = await proveGiven(ports, parameters, { finId, enrolmentId, now });
  const { thumbprint, keyThumbprint } = proved.status;
  await requireSameKey(ports, current.thumbprint, keyThumbprint);
  const asked = parameters.signs_from === null ? undefined : new Date(parameters.signs_from);
  const signsFrom = again?.signsFrom ?? handOver(current.notAfter, asked, now);
  const peers = (await ports.parties.parties()).filter(
    (one) => one.kind !== 'participant' && one.finId !== finId,
  );
  const refs = { enrolmentId, thumbprint, actId: act.actId };
  const messages = peers.map((peer) => announcementTo(peer.finId, refs, now));
  return {
    ...nothing,
    grants: [{ ...proved, status: { ...proved.status, signsFrom }, version: 1 }],
    mails: again ? messages : [...messages, announceToParticipants(finId, thumbprint, now)],
    subjects: { thumbprint, enrolmentId },
  };
}

/** What signs before it; and itself, where it is said once more to peers that let 72 h pass. */
async function ownBefore(ports: ApplyActPorts, thumbprint: string, now: Date) {
  const own = (await ports.statuses.activeOf(ports.node.finId)).filter(
    ({ use, notAfter }) => use === 'signing' && now <= notAfter,
  );
  const again = own.find((one) => one.thumbprint === thumbprint);
  if (again && !again.signsFrom) throw new Refusal('ALREADY_ACTIVE');
  const others = own.filter((one) => one !== again);
  if (others.length >= enrolmentLimits.activeCertificates) throw new Refusal('NODE_CERTIFICATES_TWO');
  const [current] = others;
  if (!current)
    throw new Refusal('CERTIFICATE_NOT_ACTIVE', { expected: 'a first certificate, pinned here too' });
  return { current, again };
}

/** By its own bytes, not by what a record says of them. */
async function requireSameKey(
  ports: ApplyActPorts,
  current: Thumbprint,
  keyThumbprint: string,
): Promise<void> {
  const [der] = (await ports.enrolments.chainOf(current)) ?? [];
  if (!der || keyThumbprintOf(parseCertificate(der).spki) !== keyThumbprint)
    throw new Refusal('NODE_KEY_OTHER');
}

function announcementTo(
  receiver: string,
  refs: { enrolmentId: string; thumbprint: string; actId: string },
  now: Date,
): OutboxEntry {
  const id = `node.certificate.${refs.enrolmentId}.${receiver}`;
  return newOutboxEntry({
    id,
    queue: 'deliver',
    kind: 'node.certificate',
    refs: { ...refs, receiver },
    receiver,
    now,
  });
}

/** One node operator is enough for what takes away. The last certificate of a node silences it until it is pinned anew. */
export async function endCertificate(
  ports: ApplyActPorts,
  { fin_id: finId, certificate_thumbprint: thumbprint, incident }: ActParameters['peer.endCertificate'],
  context: ActContext,
): Promise<Applied> {
  const party = await ports.parties.party(finId);
  if (!party || party.kind === 'participant') throw invalid('fin_id', 'a node, this one or another');
  await endOfNode(ports, finId, { thumbprint: thumbprint as Thumbprint, incident }, context);
  return { ...nothing, subjects: { peer: finId, thumbprint } };
}
