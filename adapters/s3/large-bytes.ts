// Message bytes beyond what an item should hold: objects named by their SHA-256, so that writing one twice changes
// nothing and reading one checks it.

import { createHash } from 'node:crypto';
import type { LargeBytes } from '../dynamodb/sent-messages.ts';
import { largeMessageKey } from './evidence-keys.ts';
import { busyOr, getObject, putObject, type S3 } from './s3.ts';

export function s3LargeBytes(client: S3, Bucket: string): LargeBytes {
  return {
    async put(sha256, Body) {
      const object = { Bucket, Key: largeMessageKey(sha256), Body, ContentType: 'application/json' };
      await putObject(client, { ...object, ChecksumAlgorithm: 'SHA256' }).catch(busy);
    },
    async get(sha256) {
      const { Body } = await getObject(client, { Bucket, Key: largeMessageKey(sha256) }).catch(busy);
      const bytes = await Body!.transformToByteArray();
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
        throw new Error(`the object "${largeMessageKey(sha256)}" does not hold the bytes of its name`);
      }
      return bytes;
    },
  };
}

function busy(error: unknown): never {
  throw busyOr(error, 'TransientBucketBusy');
}
