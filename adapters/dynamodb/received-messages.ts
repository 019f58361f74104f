// Was a message of this sender and id received before? `(sender, message_id)` counts once, for every kind (S4, S27);
// the item is put in the transaction of what the message asked for, so that a refused message burns nothing.

import { createHash } from 'node:crypto';
import { absent, type Key, type Table, text, type Write } from './table.ts';

export interface ReceivedMessage {
  readonly sender: string;
  readonly messageId: string;
  readonly bytes: Uint8Array;
  /** The detached JWS; absent where an API key alone vouched for it. */
  readonly signature?: string;
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
  const { sender, messageId, bytes, signature, subject } = message;
  const content = { digest: digestOfMessage(bytes), subject, bytes, signature, at: now.toISOString() };
  return { put: { ...receivedMessageKey(sender, messageId), ...content }, when: absent() };
}

export async function knownMessage(
  table: Table,
  sender: string,
  messageId: string,
): Promise<KnownMessage | undefined> {
  const item = await table.get(receivedMessageKey(sender, messageId));
  return item && { subject: text(item, 'subject'), digest: text(item, 'digest') };
}
