// How does a node's next certificate reach the others? Ours is announced to each peer, our word on a
// peer's goes back to it, and participants who meet the node are told by an event with the certificate in it.

import { parseCertificate } from '../../core/certificate/parse.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { answerParameters } from '../../core/enrolment/answer.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { nodeCertificateParameters } from '../../core/enrolment/node-certificate.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import type { JsonObject } from '../../core/message/envelope.ts';
import { messageIdOf } from '../../core/message/outgoing.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Acts, Parties } from '../../core/people/ports.ts';
import type { Ids } from '../../core/ports.ts';
import { type Delivered, type DeliverPorts, deliverEvent, deliverToNode } from './deliver-message.ts';
import type { Delivery } from './enrolment-deliveries.ts';

export interface NodeCertificateDeliveryPorts extends DeliverPorts {
  readonly ids: Ids;
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'chainOf' | 'putRow' | 'enqueue'>;
  /** @throws Refusal SEAL_BROKEN */
  readonly statuses: Pick<StatusStore, 'status'>;
  readonly acts: Pick<Acts, 'act'>;
  readonly parties: Pick<Parties, 'parties'>;
}

const NOTHING_TO_TELL: Delivered = { outcome: 'NOWHERE' };

export function nodeCertificateDeliveries(
  ports: NodeCertificateDeliveryPorts,
): Readonly<Record<string, Delivery>> {
  return {
    'node.certificate': (entry) => announce(ports, entry),
    'node.certificate_answer': (entry) => answer(ports, entry),
    'node.certificate_published': (entry) => publish(ports, entry),
    'event.node-certificate': (entry) => tell(ports, entry),
  };
}

interface Published {
  readonly status: CertificateStatus;
  readonly chain: readonly Uint8Array[];
}

/** What we say of a certificate rests on its seal (S22); one that ended meanwhile is not spoken of. */
async function published(
  ports: NodeCertificateDeliveryPorts,
  node: string,
  thumbprint: string | undefined,
): Promise<Published | undefined> {
  const status = await ports.statuses.status((thumbprint ?? '') as Thumbprint);
  if (status?.networkStatus !== 'active' || status.participant !== node) return undefined;
  const chain = await ports.enrolments.chainOf(status.thumbprint);
  return chain && { status, chain };
}

async function announce(ports: NodeCertificateDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { receiver = '', thumbprint, actId } = entry.refs;
  const own = await published(ports, ports.node.finId, thumbprint);
  const act = own && (await ports.acts.act(actId ?? ''));
  if (!own?.status.signsFrom || !act) return NOTHING_TO_TELL;
  const { enrolmentId, signsFrom } = own.status;
  const parameters = nodeCertificateParameters({
    enrolmentId,
    chain: own.chain,
    reason: act.reason,
    signsFrom,
  });
  const delivered = await deliverToNode(ports, entry, { receiver, action: 'node.certificate', parameters });
  await recordAnnounced(ports, own.status, entry, delivered);
  return delivered;
}

/** The row by which the peer's own word is expected; until it comes, that peer sees the current certificate. */
async function recordAnnounced(
  ports: NodeCertificateDeliveryPorts,
  { enrolmentId, thumbprint }: CertificateStatus,
  entry: OutboxEntry,
  delivered: Delivered,
): Promise<void> {
  if (delivered.outcome !== 'RECEIVED' && delivered.outcome !== 'REFUSED') return;
  const at = ports.clock.now();
  const refused = delivered.outcome === 'REFUSED';
  const code = refused ? delivered.code : delivered.receipt.code;
  const said = refused ? 'refused' : (delivered.receipt.status ?? 'pending');
  const evidence = {
    id: ports.ids.next(),
    scope: 'node',
    kind: refused ? 'nodeCertificate.announcementRefused' : 'nodeCertificate.announced',
    at,
    actor: { kind: 'node', function: 'deliver-message' } as const,
    subjects: { enrolmentId, thumbprint, peer: entry.refs.receiver!, messageId: messageIdOf(entry.id) },
    facts: { said, code },
  };
  const status =
    said === 'accepted' || said === 'rejected' || said === 'pending' ? said : ('silent' as const);
  await ports.enrolments.putRow(
    { enrolmentId, operator: entry.refs.receiver!, status, at, ...(code && { code }) },
    { evidence: [evidence], outbox: [] },
  );
}

async function answer(ports: NodeCertificateDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { enrolmentId = '', receiver = '' } = entry.refs;
  const enrolment = await ports.enrolments.find(enrolmentId);
  if (!enrolment || enrolment.networkStatus === 'pending') return NOTHING_TO_TELL;
  const { thumbprint } = enrolment;
  const accepted = enrolment.networkStatus === 'active';
  const sealed = accepted ? await published(ports, receiver, thumbprint) : undefined;
  if (accepted && sealed?.status.enrolmentId !== enrolmentId)
    return { outcome: 'NOT_NOW', because: 'CERTIFICATE_NOT_ACTIVE', alone: true };
  const [status, code] = accepted
    ? (['accepted', null] as const)
    : (['rejected', enrolment.code ?? null] as const);
  return deliverToNode(ports, entry, {
    receiver,
    action: 'node.certificate_answer',
    parameters: answerParameters({ enrolmentId, thumbprint, status, code, confirmation: null }),
  });
}

/** One event each, so that one dead URL holds up nobody: the network's own goes to all, an operator's to its own. */
async function publish(ports: NodeCertificateDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { node = '', thumbprint = '' } = entry.refs;
  if (!(await published(ports, node, thumbprint))) return NOTHING_TO_TELL;
  const now = ports.clock.now();
  for (const { finId, kind, payoutOperators } of await ports.parties.parties()) {
    const meets = kind === 'participant' && (node === ports.node.finId || payoutOperators.includes(node));
    if (!meets || (await ports.eventsUrl(finId, now)) === undefined) continue;
    const id = `event.node-certificate.${thumbprint}.${finId}`;
    const refs = { participant: finId, node, thumbprint };
    await ports.enrolments.enqueue([
      newOutboxEntry({ id, queue: 'deliver', kind: 'event.node-certificate', refs, receiver: finId, now }),
    ]);
  }
  return { outcome: 'RECEIVED', receipt: {} };
}

async function tell(ports: NodeCertificateDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant = '', node = '', thumbprint } = entry.refs;
  const found = await published(ports, node, thumbprint);
  if (!found) return NOTHING_TO_TELL;
  const data = describe(node, found);
  return deliverEvent(ports, entry, { kind: 'node.certificate', participant, at: entry.createdAt, data });
}

function describe(node: string, { status, chain }: Published): JsonObject {
  const { notBefore, notAfter } = parseCertificate(chain[0]!);
  const [certificate, ...issuers] = chain.map((der) => Buffer.from(der).toString('base64'));
  return {
    fin_id: node,
    thumbprint: status.thumbprint,
    certificate: certificate!,
    issuers,
    signs_from: (status.signsFrom ?? status.activatedAt).toISOString(),
    not_before: notBefore.toISOString(),
    not_after: notAfter.toISOString(),
  };
}
