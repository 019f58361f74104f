// What does this node have to say of a disable or a suspension, and to whom? Each entry is one message to one payout
// operator, or one event to the participant's systems; read again from its record at each attempt.

import { disableForwardParameters, suspendParameters } from '../../core/disable/forward.ts';
import type { DisableRecord, DisableStore } from '../../core/disable/ports.ts';
import type { EnrolmentStore } from '../../core/enrolment/ports.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import { type Delivered, type DeliverPorts, deliverEvent, deliverToNode } from './deliver-message.ts';
import type { Delivery } from './enrolment-deliveries.ts';

export interface ForwardPorts extends DeliverPorts {
  readonly enrolments: Pick<EnrolmentStore, 'messageOf'>;
}

export interface DisableDeliveryPorts extends ForwardPorts {
  readonly disables: Pick<DisableStore, 'find'>;
  readonly suspensions: Pick<Suspensions, 'find'>;
}

export function disableDeliveries(ports: DisableDeliveryPorts): Readonly<Record<string, Delivery>> {
  return {
    // Of nodes before the workflow (statemachines/disable.asl.json): what still waits in their outbox.
    'disable.forward': async (entry) =>
      forwardDisableTo(ports, await recordOf(ports, entry), entry.refs.receiver!, entry),
    'participant.suspend': (entry) => suspend(ports, entry),
    'suspension.confirm': (entry) => confirm(ports, entry),
    'event.disable': (entry) => tell(ports, entry),
    'event.rotation-late': (entry) => tellLateUse(ports, entry),
    'event.expiring': (entry) => tellOfExpiry(ports, entry),
    'event.key-expiring': (entry) => tellOfKeyExpiry(ports, entry),
    'event.suspension': (entry) => tellOfSuspension(ports, entry),
  };
}

/** @param entry names the attempts: the first one's bytes are sent by all */
export async function forwardDisableTo(
  ports: ForwardPorts,
  record: DisableRecord,
  receiver: string,
  entry: Pick<OutboxEntry, 'id' | 'createdAt'>,
): Promise<Delivered> {
  const { participant, messageId } = record;
  const original =
    messageId === undefined ? undefined : await ports.enrolments.messageOf({ participant, messageId });
  return deliverToNode(ports, entry, {
    receiver,
    action: 'certificate.disable_forward',
    parameters: disableForwardParameters(record, original),
  });
}

async function suspend(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  return deliverToNode(ports, entry, {
    receiver: entry.refs.receiver!,
    action: 'participant.suspend',
    parameters: suspendParameters({ ...(await recordOf(ports, entry)), confirmed: false }),
  });
}

/** The second word was said here. Lifted since: each node lifts its own, and what ended stays ended. */
async function confirm(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant = '', suspensionId, receiver = '' } = entry.refs;
  const standing = await ports.suspensions.find(participant);
  if (standing?.id !== suspensionId || !standing) return { outcome: 'NOWHERE' };
  const { by, reason } = standing;
  const suspendedBy = 'office' in by ? by.office : undefined;
  return deliverToNode(ports, entry, {
    receiver,
    action: 'participant.suspend',
    parameters: suspendParameters({
      participant,
      reason,
      ...(suspendedBy && { suspendedBy }),
      confirmed: true,
    }),
  });
}

function tellOfSuspension(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant = '', word = '', suspensionId = '' } = entry.refs;
  const data = { suspension_id: suspensionId };
  return deliverEvent(ports, entry, {
    kind: `participant.suspension_${word}`,
    participant,
    at: entry.createdAt,
    data,
  });
}

function tellLateUse(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant = '', thumbprint = '', replacedBy = '' } = entry.refs;
  const { overlapEndsAt = '', lastUsedAt = '' } = entry.refs;
  return deliverEvent(ports, entry, {
    kind: 'certificate.used_late',
    participant,
    at: entry.createdAt,
    data: { thumbprint, replaced_by: replacedBy, overlap_ends_at: overlapEndsAt, last_used_at: lastUsedAt },
  });
}

function tellOfExpiry(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant = '', thumbprint = '', notAfter = '' } = entry.refs;
  const data = { thumbprint, not_after: notAfter };
  return deliverEvent(ports, entry, {
    kind: 'certificate.expiring',
    participant,
    at: entry.createdAt,
    data,
  });
}

function tellOfKeyExpiry(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const { participant = '', keyId = '', expiresAt = '' } = entry.refs;
  const data = { key_id: keyId, expires_at: expiresAt };
  return deliverEvent(ports, entry, { kind: 'api_key.expiring', participant, at: entry.createdAt, data });
}

async function tell(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<Delivered> {
  const record = await recordOf(ports, entry);
  const { participant, at, cause, origin, disabled, withdrawn, suspended } = record;
  return deliverEvent(ports, entry, {
    kind: suspended ? 'participant.suspended' : 'certificate.disabled',
    participant,
    at,
    data: suspended
      ? { cause, origin }
      : { disabled: [...disabled], withdrawn: [...withdrawn], cause, origin },
  });
}

/** Entry and record were written in one transaction. */
async function recordOf(ports: DisableDeliveryPorts, entry: OutboxEntry): Promise<DisableRecord> {
  const record = await ports.disables.find(entry.refs.disableId ?? '');
  if (!record) throw new Error(`an entry of kind "${entry.kind}" names no disable`);
  return record;
}
