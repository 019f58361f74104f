// Which payouts have been open for too long? Each rings; at the network, one that nothing may start any more is asked
// after, once an hour, until its payout operator says what became of it. Deciding is for people (apply-act).

import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { Payout, PayoutState } from '../../core/payout/payout.ts';
import type { PayoutReader } from '../../core/payout/ports.ts';
import type { Party } from '../../core/people/party.ts';
import { payoutPolicy } from '../../core/policy.ts';
import type { Clock } from '../../core/ports.ts';

export interface WatchPayoutsPorts {
  readonly clock: Clock;
  readonly role: 'network' | 'payoutOperator';
  readonly payouts: Pick<PayoutReader, 'list'>;
  participants(): Promise<readonly Pick<Party, 'finId' | 'kind'>[]>;
  /** Nothing where the entry stands already. */
  enqueue(entry: OutboxEntry): Promise<void>;
  alarm(payout: Payout): void;
}

const openStates = {
  network: ['pending'],
  payoutOperator: ['received', 'executing'],
} as const satisfies Record<string, readonly PayoutState[]>;

export async function watchPayouts(ports: WatchPayoutsPorts): Promise<{ open: number }> {
  const now = ports.clock.now();
  // Once a day it looks back a month: who was open for days still rings.
  const long = now.getUTCHours() === 4 && now.getUTCMinutes() < 15;
  const back = long ? payoutPolicy.watchedLong : payoutPolicy.watched;
  const range = {
    from: new Date(now.getTime() - back),
    to: new Date(now.getTime() - payoutPolicy.openTooLong),
  };
  const asked = new Set<string>();
  let open = 0;
  for (const { finId, kind } of await ports.participants()) {
    if (kind !== 'participant') continue;
    for (const state of openStates[ports.role]) {
      for await (const payout of openOf(ports, finId, state, range)) {
        open++;
        ports.alarm(payout);
        await ask(ports, payout, asked, now);
      }
    }
  }
  return { open };
}

async function* openOf(
  { payouts }: WatchPayoutsPorts,
  participant: string,
  state: PayoutState,
  range: { readonly from: Date; readonly to: Date },
): AsyncIterable<Payout> {
  let cursor: string | undefined;
  do {
    const page = await payouts.list(participant, {
      ...range,
      states: [state],
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** One message to one payout operator about all of a message's open payouts, once an hour. */
async function ask(
  { role, enqueue }: WatchPayoutsPorts,
  payout: Payout,
  asked: Set<string>,
  now: Date,
): Promise<void> {
  const { participant, messageId, payoutOperator: receiver, createdAt } = payout;
  if (role !== 'network' || now.getTime() <= createdAt.getTime() + payoutPolicy.forwardLife) return;
  const hour = now.toISOString().slice(0, 13);
  // No name holds a ~: two payouts' names must not run together into one id.
  const id = `payout.inquire.${participant}~${messageId}~${receiver}~${hour}`;
  if (asked.has(id)) return;
  asked.add(id);
  const refs = { participant, messageId, receiver };
  await enqueue(newOutboxEntry({ id, queue: 'deliver', kind: 'payout.inquire', refs, receiver, now }));
}
