// S3 as our adapters speak to it. The client and its commands are a quarter of a bundle and most starts never need
// them, so they are loaded when the first object is asked for (`npm run bench -- B2`).

import type {
  GetObjectCommandInput,
  ListObjectVersionsCommandInput,
  PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { onDemand } from '../on-demand.ts';

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

export const isMissing = (error: unknown): boolean => (error as Error).name === 'NoSuchKey';
