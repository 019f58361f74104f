// Where do sessions and sign-in codes stand? Under the hash of their secret, with an end; a code leaves the table
// with the first who shows it.

import { createHash } from 'node:crypto';
import type { Session, Sessions, SignInCode, SignInCodes } from '../../core/people/ports.ts';
import { effectWrites } from './effects.ts';
import { recordOf, withoutKeys } from './records.ts';
import { absent, ConditionFailed, type Key, present, type Table } from './table.ts';

const hashOf = (secret: string) => createHash('sha256').update(`apodera/session/v1\n${secret}`).digest('hex');
const sessionKey = (secret: string): Key => ({ pk: `SESS#${hashOf(secret)}`, sk: 'SESSION' });
const codeKey = (code: string): Key => ({ pk: `CHAL#${hashOf(code)}`, sk: 'CHALLENGE' });
const epoch = (date: Date) => Math.floor(date.getTime() / 1000);

export function sessions(table: Table): Sessions {
  return {
    async start(secret, { personId, createdAt, lastSeenAt, expiresAt }, effects) {
      const times = { createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() };
      const put = { ...sessionKey(secret), personId, ...times, expiresAt: epoch(expiresAt) };
      await table.transact([{ put, when: absent() }, ...effectWrites(effects)]);
    },
    async find(secret) {
      const item = await table.get(sessionKey(secret));
      if (!item) return undefined;
      const session = recordOf<Omit<Session, 'expiresAt'>>(withoutKeys(item), ['createdAt', 'lastSeenAt']);
      return { ...session, expiresAt: new Date(Number(item.expiresAt) * 1000) };
    },
    async touch(secret, now) {
      const change = { set: { lastSeenAt: now.toISOString() } };
      await table.write({ update: sessionKey(secret), change, when: present() });
    },
    async end(secret) {
      await table.write({ delete: sessionKey(secret) });
    },
  };
}

export function signInCodes(table: Table): SignInCodes {
  return {
    async put(code, signIn) {
      await table.write({
        put: { ...codeKey(code), ...signIn, expiresAt: epoch(signIn.expiresAt) },
        when: absent(),
      });
    },
    async take(code) {
      // The condition, not what the delete returns, decides who of several took it.
      const item = await table.write({ delete: codeKey(code), when: present() }).catch((error: unknown) => {
        if (error instanceof ConditionFailed) return undefined;
        throw error;
      });
      if (!item) return undefined;
      const { personId, method, codeChallenge, redirectUri } = item as unknown as SignInCode;
      return {
        personId,
        method,
        codeChallenge,
        redirectUri,
        expiresAt: new Date(Number(item.expiresAt) * 1000),
      };
    },
  };
}
