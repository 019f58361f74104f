// How do the bytes that a record rests on come under Object Lock (S23)? Before the record gets its place in the chain,
// they are copied from the items that hold them: the messages of a batch with their signatures in one object, each
// certificate of a chain in its own. What is chained is locked; who removes an item afterwards removes no evidence.

import { createHash } from 'node:crypto';
import type { EvidenceArchive, LockedMessage } from '../../core/evidence/ports.ts';
import type { SourceBytes } from '../../core/evidence/record.ts';
import type { Item } from './attributes.ts';
import { envelopeIn } from './received-messages.ts';
import { keyFrom, keyName } from './schema.ts';
import type { StoredItem, Table } from './table.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');
/** Reads and S3 calls side by side. */
const sideBySide = 16;
/** In memory a batch takes several times its bytes, and all scopes are chained in one process. */
const mostBatchBytes = 4 << 20;

/** Of what an item holds, the bytes of this digest: a message's, its envelope's, or one certificate of a chain. */
export function bytesIn(item: StoredItem, digest: string): Uint8Array | undefined {
  const path = Array.isArray(item.path) ? item.path : [];
  const held = [item.bytes, ...path, envelopeIn(item)?.bytes, earlierIn(item)?.bytes];
  return held.find((one): one is Uint8Array => one instanceof Uint8Array && sha256(one) === digest);
}

/** What stands beside the message, or the envelope, of this digest. */
export function signatureIn(item: StoredItem, digest: string): string | undefined {
  const around = envelopeIn(item);
  if (around && sha256(around.bytes) === digest) return around.signature;
  const earlier = earlierIn(item);
  const isEarlier = earlier?.bytes instanceof Uint8Array && sha256(earlier.bytes) === digest;
  const { signature } = isEarlier ? earlier : item;
  return typeof signature === 'string' ? signature : undefined;
}

/** An answer whose place the later one took, perhaps before it could be locked. */
function earlierIn({ earlier }: StoredItem): Item | undefined {
  return typeof earlier === 'object' && earlier !== null ? (earlier as Item) : undefined;
}

/** Large messages went to the locked bucket before their item was written. */
export const isLargeMessage = (item: StoredItem) => item.large === true;

/** @param batch records that are about to be chained, of one scope */
export type LockSources = (batch: {
  readonly scope: string;
  readonly at: Date;
  readonly records: readonly StoredItem[];
}) => Promise<ReadonlySet<string>>;

/** @returns sort keys of records whose bytes are not there as they say. @throws Transient: nothing is chained then */
export function lockSources(
  table: Pick<Table, 'get'>,
  archive: Pick<EvidenceArchive, 'putBytes' | 'putMessages'>,
  retainUntil: () => Date,
): LockSources {
  async function lock(source: SourceBytes, messages: Map<string, LockedMessage>): Promise<boolean> {
    const key = keyFrom(source.item ?? source.copiedFrom);
    const item = key && (await table.get(key));
    if (!item) return false;
    const bytes = bytesIn(item, source.sha256);
    const isMessage = source.kind === 'message' || source.kind === 'envelope';
    const signature = signatureIn(item, source.sha256);
    const signed = signature !== undefined && { signature };
    if (bytes && isMessage)
      messages.set(`${keyName(item)} ${source.sha256}`, { sha256: source.sha256, bytes, ...signed });
    else if (bytes) await archive.putBytes(source.sha256, bytes, retainUntil());
    else return isLargeMessage(item);
    return true;
  }

  return async ({ scope, at, records }) => {
    const wanted = records.flatMap(({ sk, record }) => {
      const { sources } = (record ?? {}) as { readonly sources?: unknown };
      const list = Array.isArray(sources) ? (sources as readonly SourceBytes[]) : [];
      return list
        .filter(({ item, copiedFrom, sha256: digest }) => (item ?? copiedFrom) && typeof digest === 'string')
        .map((source) => ({ sk, source }));
    });
    const missing = new Set<string>();
    const messages = new Map<string, LockedMessage>();
    for (let from = 0; from < wanted.length; from += sideBySide) {
      await Promise.all(
        wanted.slice(from, from + sideBySide).map(async ({ sk, source }) => {
          if (!(await lock(source, messages))) missing.add(sk);
        }),
      );
      const together = [...messages.values()];
      const size = together.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (together.length === 0 || (size < mostBatchBytes && from + sideBySide < wanted.length)) continue;
      await archive.putMessages({ scope, at }, together, retainUntil());
      messages.clear();
    }
    return missing;
  };
}
