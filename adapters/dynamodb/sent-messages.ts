// Which bytes did the first attempt send? They are put before anything leaves (intent before act), and every later
// attempt sends them again: a receiver must never see one message_id over two texts.

import { createHash } from 'node:crypto';
import { messagePolicy } from '../../core/policy.ts';
import { absent, ConditionFailed, type Key, type Table, text } from './table.ts';

/** Where bytes lie that are too large for an item, by their SHA-256 (hex). */
export interface LargeBytes {
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  get(sha256: string): Promise<Uint8Array>;
}

export interface SentMessages {
  /** The bytes of an earlier attempt. */
  find(entryId: string): Promise<Uint8Array | undefined>;
  /** @returns the bytes to send: these, or those of an attempt that came first. */
  keep(entryId: string, bytes: Uint8Array, now: Date): Promise<Uint8Array>;
}

const sentKey = (entryId: string): Key => ({ pk: `OUT#${entryId}`, sk: 'SENT' });

export function sentMessages(table: Table, large: LargeBytes): SentMessages {
  const find = async (entryId: string) => {
    const item = await table.get(sentKey(entryId));
    if (!item) return undefined;
    return item.bytes instanceof Uint8Array ? item.bytes : large.get(text(item, 'sha256'));
  };
  return {
    find,
    async keep(entryId, bytes, now) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const inItem = bytes.length <= messagePolicy.inItemBytes;
      if (!inItem) await large.put(sha256, bytes);
      const item = { ...sentKey(entryId), sha256, at: now.toISOString(), ...(inItem && { bytes }) };
      try {
        await table.write({ put: item, when: absent() });
        return bytes;
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        return (await find(entryId))!;
      }
    },
  };
}
