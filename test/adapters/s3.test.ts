import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { s3Archive } from '../../adapters/s3/archive.ts';
import { s3KeptBytes } from '../../adapters/s3/kept-bytes.ts';
import { s3LargeBytes } from '../../adapters/s3/large-bytes.ts';

const s3 = mockClient(S3Client);
const archive = s3Archive(new S3Client({ region: 'us-east-1' }), 'evidence');
const large = s3LargeBytes(new S3Client({ region: 'us-east-1' }), 'evidence');
const keep = s3KeptBytes(new S3Client({ region: 'us-east-1' }), 'evidence');
const until = new Date('2036-03-02T00:00:00Z');
beforeEach(() => s3.reset());

test('every object goes under Object Lock in compliance mode, with a checksum, and over no other', async () => {
  s3.on(PutObjectCommand).resolves({});
  await archive.putHead(7, new Uint8Array([1]), until);
  await archive.putListing('L', new Uint8Array([2]), until);
  await archive.putBytes('B', new Uint8Array([3]), until);
  const inputs = s3.commandCalls(PutObjectCommand).map((call) => call.args[0].input);
  expect(inputs.map(({ Key }) => Key)).toEqual(['heads/000000000007.json', 'listings/L.json', 'bytes/B']);
  for (const input of inputs) {
    expect(input).toMatchObject({
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
      ChecksumAlgorithm: 'SHA256',
      IfNoneMatch: '*',
    });
  }
});

test.each([
  ['a server error', { name: 'InternalError', $metadata: { httpStatusCode: 500 } }],
  ['SlowDown', { name: 'SlowDown', $metadata: { httpStatusCode: 503 } }],
  [
    'two conditional writes at once',
    { name: 'ConditionalRequestConflict', $metadata: { httpStatusCode: 409 } },
  ],
  ['no connection', { name: 'Error', code: 'ECONNREFUSED' }],
  ['no name', { name: 'Error', code: 'ENOTFOUND' }],
])('%s is Transient', async (_, error) => {
  s3.onAnyCommand().rejects(Object.assign(new Error('busy'), error));
  await expect(archive.putHead(1, new Uint8Array(), until)).rejects.toMatchObject({
    name: 'TransientArchiveBusy',
  });
  await expect(archive.head(1)).rejects.toMatchObject({ name: 'TransientArchiveBusy' });
  await expect(large.put('ab', new Uint8Array())).rejects.toMatchObject({ name: 'TransientBucketBusy' });
  await expect(large.get('ab')).rejects.toMatchObject({ name: 'TransientBucketBusy' });
  await expect(keep('crl', 'ab', new Uint8Array())).rejects.toMatchObject({ name: 'TransientBucketBusy' });
});

test('missing permission is a fault', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  s3.onAnyCommand().rejects(denied);
  await expect(archive.putHead(1, new Uint8Array(), until)).rejects.toBe(denied);
  await expect(large.get('ab')).rejects.toBe(denied);
  await expect(keep('crl', 'ab', new Uint8Array())).rejects.toBe(denied);
});

test('bytes that were kept before are kept', async () => {
  s3.on(PutObjectCommand).rejects(Object.assign(new Error('there'), { name: 'PreconditionFailed' }));
  await keep('ocsp', 'ab', new Uint8Array());
});

test('finds the first version of a key whose versions stand on two pages', async () => {
  const Key = 'heads/000000000001.json';
  s3.on(ListObjectVersionsCommand)
    .resolvesOnce({
      Versions: [{ Key, VersionId: 'third' }],
      DeleteMarkers: [{ Key, VersionId: 'marker' }],
      IsTruncated: true,
      NextKeyMarker: Key,
      NextVersionIdMarker: 'third',
    })
    .resolves({ Versions: [{ Key, VersionId: 'first' }] });
  s3.on(GetObjectCommand).callsFake(({ VersionId }: { VersionId: string }) => ({
    Body: { transformToByteArray: async () => Uint8Array.from(Buffer.from(VersionId)) },
  }));
  const heads = [];
  for await (const head of archive.heads(1)) heads.push(head);
  expect(heads).toEqual([{ number: 1, bytes: Uint8Array.from(Buffer.from('first')), laterVersions: 2 }]);
  expect(s3.commandCalls(ListObjectVersionsCommand)[1]!.args[0].input).toMatchObject({
    KeyMarker: Key,
    VersionIdMarker: 'third',
  });
});
