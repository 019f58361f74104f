// Where does a task token lie while a person is awaited? Encrypted by KMS for its decision, in an item that page
// functions cannot read, and nowhere else: no link, log, queue or mail carries it.

import type { TaskTokens } from '../../core/people/ports.ts';
import { type Key, type Table, text } from './table.ts';

/** Encrypts and decrypts under one KMS key, bound to a context. */
export interface Cipher {
  /** @returns base64url */
  encrypt(plain: string, context: Readonly<Record<string, string>>): Promise<string>;
  decrypt(encrypted: string, context: Readonly<Record<string, string>>): Promise<string>;
}

const tokenKey = (decisionId: string): Key => ({ pk: `TOKEN#${decisionId}`, sk: 'TOKEN' });

export function taskTokens(table: Table, cipher: Cipher): TaskTokens {
  return {
    async put(decisionId, taskToken) {
      const encrypted = await cipher.encrypt(taskToken, { decisionId });
      await table.write({ put: { ...tokenKey(decisionId), encrypted } });
    },
    async read(decisionId) {
      const item = await table.get(tokenKey(decisionId));
      return item && cipher.decrypt(text(item, 'encrypted'), { decisionId });
    },
  };
}
