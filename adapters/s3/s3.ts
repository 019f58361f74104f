// S3 as our adapters speak to it. The client and its commands are a quarter of a bundle and most starts never need
// them, so they are loaded when the first object is asked for (`npm run bench -- B2`).

import type {
  GetObjectCommandInput,
  ListObjectVersionsCommandInput,
  PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { Transient } from '../../core/errors.ts';
import { onDemand } from '../on-demand.ts';
import { passesByItself } from '../passing.ts';

export type S3 = Pick<S3Client, 'send'>;

const sdk = () => import('./sdk.ts');

export const s3Client = (): S3 => onDemand(async () => new (await sdk()).S3Client());

export async function getObject(client: S3, input: GetObjectCommandInput) {
  const { GetObjectCommand } = await sdk();
  return client.send(new GetObjectCommand(input));
}

export async function putObject(client: S3, input: PutObjectCommandInput) {
  const { PutObjectCommand } = await sdk();
  return client.send(new PutObjectCommand(input));
}

export async function listObjectVersions(client: S3, input: ListObjectVersionsCommandInput) {
  const { ListObjectVersionsCommand } = await sdk();
  return client.send(new ListObjectVersionsCommand(input));
}

const busyNames = new Set([
  'SlowDown',
  // Of KMS, whose key the bucket uses.
  'ThrottlingException',
  'KMS.ThrottlingException',
  'RequestTimeout',
  // 409: two conditional writes of one key at once; the one told so may simply come again.
  'ConditionalRequestConflict',
  'OperationAborted',
]);

/** What passes by itself as a Transient of this name; a missing permission, key or object stays the fault that it is. */
export function busyOr(error: unknown, name: `Transient${string}`): unknown {
  if (!passesByItself(error, busyNames)) return error;
  return new Transient(name, `S3 is busy: ${(error as Error).name}`, { cause: error });
}

export const isMissing = (error: unknown): boolean => (error as Error).name === 'NoSuchKey';
