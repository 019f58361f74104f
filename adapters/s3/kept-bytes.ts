// Lists and OCSP answers that a decision rests on, kept in the locked bucket under their SHA-256 before it is made. The
// same bytes again are there already.

import { bytesKey } from './evidence-keys.ts';
import { busyOr, putObject, type S3 } from './s3.ts';

export function s3KeptBytes(client: S3, Bucket: string) {
  return async (_kind: 'crl' | 'ocsp', sha256: string, Body: Uint8Array): Promise<void> => {
    try {
      const object = { Bucket, Key: bytesKey(sha256), Body, IfNoneMatch: '*' };
      await putObject(client, { ...object, ChecksumAlgorithm: 'SHA256' });
    } catch (error) {
      if ((error as Error).name !== 'PreconditionFailed') throw busyOr(error, 'TransientBucketBusy');
    }
  };
}
