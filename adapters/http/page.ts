// Where does the next page of a list begin? A cursor is what the table said, signed for one participant and one
// list: nobody can make one that begins among somebody else's items, nor read a key out of their own.

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
export const pageLimits = { least: 1, most: 100, usual: 50 } as const;

export interface Cursors {
  write(tableCursor: string): string;
  /** @throws Refusal CURSOR_MALFORMED */
  read(cursor: string | undefined): string | undefined;
}

/** @param secret at least 32 bytes, the same in every instance; `list` names the route and its filters. */
export function cursorsFor(secret: Uint8Array, participant: string, list: string): Cursors {
  // AES-256-GCM: sealed as well as signed, because a table's cursor shows keys.
  const key = createHmac('sha256', secret).update('apodera/cursor/v1').digest();
  const scope = Buffer.from(`${participant}\n${list}`);
  return {
    write(tableCursor) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(scope);
      const text = Buffer.concat([cipher.update(tableCursor, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
    },
    read(cursor) {
      if (cursor === undefined) return undefined;
      const bytes = Buffer.from(cursor, 'base64url');
      try {
        const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
        const options = { authTagLength: TAG_BYTES };
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), options);
        decipher.setAAD(scope).setAuthTag(tag);
        return (
          decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch {
        throw new Refusal('CURSOR_MALFORMED', { parameter: 'cursor' });
      }
    },
  };
}

/** @throws Refusal QUERY_MALFORMED */
export function readLimit(text: string | undefined): number {
  if (text === undefined) return pageLimits.usual;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= pageLimits.least && limit <= pageLimits.most) return limit;
  throw new Refusal('QUERY_MALFORMED', {
    parameter: 'limit',
    expected: `${pageLimits.least} to ${pageLimits.most}`,
  });
}
