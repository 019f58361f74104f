// Which versions of which objects does a bucket hold, and which of them may be deleted? Bytes lie in files, what is
// said about them in a journal; a version is written before the journal names it. HTTP and XML are in s3.ts.

import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTable, type Table } from './journal.ts';
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

export class Objects {
  readonly #clock: LocalClock;
  readonly #folder: string;
  readonly #buckets: Table<Bucket>;
  readonly #versions: Table<Version>;
  readonly #latest = new Map<string, Version>();
  #sequence: number;

  constructor(dataFolder: string, clock: LocalClock) {
    this.#clock = clock;
    this.#folder = join(dataFolder, 's3');
    this.#buckets = openTable(join(dataFolder, 's3-buckets.jsonl'));
    this.#versions = openTable(join(dataFolder, 's3-versions.jsonl'));
    mkdirSync(this.#folder, { recursive: true });
    for (const version of this.#versions.values()) this.#noteLatest(version);
    this.#sequence = Math.max(0, ...Array.from(this.#versions.values(), ({ sequence }) => sequence));
  }

  bucket(name: string): Bucket {
    const found = this.#buckets.get(name);
    if (!found) throw new AwsError('NoSuchBucket', `The bucket "${name}" does not exist.`, 404);
    return found;
  }

  createBucket(created: Bucket): void {
    this.#buckets.set(created.name, created);
  }

  find(bucketName: string, key: string, versionId?: string): Version | undefined {
    const name = nameOf({ bucket: this.bucket(bucketName).name, key });
    return versionId === undefined ? this.#latest.get(name) : this.#versions.get(`${name}\n${versionId}`);
  }

  put(
    bucket: string,
    key: string,
    body: Buffer,
    headers: Record<string, string>,
    asked?: Retention,
  ): Version {
    const retention = asked ?? defaultRetention(this.bucket(bucket), this.#clock.now());
    const [file, etag] = [randomUUID(), `"${createHash('md5').update(body).digest('hex')}"`];
    writeFileSync(join(this.#folder, file), body);
    const said = { bucket, key, deleteMarker: false, etag, size: body.length, headers, file };
    return this.#add(retention ? { ...said, retention } : said);
  }

  read(version: Version): Buffer {
    return readFileSync(join(this.#folder, version.file ?? ''));
  }

  retain(version: Version, retention: Retention): void {
    this.#versions.set(idOf(version), { ...version, retention });
    this.#noteLatestAgain(nameOf(version));
  }

  /** Without a version: a delete marker where the bucket keeps versions, else the object goes. */
  deleteLatest(bucket: string, key: string): Version | undefined {
    if (this.bucket(bucket).versioned) {
      return this.#add({ bucket, key, deleteMarker: true, etag: '', size: 0, headers: {} });
    }
    const found = this.find(bucket, key);
    if (found) this.deleteVersion(found);
    return undefined;
  }

  deleteVersion(version: Version): void {
    if (version.retention && Date.parse(version.retention.until) > this.#clock.now().getTime()) {
      throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
    }
    this.#versions.delete(idOf(version));
    this.#noteLatestAgain(nameOf(version));
    this.#removeFile(version);
  }

  /** By key, newest first within a key, as ListObjectVersions wants them. */
  list(bucketName: string, prefix: string): Version[] {
    const { name } = this.bucket(bucketName);
    return Array.from(this.#versions.values())
      .filter(({ bucket, key }) => bucket === name && key.startsWith(prefix))
      .sort((a, b) => (a.key === b.key ? b.sequence - a.sequence : a.key < b.key ? -1 : 1));
  }

  isLatest(version: Version): boolean {
    return this.#latest.get(nameOf(version))?.versionId === version.versionId;
  }

  close(): void {
    this.#buckets.close();
    this.#versions.close();
  }

  #add(version: Omit<Version, 'sequence' | 'versionId' | 'modifiedAt'>): Version {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const { versioned } = this.bucket(version.bucket);
    const versionId = versioned ? `${String(sequence).padStart(8, '0')}-${randomUUID().slice(0, 8)}` : 'null';
    const added = { ...version, versionId, sequence, modifiedAt: this.#clock.now().toISOString() };
    const replaced = this.#versions.get(idOf(added));
    this.#versions.set(idOf(added), added);
    this.#noteLatest(added);
    if (replaced) this.#removeFile(replaced);
    return added;
  }

  #removeFile(version: Version): void {
    if (version.file) rmSync(join(this.#folder, version.file), { force: true });
  }

  #noteLatest(version: Version): void {
    const known = this.#latest.get(nameOf(version));
    if (!known || known.sequence < version.sequence) this.#latest.set(nameOf(version), version);
  }

  #noteLatestAgain(name: string): void {
    this.#latest.delete(name);
    for (const version of this.#versions.values()) if (nameOf(version) === name) this.#noteLatest(version);
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
