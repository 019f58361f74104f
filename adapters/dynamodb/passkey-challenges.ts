// Where does a question to a passkey wait for its answer? Under the hash of its challenge, for 5 minutes, gone with the
// first who answers it; and how far each passkey has counted.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import type { AskedPasskey, PasskeyChallenges } from '../../core/people/ports.ts';
import { parseStatement } from '../../core/people/statement.ts';
import { peoplePolicy } from '../../core/policy.ts';
import { absent, any, ConditionFailed, compare, type Key, present, type Table, text } from './table.ts';

const hashOf = (kind: string, name: string) =>
  createHash('sha256').update(`apodera/${kind}/v1\n${name}`).digest('hex');
const challengeKey = (challenge: string): Key => ({
  pk: `CHAL#${hashOf('passkey-challenge', challenge)}`,
  sk: 'PASSKEY',
});
const counterKey = (personId: string, credentialId: string): Key => ({
  pk: `PERSON#${personId}`,
  sk: `COUNTER#${hashOf('passkey-counter', credentialId)}`,
});

export function passkeyChallenges(table: Table): PasskeyChallenges {
  return {
    async put(challenge, { personId, statement, askedAt }) {
      const put = {
        ...challengeKey(challenge),
        ...(personId && { personId }),
        // As text: its bytes are what is signed.
        statement: JSON.stringify(statement),
        askedAt: askedAt.toISOString(),
        expiresAt: Math.ceil((askedAt.getTime() + peoplePolicy.proofLifeMs) / 1000),
      };
      await table.write({ put, when: absent() });
    },
    async take(challenge) {
      // The condition, not what the delete returns, decides who of several took it.
      const taken = table.write({ delete: challengeKey(challenge), when: present() });
      const item = await taken.catch((error: unknown) => {
        if (error instanceof ConditionFailed) return undefined;
        throw error;
      });
      if (!item) return undefined;
      const statement = parseStatement(JSON.parse(text(item, 'statement')));
      if (!statement) return undefined;
      const asked: AskedPasskey = { statement, askedAt: new Date(text(item, 'askedAt')) };
      return item.personId ? { ...asked, personId: String(item.personId) } : asked;
    },
    async count(personId, credentialId, counter) {
      const key = counterKey(personId, credentialId);
      const when = counter === 0 ? absent() : any(absent(), compare('counter', '<', counter));
      // One that never counts leaves nothing behind.
      if (counter === 0 && !(await table.get(key))) return;
      try {
        await table.write({ put: { ...key, counter }, when });
      } catch (error) {
        if (error instanceof ConditionFailed) throw new Refusal('PASSKEY_COPIED');
        throw error;
      }
    },
  };
}
