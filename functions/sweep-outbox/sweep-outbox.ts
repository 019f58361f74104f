// Which entries of the outbox does nobody seem to know of? Every minute: those that are due are announced again, the
// earliest first, each queue by itself, so that a backlog of one hides no other.

import type { OutboxStore } from '../../adapters/dynamodb/outbox.ts';
import type { Announcer } from '../../adapters/sqs/announce.ts';
import type { Clock } from '../../core/ports.ts';

export interface SweepOutboxPorts {
  readonly store: OutboxStore;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/** What one run announces of one queue; what is left comes a minute later. */
const perQueue = 400;

export async function sweepOutbox({
  store,
  announcer,
  clock,
}: SweepOutboxPorts): Promise<{ announced: number }> {
  const now = clock.now();
  const due = await store.due(now, perQueue);
  const counts = await Promise.all(
    [...due].map(async ([queue, ids]) => {
      // First told, then noted: a crash between the two tells twice, which a reader bears, and loses nothing.
      const untold = new Set(await announcer.announce(ids.map((id) => ({ id, queue, nextAttemptAt: now }))));
      const told = ids.filter((id) => !untold.has(id));
      await Promise.all(told.map((id) => store.announced(id, now)));
      return told.length;
    }),
  );
  return { announced: counts.reduce((sum, count) => sum + count, 0) };
}
