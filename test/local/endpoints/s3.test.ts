import { Readable } from 'node:stream';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientOf, endpointsOn, freshFolder, morning, StandingClock } from './support.ts';

async function bucket(settings: { versioned?: boolean; objectLock?: boolean } = {}, folder = freshFolder()) {
  const clock = new StandingClock(morning);
  const endpoints = await endpointsOn(folder, { clock });
  endpoints.s3.seedBucket({ name: 'b', ...settings });
  const client = new S3Client(clientOf(endpoints.url));
  const put = (Key: string, Body: string | Uint8Array, more = {}) =>
    client.send(new PutObjectCommand({ Bucket: 'b', Key, Body, ...more }));
  const get = async (Key: string, VersionId?: string) =>
    (await client.send(new GetObjectCommand({ Bucket: 'b', Key, VersionId }))).Body!.transformToByteArray();
  return { client, clock, endpoints, put, get };
}

const nextYear = new Date('2027-03-02T00:00:00Z');

describe('local S3', () => {
  it('gives back any bytes under any key', async () => {
    const { put, get } = await bucket();
    const key = fc.stringMatching(/^[A-Za-z0-9 áñ😀+%#?&=<>"'_-]{1,20}(\/[a-z.#%]{1,9})?$/u);
    await fc.assert(
      fc.asyncProperty(key, fc.uint8Array(), async (name, body) => {
        await put(name, body);
        expect(await get(name)).toEqual(body);
      }),
      { numRuns: 50 },
    );
  });

  it('unwraps a streamed upload with its checksum trailer', async () => {
    const { client, get } = await bucket();
    const parts = [Buffer.alloc(70_000, 1), Buffer.from('\r\n0\r\n'), Buffer.alloc(3, 2)];
    const whole = Buffer.concat(parts);
    const Body = Readable.from(parts);
    await client.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body, ContentLength: whole.length }));
    expect(Buffer.from(await get('k')).equals(whole)).toBe(true);
  });

  it('refuses a body whose checksum is another', async () => {
    const { put } = await bucket();
    await expect(
      put('k', 'a', { ChecksumSHA256: Buffer.alloc(32).toString('base64') }),
    ).rejects.toMatchObject({ name: 'BadDigest' });
  });

  it('keeps each version and hides them behind a delete marker', async () => {
    const { client, put, get } = await bucket({ versioned: true });
    const one = await put('k', 'one');
    await put('k', 'two');
    await client.send(new DeleteObjectCommand({ Bucket: 'b', Key: 'k' }));
    await expect(get('k')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(Buffer.from(await get('k', one.VersionId)).toString()).toBe('one');
    const listed = await client.send(new ListObjectVersionsCommand({ Bucket: 'b' }));
    expect(listed.Versions?.map(({ IsLatest }) => IsLatest)).toEqual([false, false]);
    expect(listed.DeleteMarkers?.map(({ IsLatest }) => IsLatest)).toEqual([true]);
    await client.send(
      new DeleteObjectCommand({ Bucket: 'b', Key: 'k', VersionId: listed.DeleteMarkers![0]!.VersionId }),
    );
    expect(Buffer.from(await get('k')).toString()).toBe('two');
  });

  it('keeps versions and retention over a restart', async () => {
    const folder = freshFolder();
    const first = await bucket({ objectLock: true }, folder);
    const { VersionId } = await first.put('k', 'v', {
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: nextYear,
    });
    await first.endpoints.stop();
    const second = await bucket({ objectLock: true }, folder);
    expect(Buffer.from(await second.get('k', VersionId)).toString()).toBe('v');
    const remove = new DeleteObjectCommand({ Bucket: 'b', Key: 'k', VersionId });
    await expect(second.client.send(remove)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('deletes a retained version only after its date, and prolongs but never shortens compliance', async () => {
    const { client, clock, put } = await bucket({ objectLock: true });
    const { VersionId } = await put('k', 'v', {
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: nextYear,
    });
    const retain = (RetainUntilDate: Date) =>
      client.send(
        new PutObjectRetentionCommand({
          Bucket: 'b',
          Key: 'k',
          VersionId,
          Retention: { Mode: 'COMPLIANCE', RetainUntilDate },
        }),
      );
    await expect(retain(new Date('2026-12-01T00:00:00Z'))).rejects.toMatchObject({ name: 'AccessDenied' });
    await retain(new Date('2028-01-01T00:00:00Z'));
    const remove = new DeleteObjectCommand({
      Bucket: 'b',
      Key: 'k',
      VersionId,
      BypassGovernanceRetention: true,
    });
    clock.moveTo('2027-06-01T00:00:00Z');
    await expect(client.send(remove)).rejects.toMatchObject({ name: 'AccessDenied' });
    clock.moveTo('2028-01-01T00:00:00Z');
    await client.send(remove);
    const head = new HeadObjectCommand({ Bucket: 'b', Key: 'k' });
    await expect(client.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  it('refuses retention in a bucket without Object Lock', async () => {
    const { put } = await bucket({ versioned: true });
    const locked = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: nextYear };
    await expect(put('k', 'v', locked)).rejects.toMatchObject({ name: 'InvalidRequest' });
  });

  it('writes only once with If-None-Match', async () => {
    const { put, get } = await bucket();
    await put('k', 'first', { IfNoneMatch: '*' });
    await expect(put('k', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(Buffer.from(await get('k')).toString()).toBe('first');
  });

  it('answers 304 to a reader that has these bytes', async () => {
    const { client, put } = await bucket();
    const { ETag } = await put('k', 'v');
    const again = new GetObjectCommand({ Bucket: 'b', Key: 'k', IfNoneMatch: ETag });
    await expect(client.send(again)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });

  it('lists in pages, objects and versions alike', async () => {
    const { client, put } = await bucket({ versioned: true });
    for (const key of ['a/1', 'a/1', 'a/2', 'a/3', 'b']) await put(key, 'x');
    const objects: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: 'b', Prefix: 'a/', MaxKeys: 2, ContinuationToken }),
      );
      objects.push(...page.Contents!.map(({ Key }) => Key!));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(objects).toEqual(['a/1', 'a/2', 'a/3']);
    const versions: string[] = [];
    let markers = {};
    for (;;) {
      const page = await client.send(
        new ListObjectVersionsCommand({ Bucket: 'b', Prefix: 'a/', MaxKeys: 1, ...markers }),
      );
      versions.push(...page.Versions!.map(({ Key }) => Key!));
      if (!page.IsTruncated) break;
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    expect(versions).toEqual(['a/1', 'a/1', 'a/2', 'a/3']);
  });

  it('refuses what it does not know rather than taking it for an object', async () => {
    const { client } = await bucket();
    const multipart = new CreateMultipartUploadCommand({ Bucket: 'b', Key: 'k' });
    await expect(client.send(multipart)).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});
