// Which bytes did the first attempt send? They are put before anything leaves (intent before act), and every later
// attempt sends them again: a receiver must never see one message_id over two texts, unless it can take no more of the
// first because of its age.

import { createHash } from 'node:crypto';
import { messagePolicy } from '../../core/policy.ts';
import { absent, ConditionFailed, equals, type Key, type Table, text } from './table.ts';

/** Where bytes lie that are too large for an item, by their SHA-256 (hex). */
export interface LargeBytes {
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  get(sha256: string): Promise<Uint8Array>;
}

export interface SentMessage {
  readonly bytes: Uint8Array;
  /** Detached JWS of the first attempt. */
  readonly signature: string;
}

export interface SentMessages {
  /** What an earlier attempt sent; the reader proves the signature before believing the bytes. */
  find(entryId: string): Promise<SentMessage | undefined>;
  /** @returns what to send: this, or what an attempt that came first has kept. */
  keep(entryId: string, message: SentMessage, now: Date, over?: SentMessage): Promise<SentMessage>;
}

const sentKey = (entryId: string): Key => ({ pk: `OUT#${entryId}`, sk: 'SENT' });

export function sentMessages(table: Table, large: LargeBytes): SentMessages {
  const find = async (entryId: string) => {
    const item = await table.get(sentKey(entryId));
    if (!item) return undefined;
    const bytes = item.bytes instanceof Uint8Array ? item.bytes : await large.get(text(item, 'sha256'));
    return { bytes, signature: typeof item.signature === 'string' ? item.signature : '' };
  };
  return {
    find,
    async keep(entryId, { bytes, signature }, now, over) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const inItem = bytes.length <= messagePolicy.inItemBytes;
      if (!inItem) await large.put(sha256, bytes);
      const at = now.toISOString();
      const item = { ...sentKey(entryId), sha256, at, signature, ...(inItem && { bytes }) };
      try {
        await table.write({ put: item, when: over ? equals('signature', over.signature) : absent() });
        return { bytes, signature };
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        return (await find(entryId))!;
      }
    },
  };
}
