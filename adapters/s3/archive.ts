// The archive in S3: every object under Object Lock in compliance mode, so that nobody, the account's root included,
// removes a version before its time. A later version or a delete marker can hide one from a plain GET: reading goes
// by the first version ever written.

import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { ArchivedHead, EvidenceArchive } from '../../core/evidence/ports.ts';
import { bytesKey, headKey, listingKey, messageKeyOf, numberOfHead } from './evidence-keys.ts';
import { batchFolder, batchKey, batchKeyBefore, readBatch, writeBatch } from './message-batches.ts';
import { busyOr, getObject, listObjectVersions, putObject, type S3 } from './s3.ts';

const busy = 'TransientArchiveBusy';

interface Versions {
  readonly key: string;
  readonly firstVersionId: string;
  readonly laterVersions: number;
}

export function s3Archive(client: S3, name: string): EvidenceArchive {
  const bucket = { client, name };
  return {
    putHead: (number, bytes, until) => put(bucket, headKey(number), bytes, until),
    head: (number) => readFirst(bucket, headKey(number)),
    async *heads(fromNumber): AsyncIterable<ArchivedHead> {
      for await (const version of versions(bucket, 'heads/', headKey(fromNumber - 1))) {
        const { key, firstVersionId, laterVersions } = version;
        const number = numberOfHead(key);
        if (number < fromNumber || Number.isNaN(number)) continue;
        yield { number, bytes: await read(bucket, key, firstVersionId), laterVersions };
      }
    },
    async putListing(hash, bytes, until) {
      await put(bucket, listingKey(hash), bytes, until);
    },
    listing: (hash) => readFirst(bucket, listingKey(hash)),
    async putMessages(batch, messages, until) {
      const bytes = writeBatch(messages);
      await put(bucket, batchKey(batch, bytes), bytes, until);
    },
    async lockedMessage(record, sha256) {
      const later = versions(bucket, batchFolder(record.scope), batchKeyBefore(record));
      for await (const { key, firstVersionId } of later) {
        const found = readBatch(await read(bucket, key, firstVersionId), sha256);
        if (found) return found;
      }
      return undefined;
    },
    async putBytes(sha256, bytes, until) {
      await put(bucket, bytesKey(sha256), bytes, until);
    },
    bytes: (sha256) => readFirst(bucket, bytesKey(sha256)),
    message: (sha256) => readFirst(bucket, messageKeyOf(sha256)),
  };
}

interface Bucket {
  readonly client: S3;
  readonly name: string;
}

async function put(bucket: Bucket, Key: string, Body: Uint8Array, until: Date): Promise<'PUT' | 'EXISTS'> {
  const input: PutObjectCommandInput = {
    Bucket: bucket.name,
    Key,
    Body,
    ContentType: Key.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    IfNoneMatch: '*',
    // Object Lock demands a checksum of the request.
    ChecksumAlgorithm: 'SHA256',
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: until,
  };
  try {
    await putObject(bucket.client, input);
    return 'PUT';
  } catch (error) {
    if ((error as Error).name === 'PreconditionFailed') return 'EXISTS';
    throw busyOr(error, busy);
  }
}

/** By key, the first version and how many came later. A key that only ever had delete markers is not there. */
async function* versions({ client, name }: Bucket, Prefix: string, after?: string): AsyncIterable<Versions> {
  let current: { key: string; first: string | undefined; count: number } | undefined;
  let markers: { KeyMarker?: string; VersionIdMarker?: string } =
    after === undefined ? {} : { KeyMarker: after };
  const ended = () =>
    current?.first === undefined
      ? []
      : [{ key: current.key, firstVersionId: current.first, laterVersions: current.count - 1 }];
  for (let more = true; more; ) {
    const page = await listObjectVersions(client, { Bucket: name, Prefix, ...markers }).catch((error) => {
      throw busyOr(error, busy);
    });
    for (const { key, id } of inOrder(page.Versions ?? [], page.DeleteMarkers ?? [])) {
      if (current?.key !== key) {
        yield* ended();
        current = { key, first: undefined, count: 0 };
      }
      // S3 lists a key's versions newest first: the last one seen is the first one written.
      current.first = id ?? current.first;
      current.count++;
    }
    more = page.IsTruncated ?? false;
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
  yield* ended();
}

async function read({ client, name }: Bucket, Key: string, VersionId: string): Promise<Uint8Array> {
  try {
    const { Body } = await getObject(client, { Bucket: name, Key, VersionId });
    return await Body!.transformToByteArray();
  } catch (error) {
    throw busyOr(error, busy);
  }
}

async function readFirst(bucket: Bucket, key: string): Promise<Uint8Array | undefined> {
  for await (const version of versions(bucket, key)) {
    if (version.key === key) return read(bucket, key, version.firstVersionId);
  }
  return undefined;
}

/** Both lists of a page are sorted by key and then newest first; only their merge shows what came first. */
function inOrder(
  versions: readonly { Key?: string; VersionId?: string; LastModified?: Date }[],
  markers: readonly { Key?: string; LastModified?: Date }[],
): readonly { key: string; id: string | undefined }[] {
  const entries = [
    ...versions.map(({ Key, VersionId, LastModified }) => ({ key: Key!, id: VersionId, at: LastModified })),
    ...markers.map(({ Key, LastModified }) => ({ key: Key!, id: undefined, at: LastModified })),
  ];
  const newestFirst = (a?: Date, b?: Date) => (b?.getTime() ?? 0) - (a?.getTime() ?? 0);
  return entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : newestFirst(a.at, b.at)));
}
