// What does this node say to another one, so that saying it again is saying the same? Id and time of a message come
// from the outbox entry that asked for it: every attempt carries the same bytes, and the receiver knows a repeat.

import { createHash } from 'node:crypto';
import type { LastHead } from '../evidence/ports.ts';
import type { OutboxEntry } from '../outbox.ts';
import { type Institution, type JsonObject, writeEnvelope } from './envelope.ts';

export interface NodeMessage {
  readonly sender: Institution;
  readonly receiver: Institution;
  readonly action: string;
  readonly parameters: JsonObject;
  /** The sender's last signed evidence head, which the receiver keeps for it (S23). */
  readonly evidenceHead?: LastHead | undefined;
}

/** The entry's own id where it is short enough for a message_id, else its digest. */
export function messageIdOf(entryId: string): string {
  if (/^[A-Za-z0-9._:-]{1,64}$/.test(entryId)) return entryId;
  return createHash('sha256').update(entryId).digest('base64url');
}

export function nodeMessageBytes(
  entry: Pick<OutboxEntry, 'id' | 'createdAt'>,
  { sender, receiver, action, parameters, evidenceHead }: NodeMessage,
): Uint8Array {
  const header = { sender, receiver, messageId: messageIdOf(entry.id), creationDate: entry.createdAt };
  const head = evidenceHead && { number: evidenceHead.number, hash: evidenceHead.hash };
  return writeEnvelope(header, { action, parameters, ...(head && { evidence_head: head }) });
}

/** Something that happened to a participant, for its events URL. */
export interface ParticipantEvent {
  /** `enrolment.settled` ...: the type on the wire is `apodera.<kind>.v1`. */
  readonly kind: string;
  readonly participant: string;
  readonly at: Date;
  readonly data: JsonObject;
}

/** A CloudEvent 1.0 in structured mode; the receiver drops an id that it has seen. */
export function eventBytes(entryId: string, sender: Institution, event: ParticipantEvent): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: messageIdOf(entryId),
      source: `urn:apodera:${sender.finId}`,
      type: `apodera.${event.kind}.v1`,
      time: event.at.toISOString(),
      subject: event.participant,
      datacontenttype: 'application/json',
      data: event.data,
    }),
  );
}
