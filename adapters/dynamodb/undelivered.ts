// Which payout operators were given up over a disable? One row each beside the disable's record, indexed while it
// waits, so that the daily pass finds them without looking at what was delivered.

import type { Undelivered, UndeliveredDisables } from '../../core/disable/ports.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { disableKey, unlessMoved } from './disables.ts';
import { effectWrites } from './effects.ts';
import { absent, equals, type Key, present, queryAll, type Table, text, type Write } from './table.ts';

const WAITING = 'DISABLES_UNDELIVERED';
const rowKey = (id: string, operator: string): Key => ({ ...disableKey(id), sk: `UNDELIVERED#${operator}` });
const dueFrom = (dueAt: Date) => ({ gsi1sk: dueAt.toISOString() });

export function undeliveredDisables(
  table: Table,
  announce: (entries: readonly OutboxEntry[]) => Promise<unknown>,
): UndeliveredDisables {
  return {
    async note(disableId, operator, evidence) {
      const key = rowKey(disableId, operator);
      const due = { disableId, operator, gsi1pk: WAITING, ...dueFrom(evidence.at) };
      const item = { ...key, at: evidence.at.toISOString(), ...due };
      const effects = effectWrites({ evidence: [evidence], outbox: [] });
      if (await unlessMoved(table.transact([{ put: item, when: absent() }, ...effects]))) return;
      // All of it: nodes of before wrote the row without what the pass looks for.
      await unlessMoved(table.write({ update: key, change: { set: due }, when: present() }));
    },
    async end(disableId, operator, evidence) {
      const key = rowKey(disableId, operator);
      if (!(await table.get(key))) return;
      const effects = effectWrites({ evidence: [evidence], outbox: [] });
      await unlessMoved(table.transact([{ delete: key, when: present() }, ...effects]));
    },
    async due(now) {
      const found: Undelivered[] = [];
      const range = { is: '<=', value: now.toISOString() } as const;
      for await (const item of queryAll(table, { hash: WAITING, index: 'GSI1', range }))
        found.push({
          disableId: text(item, 'disableId'),
          operator: text(item, 'operator'),
          dueAt: new Date(text(item, 'gsi1sk')),
        });
      return found;
    },
    async tellAgain(those, start, lostAt) {
      const moves = those.map(({ disableId, operator, dueAt }): Write => {
        const change = { set: dueFrom(lostAt) };
        return { update: rowKey(disableId, operator), change, when: equals('gsi1sk', dueAt.toISOString()) };
      });
      const effects = effectWrites({ evidence: [], outbox: [start] });
      const done = await unlessMoved(table.transact([...moves, ...effects]));
      if (done) await announce([start]);
      return done;
    },
  };
}
