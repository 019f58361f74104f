// How does a short secret lie in the table? As KMS ciphertext, bound by its encryption context to the item it is for.

import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Cipher } from '../dynamodb/task-tokens.ts';

export function kmsCipher(client: KMSClient, KeyId: string): Cipher {
  return {
    async encrypt(plain, context) {
      const { CiphertextBlob } = await client.send(
        new EncryptCommand({
          KeyId,
          Plaintext: Buffer.from(plain, 'utf8'),
          EncryptionContext: { ...context },
        }),
      );
      return Buffer.from(CiphertextBlob!).toString('base64url');
    },
    async decrypt(encrypted, context) {
      const CiphertextBlob = Buffer.from(encrypted, 'base64url');
      const { Plaintext } = await client.send(
        new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: { ...context } }),
      );
      return Buffer.from(Plaintext!).toString('utf8');
    },
  };
}
