// Which versions of which objects does a bucket hold, and which of them may be deleted? Bytes lie in files, what is
// said about them in a journal; a version is written before the journal names it. HTTP and XML are in s3.ts.

import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTable } from './journal.ts';
import type { LocalClock } from './timer.ts';
import { AwsError } from './wire.ts';

export interface Retention {
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  readonly until: string;
}

export interface Bucket {
  readonly name: string;
  readonly versioned: boolean;
  readonly objectLock: boolean;
  readonly defaultRetention?: { readonly mode: Retention['mode']; readonly days: number };
}

export interface Version {
  readonly bucket: string;
  readonly key: string;
  /** `null` in a bucket without versions, as S3 says it. */
  readonly versionId: string;
  /** Order of writing in this endpoint: the largest of a key is its latest version. */
  readonly sequence: number;
  readonly deleteMarker: boolean;
  readonly etag: string;
  readonly size: number;
  readonly modifiedAt: string;
  /** Content type, x-amz-meta-*, checksum: sent back as they came. */
  readonly headers: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly retention?: Retention;
}

export type Objects = ReturnType<typeof openObjects>;

export function openObjects(dataFolder: string, clock: LocalClock) {
  const buckets = openTable<Bucket>(join(dataFolder, 's3-buckets.jsonl'));
  const versions = openTable<Version>(join(dataFolder, 's3-versions.jsonl'));
  const folder = join(dataFolder, 's3');
  mkdirSync(folder, { recursive: true });
  let sequence = Math.max(0, ...Array.from(versions.values(), (version) => version.sequence));
  const latestByKey = new Map<string, Version>();
  for (const version of versions.values()) noteLatest(version);

  function noteLatest(version: Version): void {
    const known = latestByKey.get(nameOf(version));
    if (!known || known.sequence < version.sequence) latestByKey.set(nameOf(version), version);
  }

  function bucket(name: string): Bucket {
    const found = buckets.get(name);
    if (!found) throw new AwsError('NoSuchBucket', `The bucket "${name}" does not exist.`, 404);
    return found;
  }

  function add(version: Omit<Version, 'sequence' | 'versionId' | 'modifiedAt'>): Version {
    sequence += 1;
    const versioned = bucket(version.bucket).versioned;
    const versionId = versioned ? `${String(sequence).padStart(8, '0')}-${randomUUID().slice(0, 8)}` : 'null';
    const added = { ...version, versionId, sequence, modifiedAt: clock.now().toISOString() };
    const replaced = versions.get(idOf(added));
    versions.set(idOf(added), added);
    noteLatest(added);
    if (replaced) removeFile(replaced);
    return added;
  }

  function removeFile(version: Version): void {
    if (version.file) rmSync(join(folder, version.file), { force: true });
  }

  const find = (bucketName: string, key: string, versionId?: string): Version | undefined => {
    bucket(bucketName);
    const name = nameOf({ bucket: bucketName, key });
    return versionId === undefined ? latestByKey.get(name) : versions.get(`${name}\n${versionId}`);
  };

  return {
    bucket,
    createBucket: (created: Bucket): void => buckets.set(created.name, created),
    find,
    put(
      bucketName: string,
      key: string,
      body: Buffer,
      headers: Record<string, string>,
      retention?: Retention,
    ): Version {
      const given = retention ?? defaultRetention(bucket(bucketName), clock.now());
      const [file, etag] = [randomUUID(), `"${createHash('md5').update(body).digest('hex')}"`];
      writeFileSync(join(folder, file), body);
      const said = { bucket: bucketName, key, deleteMarker: false, etag, size: body.length, headers, file };
      return add(given ? { ...said, retention: given } : said);
    },
    read: (version: Version): Buffer => readFileSync(join(folder, version.file ?? '')),
    retain(version: Version, retention: Retention): void {
      versions.set(idOf(version), { ...version, retention });
      if (latestByKey.get(nameOf(version))?.versionId === version.versionId) noteLatestAgain(nameOf(version));
    },
    /** Without a version: a delete marker where the bucket keeps versions, else the object goes. */
    deleteLatest(bucketName: string, key: string): Version | undefined {
      if (bucket(bucketName).versioned) {
        return add({ bucket: bucketName, key, deleteMarker: true, etag: '', size: 0, headers: {} });
      }
      const found = find(bucketName, key);
      if (found) this.deleteVersion(found);
      return undefined;
    },
    deleteVersion(version: Version): void {
      if (version.retention && Date.parse(version.retention.until) > clock.now().getTime()) {
        throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
      }
      versions.delete(idOf(version));
      noteLatestAgain(nameOf(version));
      removeFile(version);
    },
    /** By key, newest first within a key, as ListObjectVersions wants them. */
    list(bucketName: string, prefix: string): Version[] {
      bucket(bucketName);
      return Array.from(versions.values())
        .filter((version) => version.bucket === bucketName && version.key.startsWith(prefix))
        .sort((a, b) => (a.key === b.key ? b.sequence - a.sequence : a.key < b.key ? -1 : 1));
    },
    isLatest: (version: Version): boolean =>
      latestByKey.get(nameOf(version))?.versionId === version.versionId,
    close() {
      buckets.close();
      versions.close();
    },
  };

  function noteLatestAgain(name: string): void {
    latestByKey.delete(name);
    for (const version of versions.values()) if (nameOf(version) === name) noteLatest(version);
  }
}

const nameOf = ({ bucket, key }: { bucket: string; key: string }): string => `${bucket}\n${key}`;
const idOf = (version: { bucket: string; key: string; versionId: string }): string =>
  `${nameOf(version)}\n${version.versionId}`;

function defaultRetention(bucket: Bucket, now: Date): Retention | undefined {
  if (!bucket.defaultRetention) return undefined;
  const { mode, days } = bucket.defaultRetention;
  return { mode, until: new Date(now.getTime() + days * 86_400_000).toISOString() };
}
