// Where does the edge's truststore lie? Lists under their own hash, so that none can be exchanged; the signed manifest
// under one name, every version of it kept by the bucket.

import type { S3ServiceException } from '@aws-sdk/client-s3';
import { Transient } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import { requireList } from '../../core/truststore/manifest.ts';
import { getObject, isMissing, putObject, type S3 } from './s3.ts';

const truststorePrefix = 'truststore/';
const manifestKey = `${truststorePrefix}manifest.json`;
const listKey = (sha256: string) => `${truststorePrefix}lists/${sha256}`;

/** Dozens of CAs fit; a list may be as large as a PSC's profile allows. Whoever writes to the bucket may write more. */
const largestManifest = 4_000_000;
const largestList = revocationPolicy.crlMaxBytesByProfile;

export interface Fetched {
  readonly file: Uint8Array;
  readonly etag: string;
}

export interface TruststoreShelf {
  /** `known` is the ETag of the one at hand. */
  manifest(known?: string): Promise<Fetched | 'UNCHANGED' | undefined>;
  publish(file: Uint8Array): Promise<void>;
  /** @throws Refusal TRUSTSTORE_LIST_WRONG */
  list(sha256: string): Promise<Uint8Array>;
  keep(sha256: string, der: Uint8Array): Promise<void>;
}

export function truststoreShelf(client: S3, Bucket: string): TruststoreShelf {
  const put = (Key: string, Body: Uint8Array, more = {}) =>
    putObject(client, { Bucket, Key, Body, ChecksumAlgorithm: 'SHA256', ...more });
  return {
    async manifest(known) {
      try {
        const condition = known === undefined ? {} : { IfNoneMatch: known };
        const object = await getObject(client, { Bucket, Key: manifestKey, ...condition });
        return { file: await bytesOf(object, largestManifest), etag: object.ETag ?? '' };
      } catch (error) {
        if (isMissing(error)) return undefined;
        if ((error as S3ServiceException).$metadata?.httpStatusCode === 304) return 'UNCHANGED';
        throw busy(error);
      }
    },
    async publish(file) {
      await put(manifestKey, file, { ContentType: 'application/json' }).catch(throwBusy);
    },
    async list(sha256) {
      const object = await getObject(client, { Bucket, Key: listKey(sha256) }).catch(throwBusy);
      return requireList(sha256, await bytesOf(object, largestList).catch(throwBusy));
    },
    async keep(sha256, der) {
      await put(listKey(sha256), der).catch(throwBusy);
    },
  };
}

async function bytesOf(
  { ContentLength = Number.POSITIVE_INFINITY, Body }: Awaited<ReturnType<typeof getObject>>,
  most: number,
): Promise<Uint8Array> {
  if (ContentLength > most)
    throw new Error(`an object of the trust bucket is too large: ${ContentLength} bytes`);
  return Body!.transformToByteArray();
}

const busy = (cause: unknown): Transient =>
  new Transient(
    'TransientTruststoreBusy',
    `the trust bucket does not answer: ${(cause as Error).name}, ${(cause as Error).message}`,
    {
      cause,
    },
  );

function throwBusy(error: unknown): never {
  throw busy(error);
}
