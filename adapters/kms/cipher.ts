// How does a short secret lie in the table? As KMS ciphertext, bound by its encryption context to the item it is for.

import type { Cipher } from '../dynamodb/task-tokens.ts';
import { decrypt, encrypt, type Kms } from './kms.ts';

export function kmsCipher(client: Kms, KeyId: string): Cipher {
  return {
    async encrypt(plain, context) {
      const { CiphertextBlob } = await encrypt(client, {
        KeyId,
        Plaintext: Buffer.from(plain, 'utf8'),
        EncryptionContext: { ...context },
      });
      return Buffer.from(CiphertextBlob!).toString('base64url');
    },
    async decrypt(encrypted, context) {
      const CiphertextBlob = Buffer.from(encrypted, 'base64url');
      const { Plaintext } = await decrypt(client, {
        KeyId,
        CiphertextBlob,
        EncryptionContext: { ...context },
      });
      return Buffer.from(Plaintext!).toString('utf8');
    },
  };
}
