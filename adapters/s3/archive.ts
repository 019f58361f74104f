// The archive in S3: every object under Object Lock in compliance mode, so that nobody, the account's root included,
// removes a version before its time. A later version or a delete marker can hide one from a plain GET: reading goes
// by the first version ever written.

import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { Transient } from '../../core/errors.ts';
import type { ArchivedHead, EvidenceArchive } from '../../core/evidence/ports.ts';

const headKey = (number: number) => `heads/${String(number).padStart(12, '0')}.json`;
const listingKey = (hash: string) => `listings/${hash}.json`;
const bytesKey = (sha256: string) => `bytes/${sha256}`;

interface Versions {
  readonly key: string;
  readonly firstVersionId: string;
  readonly laterVersions: number;
}

export function s3Archive(client: S3Client, Bucket: string): EvidenceArchive {
  async function put(Key: string, Body: Uint8Array, ContentType: string, retainUntil: Date) {
    try {
      const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: retainUntil } as const;
      await client.send(
        // Object Lock demands a checksum of the request.
        new PutObjectCommand({
          Bucket,
          Key,
          Body,
          ContentType,
          IfNoneMatch: '*',
          ChecksumAlgorithm: 'SHA256',
          ...lock,
        }),
      );
      return 'PUT' as const;
    } catch (error) {
      if ((error as Error).name === 'PreconditionFailed') return 'EXISTS' as const;
      throw busyOr(error);
    }
  }

  /** By key, the first version and how many came later. A key that only ever had delete markers is not there. */
  async function* versions(Prefix: string, after?: string): AsyncIterable<Versions> {
    let current: { key: string; first: string | undefined; count: number } | undefined;
    let markers: { KeyMarker?: string; VersionIdMarker?: string } =
      after === undefined ? {} : { KeyMarker: after };
    const ended = () =>
      current?.first === undefined
        ? []
        : [{ key: current.key, firstVersionId: current.first, laterVersions: current.count - 1 }];
    for (let more = true; more; ) {
      const page = await client
        .send(new ListObjectVersionsCommand({ Bucket, Prefix, ...markers }))
        .catch((error) => {
          throw busyOr(error);
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

  async function read(Key: string, VersionId: string): Promise<Uint8Array> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      return await Body!.transformToByteArray();
    } catch (error) {
      throw busyOr(error);
    }
  }

  async function readFirst(key: string): Promise<Uint8Array | undefined> {
    for await (const version of versions(key)) {
      if (version.key === key) return read(key, version.firstVersionId);
    }
    return undefined;
  }

  return {
    putHead: (number, bytes, until) => put(headKey(number), bytes, 'application/json', until),
    head: (number) => readFirst(headKey(number)),
    async *heads(fromNumber): AsyncIterable<ArchivedHead> {
      for await (const { key, firstVersionId, laterVersions } of versions(
        'heads/',
        headKey(fromNumber - 1),
      )) {
        const number = Number(/^heads\/(\d{12})\.json$/.exec(key)?.[1]);
        if (number >= fromNumber) yield { number, bytes: await read(key, firstVersionId), laterVersions };
      }
    },
    async putListing(hash, bytes, until) {
      await put(listingKey(hash), bytes, 'application/json', until);
    },
    listing: (hash) => readFirst(listingKey(hash)),
    async putBytes(sha256, bytes, until) {
      await put(bytesKey(sha256), bytes, 'application/octet-stream', until);
    },
    bytes: (sha256) => readFirst(bytesKey(sha256)),
  };
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

function busyOr(error: unknown): unknown {
  const { name, code, $metadata } = error as S3ServiceException & { code?: string };
  const busy = ($metadata?.httpStatusCode ?? 0) >= 500 || name === 'TimeoutError' || name === 'SlowDown';
  // 409: two conditional writes of one key at once; the one told so may simply come again.
  const raced = name === 'ConditionalRequestConflict' || name === 'OperationAborted';
  if (busy || raced || code === 'ECONNREFUSED' || code === 'ECONNRESET') {
    return new Transient('TransientArchiveBusy', `the archive is busy: ${name}`, { cause: error });
  }
  return error;
}
