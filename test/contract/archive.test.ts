import { createHash } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from 'vitest';
import { memoryArchive } from '../../adapters/memory/archive.ts';
import { s3Archive } from '../../adapters/s3/archive.ts';
import type { ArchivedHead, EvidenceArchive } from '../../core/evidence/ports.ts';
import { clientOf, endpointsOn, freshFolder, onCleanUp } from '../local/endpoints/support.ts';

// What every archive promises, asked of the twin and, through the real SDK, of versions under Object Lock.

interface Archive {
  archive: EvidenceArchive;
  /** What somebody may do who can write the bucket. */
  writeOver(key: string): Promise<void>;
  markDeleted(key: string): Promise<void>;
}

async function s3(): Promise<Archive> {
  const endpoints = await endpointsOn(freshFolder());
  const client = new S3Client(clientOf(endpoints.url));
  onCleanUp(() => client.destroy());
  const Bucket = 'evidence';
  endpoints.s3.seedBucket({ name: Bucket, objectLock: true });
  return {
    archive: s3Archive(client, Bucket),
    writeOver: async (Key) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body: 'over' }))),
    markDeleted: async (Key) => void (await client.send(new DeleteObjectCommand({ Bucket, Key }))),
  };
}

async function memory(): Promise<Archive> {
  const archive = memoryArchive();
  return {
    archive,
    writeOver: async (key) => void archive.objects.get(key)!.push(Buffer.from('over')),
    markDeleted: async (key) => void archive.objects.get(key)!.push(null),
  };
}

const until = new Date('2036-03-02T00:00:00Z');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const headKey = (number: number) => `heads/${String(number).padStart(12, '0')}.json`;

describe.each<[string, () => Promise<Archive>]>([
  ['in memory', memory],
  ['in S3', s3],
])('the archive %s', (_, make) => {
  let it: Archive;
  beforeEach(async () => {
    it = await make();
  });

  async function heads(from = 1): Promise<ArchivedHead[]> {
    const found: ArchivedHead[] = [];
    for await (const head of it.archive.heads(from)) found.push(head);
    return found;
  }

  test('takes a head under a number once and gives it back', async () => {
    expect(await it.archive.putHead(1, bytes('one'), until)).toBe('PUT');
    expect(await it.archive.putHead(1, bytes('other'), until)).toBe('EXISTS');
    expect(await it.archive.head(1)).toEqual(bytes('one'));
    expect(await it.archive.head(2)).toBeUndefined();
  });

  test('lists heads by number from any of them on', async () => {
    for (const number of [10, 2, 1, 9]) await it.archive.putHead(number, bytes(`${number}`), until);
    expect((await heads()).map(({ number }) => number)).toEqual([1, 2, 9, 10]);
    expect((await heads(3)).map(({ number }) => number)).toEqual([9, 10]);
    expect((await heads(11)).length).toBe(0);
  });

  test('goes by the first version and counts what came over it', async () => {
    for (const number of [1, 2, 3]) await it.archive.putHead(number, bytes(`${number}`), until);
    await it.writeOver(headKey(1));
    await it.writeOver(headKey(1));
    await it.markDeleted(headKey(2));
    expect(await heads()).toEqual([
      { number: 1, bytes: bytes('1'), laterVersions: 2 },
      { number: 2, bytes: bytes('2'), laterVersions: 1 },
      { number: 3, bytes: bytes('3'), laterVersions: 0 },
    ]);
    expect(await it.archive.head(1)).toEqual(bytes('1'));
    expect(await it.archive.head(2)).toEqual(bytes('2'));
  });

  test('keeps listings and bytes under their hashes, twice the same being once', async () => {
    for (let i = 0; i < 2; i++) await it.archive.putListing('hash-1', bytes('listing'), until);
    for (let i = 0; i < 2; i++) await it.archive.putBytes('hash_2', new Uint8Array([0, 255]), until);
    await it.writeOver('bytes/hash_2');
    await it.markDeleted('listings/hash-1.json');
    expect(await it.archive.listing('hash-1')).toEqual(bytes('listing'));
    expect(await it.archive.bytes('hash_2')).toEqual(new Uint8Array([0, 255]));
    expect(await it.archive.bytes('hash')).toBeUndefined();
    expect(await it.archive.listing('hash')).toBeUndefined();
  });

  test('finds a message of a batch by the scope and time of its record, and by its digest alone', async () => {
    const at = new Date('2026-03-02T12:00:00Z');
    const later = new Date('2026-03-02T12:00:40Z');
    const message = (text: string, signature?: string) => ({
      sha256: createHash('sha256').update(text).digest('base64url'),
      bytes: bytes(text),
      ...(signature !== undefined && { signature }),
    });
    const [one, other, forged] = [message('one', 'a..b'), message('\u0000\ufeffother'), message('forged')];
    await it.archive.putMessages({ scope: 'P/1', at }, [message('before')], until);
    for (let i = 0; i < 2; i++)
      await it.archive.putMessages({ scope: 'P/1', at: later }, [one, other], until);
    await it.archive.putMessages({ scope: 'P2', at: later }, [{ ...forged, bytes: bytes('else') }], until);
    expect(await it.archive.lockedMessage({ scope: 'P/1', at }, one.sha256)).toEqual(one);
    expect(await it.archive.lockedMessage({ scope: 'P/1', at }, other.sha256)).toEqual(other);
    expect(await it.archive.lockedMessage({ scope: 'P', at }, one.sha256)).toBeUndefined();
    expect(await it.archive.lockedMessage({ scope: 'P2', at }, forged.sha256)).toBeUndefined();
    // A clock five minutes ahead of the writer's is borne, a batch of an hour before is not looked through.
    const ahead = new Date(later.getTime() + 4 * 60_000);
    const hour = new Date(later.getTime() + 3_600_000);
    expect(await it.archive.lockedMessage({ scope: 'P/1', at: ahead }, one.sha256)).toEqual(one);
    expect(await it.archive.lockedMessage({ scope: 'P/1', at: hour }, one.sha256)).toBeUndefined();
  });
});
