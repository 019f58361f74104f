// Where does a proposed anchor manifest wait, and where is the one in force? Two names in the trust bucket: proposals
// under their own hash, so that nobody can exchange one; the file in force under the name its readers know.

import { createHash } from 'node:crypto';
import { getObject, isMissing, putObject, type S3 } from './s3.ts';
import { manifestObject } from './trust.ts';

const proposalObject = (sha256: string) => `anchors/proposed/${sha256}`;

export function anchorShelf(client: S3, Bucket: string) {
  return {
    /** @returns base64url SHA-256: what the act names */
    async propose(body: Uint8Array): Promise<string> {
      const sha256 = createHash('sha256').update(body).digest('base64url');
      await putObject(client, { Bucket, Key: proposalObject(sha256), Body: body });
      return sha256;
    },
    async proposed(sha256: string): Promise<Uint8Array | undefined> {
      try {
        const object = await getObject(client, { Bucket, Key: proposalObject(sha256) });
        return await object.Body!.transformToByteArray();
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async publish(file: Uint8Array): Promise<void> {
      await putObject(client, { Bucket, Key: manifestObject, Body: file });
    },
  };
}
