// Was a message of this sender and id received before? `(sender, message_id)` counts once, for every kind (S4, S27);
// the item is put in the transaction of what the message asked for, so that a refused message burns nothing.

import { createHash } from 'node:crypto';
import type { SignedEnvelope } from '../../core/enrolment/ports.ts';
import type { Item } from './attributes.ts';
import { absent, type Key, type Table, text, type Write } from './table.ts';

export interface ReceivedMessage {
  readonly sender: string;
  readonly messageId: string;
  readonly bytes: Uint8Array;
  /** The detached JWS; absent where an API key alone vouched for it. */
  readonly signature?: string;
  /** What another node signed around it. */
  readonly envelope?: SignedEnvelope;
  /** Id of what came of it: an enrolment, a key, a webhook. */
  readonly subject: string;
}

export interface KnownMessage {
  readonly subject: string;
  /** Hex SHA-256 of its bytes: tells a retry from a re-used id. */
  readonly digest: string;
}

export const receivedMessageKey = (sender: string, messageId: string): Key => ({
  pk: `MSG#${sender}#${messageId}`,
  sk: 'MESSAGE',
});

export const digestOfMessage = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** For acts whose message is small; payouts keep theirs on their own terms. Its condition fails for a known one. */
export function receivedMessageWrite(message: ReceivedMessage, now: Date): Write {
  const { sender, messageId, bytes, signature, envelope, subject } = message;
  const around = envelope && {
    envelope: cutOut(bytes, envelope.bytes),
    envelopeSignature: envelope.signature,
  };
  const at = now.toISOString();
  const content = { digest: digestOfMessage(bytes), subject, bytes, signature, ...around, at };
  return { put: { ...receivedMessageKey(sender, messageId), ...content }, when: absent() };
}

/**
 * The envelope without the message, which it holds in base64 and which stands beside it; whole where it spells it
 * otherwise.
 */
function cutOut(message: Uint8Array, envelope: Uint8Array): readonly Uint8Array[] {
  const inner = Buffer.from(message).toString('base64');
  const at = Buffer.from(envelope).indexOf(inner);
  return at < 0 ? [envelope] : [envelope.subarray(0, at), envelope.subarray(at + inner.length)];
}

/** The same bytes again. */
export function envelopeIn(item: Item): SignedEnvelope | undefined {
  const { bytes, envelope, envelopeSignature: signature } = item;
  if (!(bytes instanceof Uint8Array) || !Array.isArray(envelope) || typeof signature !== 'string')
    return undefined;
  const [before, after] = envelope as readonly Uint8Array[];
  if (!before || !after) return before && { bytes: before, signature };
  const inner = Buffer.from(Buffer.from(bytes).toString('base64'));
  return { bytes: Buffer.concat([before, inner, after]), signature };
}

export async function knownMessage(
  table: Table,
  sender: string,
  messageId: string,
): Promise<KnownMessage | undefined> {
  const item = await table.get(receivedMessageKey(sender, messageId));
  return item && { subject: text(item, 'subject'), digest: text(item, 'digest') };
}
