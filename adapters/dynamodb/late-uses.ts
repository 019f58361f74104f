// When was a certificate last used? Nothing is written for it where messages are taken: their evidence names what signed
// them, and the day's records of one participant are few. The last report stands in an item of its own.

import type { LateUse, LateUses } from '../../core/disable/late-use.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { effectWrites } from './effects.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { absent, any, ConditionFailed, compare, type Item, type Key, type Table, text } from './table.ts';

const lateKey = (thumbprint: string): Key => ({ pk: `DIS#late.${thumbprint}`, sk: 'LATE' });
/** Chained within seconds, in nearly the order of time. */
const disorder = 10 * 60_000;

export function lateUses(
  table: Table,
  announce: (entries: readonly OutboxEntry[]) => Promise<unknown>,
): LateUses {
  return {
    async lastUse(participant, thumbprint, since) {
      let cursor: string | undefined;
      do {
        const query = { hash: `EVID#${participant}`, backward: true, limit: 500, cursor };
        const page = await table.query(query);
        for (const { record } of page.items as readonly { readonly record?: Item }[]) {
          if (!record) continue;
          const at = new Date(text(record, 'at'));
          if (at.getTime() < since.getTime() - disorder) return undefined;
          if ((record.actor as Item | undefined)?.thumbprint === thumbprint && at >= since) return at;
        }
        cursor = page.cursor;
      } while (cursor);
      return undefined;
    },
    async report(late, trace) {
      const item = { ...itemOf(late), ...lateKey(late.thumbprint) };
      try {
        const isNew = any(absent(), compare('day', '<', late.day));
        await table.transact([{ put: item, when: isNew }, ...effectWrites(trace)]);
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
      await announce(trace.outbox);
      return true;
    },
    async find(thumbprint) {
      const item = await table.get(lateKey(thumbprint));
      return item && recordOf<LateUse>(withoutKeys(item), ['overlapEndsAt', 'lastUsedAt']);
    },
  };
}
