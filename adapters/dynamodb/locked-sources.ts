// How do the bytes that a record rests on come under Object Lock (S23)? Before the record gets its place in the chain,
// they are copied from the items that hold them: a message with its signature, the certificates of a chain. What is
// chained is locked; who removes an item afterwards removes no evidence.

import { createHash } from 'node:crypto';
import type { EvidenceArchive } from '../../core/evidence/ports.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import { keyFrom } from './schema.ts';
import type { StoredItem, Table } from './table.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');
/** S3 calls side by side. */
const sideBySide = 16;

/** The signature lies beside its message: it proves itself, so its name is the message's. */
export const signatureName = (messageSha256: string) => `${messageSha256}.jws`;

/** Of what an item holds, the bytes of this digest: a message's, or one certificate of a chain. */
export function bytesIn(item: StoredItem, digest: string): Uint8Array | undefined {
  const held = [item.bytes, ...(Array.isArray(item.path) ? item.path : [])];
  return held.find((one): one is Uint8Array => one instanceof Uint8Array && sha256(one) === digest);
}

/** Large messages went to the locked bucket before their item was written. */
export const isLargeMessage = (item: StoredItem) => item.large === true;

export type LockSources = (records: readonly StoredItem[]) => Promise<ReadonlySet<string>>;

/** @returns sort keys of records whose bytes are not there as they say. @throws Transient: nothing is chained then */
export function lockSources(
  table: Pick<Table, 'get'>,
  archive: Pick<EvidenceArchive, 'putBytes'>,
  retainUntil: () => Date,
): LockSources {
  async function lock(source: SourceBytes): Promise<boolean> {
    const key = keyFrom(source.item ?? source.copiedFrom);
    const item = key && (await table.get(key));
    if (!item) return false;
    const bytes = bytesIn(item, source.sha256);
    if (!bytes) return isLargeMessage(item);
    await archive.putBytes(source.sha256, bytes, retainUntil());
    const { signature } = item;
    if (source.kind === 'message' && typeof signature === 'string')
      await archive.putBytes(signatureName(source.sha256), Buffer.from(signature), retainUntil());
    return true;
  }

  return async (records) => {
    const wanted = records.flatMap(({ sk, record }) => {
      const { sources } = (record ?? {}) as { readonly sources?: unknown };
      const list = Array.isArray(sources) ? (sources as readonly SourceBytes[]) : [];
      return list
        .filter(({ item, copiedFrom, sha256: digest }) => (item ?? copiedFrom) && typeof digest === 'string')
        .map((source) => ({ sk, source }));
    });
    const missing = new Set<string>();
    for (let at = 0; at < wanted.length; at += sideBySide)
      await Promise.all(
        wanted.slice(at, at + sideBySide).map(async ({ sk, source }) => {
          if (!(await lock(source))) missing.add(sk);
        }),
      );
    return missing;
  };
}
