// Where is it counted how many mails a person had? A set-like item per person and day that fades by itself, and the
// number of held mails beside each digest.

import type { OutboxEntry } from '../../core/outbox.ts';
import { outboxPut } from './outbox.ts';
import { ConditionFailed, type Key, number, type Table } from './table.ts';

const dayKey = (personId: string, now: Date): Key => ({
  pk: `RATE#mail#${personId}`,
  sk: now.toISOString().slice(0, 10),
});
const heldKey = (digestId: string): Key => ({ pk: `RATE#${digestId}`, sk: 'HELD' });
const twoDays = 2 * 24 * 3600;

export function mailbox(table: Table) {
  return {
    async count(
      personId: string,
      { id, isQuestion }: { readonly id: string; readonly isQuestion: boolean },
      now: Date,
    ): Promise<number> {
      const key = dayKey(personId, now);
      const item = await table.get(key);
      const places = (item?.entries ?? {}) as Record<string, number>;
      // A second attempt has the place of the first.
      if (places[id] !== undefined) return places[id];
      const count = Number(item?.count ?? 0) + 1;
      const questions = Number(item?.questions ?? 0) + (isQuestion ? 1 : 0);
      const place = isQuestion ? questions : count;
      const expiresAt = Math.floor(now.getTime() / 1000) + twoDays;
      // The map is only kept as far as it is needed to recognise attempts.
      const entries = Object.keys(places).length < 50 ? { ...places, [id]: place } : places;
      await table.write({ put: { ...key, count, questions, entries, expiresAt } });
      return place;
    },
    async hold(digest: OutboxEntry): Promise<void> {
      const expiresAt = Math.floor(digest.nextAttemptAt.getTime() / 1000) + twoDays;
      const change = { add: { count: 1 }, set: { expiresAt } };
      await table.write({ update: heldKey(digest.id), change });
      try {
        await table.transact([outboxPut(digest)]);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
    async held(digestId: string): Promise<number> {
      const item = await table.get(heldKey(digestId));
      return item ? number(item, 'count') : 0;
    },
  };
}
