// The archive without S3. A test reaches into `objects` as an attacker with s3:PutObject and s3:DeleteObject would:
// versions can be added over one, and none removed.

import type { EvidenceArchive } from '../../core/evidence/ports.ts';
import { batchFolder, batchKey, batchKeyBefore, readBatch, writeBatch } from '../s3/message-batches.ts';

export type MemoryArchive = EvidenceArchive & {
  /** Versions by key, oldest first; null is a delete marker. */
  readonly objects: Map<string, (Uint8Array | null)[]>;
};

export function memoryArchive(): MemoryArchive {
  const objects = new Map<string, (Uint8Array | null)[]>();
  const headKey = (number: number) => `heads/${String(number).padStart(12, '0')}.json`;
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
    async putHead(number, bytes) {
      return put(headKey(number), bytes);
    },
    async head(number) {
      return first(headKey(number));
    },
    async *heads(fromNumber) {
      const numbers = [...objects.keys()]
        .flatMap((key) => /^heads\/(\d{12})/.exec(key)?.[1] ?? [])
        .map(Number);
      for (const number of numbers.sort((a, b) => a - b)) {
        const bytes = first(headKey(number));
        const laterVersions = objects.get(headKey(number))!.length - 1;
        if (number >= fromNumber && bytes) yield { number, bytes, laterVersions };
      }
    },
    async putListing(hash, bytes) {
      put(`listings/${hash}.json`, bytes);
    },
    async listing(hash) {
      return first(`listings/${hash}.json`);
    },
    async putMessages(batch, messages) {
      const bytes = writeBatch(messages);
      put(batchKey(batch, bytes), bytes);
    },
    async lockedMessage(record, sha256) {
      const from = batchKeyBefore(record);
      const later = [...objects.keys()].filter(
        (key) => key.startsWith(batchFolder(record.scope)) && key > from,
      );
      return later
        .sort()
        .map((key) => readBatch(first(key) ?? new Uint8Array(), sha256))
        .find((found) => found !== undefined);
    },
    async putBytes(sha256, bytes) {
      put(`bytes/${sha256}`, bytes);
    },
    async bytes(sha256) {
      return first(`bytes/${sha256}`);
    },
    async message(sha256) {
      return first(`messages/${Buffer.from(sha256, 'base64url').toString('hex')}`);
    },
  };
}
