// Where does a proposed anchor manifest wait, and where is the one in force? Two names in the trust bucket: proposals
// under their own hash, so that nobody can exchange one; the file in force under the name its readers know.

import { createHash } from 'node:crypto';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { manifestObject } from './trust.ts';

const proposalObject = (sha256: string) => `anchors/proposed/${sha256}`;

export function anchorShelf(client: S3Client, Bucket: string) {
  return {
    /** @returns base64url SHA-256: what the act names */
    async propose(body: Uint8Array): Promise<string> {
      const sha256 = createHash('sha256').update(body).digest('base64url');
      await client.send(new PutObjectCommand({ Bucket, Key: proposalObject(sha256), Body: body }));
      return sha256;
    },
    async proposed(sha256: string): Promise<Uint8Array | undefined> {
      try {
        const object = await client.send(new GetObjectCommand({ Bucket, Key: proposalObject(sha256) }));
        return await object.Body!.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async publish(file: Uint8Array): Promise<void> {
      await client.send(new PutObjectCommand({ Bucket, Key: manifestObject, Body: file }));
    },
  };
}
