// The archive without S3. A test reaches into `objects` as an attacker with s3:PutObject and s3:DeleteObject would:
// versions can be added over one, and none removed.

import type { EvidenceArchive } from '../../core/evidence/ports.ts';
import { bytesKey, headKey, listingKey, messageKeyOf, numberOfHead } from '../s3/evidence-keys.ts';
import { batchFolder, batchKey, batchKeyBefore, readBatch, writeBatch } from '../s3/message-batches.ts';

export type MemoryArchive = EvidenceArchive & {
  /** Versions by key, oldest first; null is a delete marker. */
  readonly objects: Map<string, (Uint8Array | null)[]>;
};

export function memoryArchive(): MemoryArchive {
  const objects = new Map<string, (Uint8Array | null)[]>();
  const first = (key: string) => {
    const version = objects.get(key)?.find((each) => each !== null);
    return version && Uint8Array.from(version);
  };
  const put = (key: string, bytes: Uint8Array) => {
    const versions = objects.get(key) ?? [];
    if (versions.at(-1)) return 'EXISTS' as const;
    objects.set(key, [...versions, Uint8Array.from(bytes)]);
    return 'PUT' as const;
  };
  return {
    objects,
    putHead: async (number, bytes) => put(headKey(number), bytes),
    head: async (number) => first(headKey(number)),
    async *heads(fromNumber) {
      const numbers = [...objects.keys()].map(numberOfHead).filter((number) => number >= fromNumber);
      for (const number of numbers.sort((a, b) => a - b)) {
        const bytes = first(headKey(number));
        const laterVersions = objects.get(headKey(number))!.length - 1;
        if (bytes) yield { number, bytes, laterVersions };
      }
    },
    async putListing(hash, bytes) {
      put(listingKey(hash), bytes);
    },
    listing: async (hash) => first(listingKey(hash)),
    async putMessages(batch, messages) {
      const bytes = writeBatch(messages);
      put(batchKey(batch, bytes), bytes);
    },
    async lockedMessage(record, sha256) {
      const [folder, from] = [batchFolder(record.scope), batchKeyBefore(record)];
      return [...objects.keys()]
        .filter((key) => key.startsWith(folder) && key > from)
        .sort()
        .map((key) => readBatch(first(key) ?? new Uint8Array(), sha256))
        .find((found) => found !== undefined);
    },
    async putBytes(sha256, bytes) {
      put(bytesKey(sha256), bytes);
    },
    bytes: async (sha256) => first(bytesKey(sha256)),
    message: async (sha256) => first(messageKeyOf(sha256)),
  };
}
