// How do the messages of one batch of records stand in one object, and under which name is it found again? A record
// tells scope and time, its batch was chained after that, and a digest says which message of the batch is meant.

import { createHash } from 'node:crypto';
import type { LockedMessage } from '../../core/evidence/ports.ts';

interface Place {
  readonly scope: string;
  readonly at: Date;
}

/** Two functions' clocks may differ by this: a record may seem to have happened after it was chained. */
const clockSkewMilliseconds = 5 * 60_000;

export const batchFolder = (scope: string) => `batches/${encodeURIComponent(scope)}/`;

/** With a digest of its own: a writer that died may have left a batch of the same moment that holds less. */
export const batchKey = ({ scope, at }: Place, bytes: Uint8Array) =>
  `${batchFolder(scope)}${at.toISOString()}.${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.json`;

/** Every batch that may hold a record of this time sorts after it. */
export const batchKeyBefore = ({ scope, at }: Place) =>
  batchFolder(scope) + new Date(at.getTime() - clockSkewMilliseconds).toISOString();

export function writeBatch(messages: readonly LockedMessage[]): Uint8Array {
  const list = messages.map(({ sha256, bytes, signature }) => ({
    sha256,
    message: Buffer.from(bytes).toString('base64'),
    signature: signature ?? null,
  }));
  return Buffer.from(JSON.stringify({ type: 'apodera/messages/v1', messages: list }));
}

/** Nothing that the bucket holds is believed: bytes of another digest are not there. */
export function readBatch(batch: Uint8Array, sha256: string): LockedMessage | undefined {
  const messages = messagesIn(batch).filter((each) => each.sha256 === sha256);
  for (const { message, signature } of messages) {
    const bytes = typeof message === 'string' ? Buffer.from(message, 'base64') : undefined;
    if (!bytes || createHash('sha256').update(bytes).digest('base64url') !== sha256) continue;
    return { sha256, bytes: Uint8Array.from(bytes), ...(typeof signature === 'string' && { signature }) };
  }
  return undefined;
}

type Unproved = { readonly [name: string]: unknown };

function messagesIn(batch: Uint8Array): readonly Unproved[] {
  try {
    const { messages } = JSON.parse(Buffer.from(batch).toString()) as {
      readonly messages: readonly Unproved[];
    };
    return messages.filter((each) => typeof each === 'object' && each !== null);
  } catch {
    return [];
  }
}
