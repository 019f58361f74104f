// Records payouts exactly once and within their limits: message, counters, payouts, evidence and outbox in one
// transaction while they fit into 100 actions, else by reservation (payout-reservation.ts). What is in the way of a
// message comes back as an outcome; nothing of a refused one stays.

import { networkTransactionIds } from '../../core/payout/ids.ts';
import type { NewPayouts, PayoutStore, RecordPayoutsOutcome } from '../../core/payout/ports.ts';
import { messagePolicy, payoutPolicy } from '../../core/policy.ts';
import { type Announce, effectWrites } from './effects.ts';
import {
  debitWrite,
  messageItem,
  outcomeOf,
  payoutItem,
  payoutMessageKey,
  recordedMessageOf,
} from './payout-items.ts';
import { recordByReservation } from './payout-reservation.ts';
import type { LargeBytes } from './sent-messages.ts';
import { absent, ConditionFailed, type Failure, type StoredItem, type Table, type Write } from './table.ts';

export interface PayoutStoreParts {
  readonly table: Table;
  readonly large: LargeBytes;
  readonly announce: Announce;
}

export function payoutStore(parts: PayoutStoreParts): PayoutStore {
  return {
    async record(payouts) {
      const { bytes } = payouts.message;
      if (bytes.length > messagePolicy.inItemBytes) await parts.large.put(payouts.digest, bytes);
      const outcome = await recordWhole(parts.table, payouts);
      if (outcome.outcome === 'RECORDED') await parts.announce(payouts.outbox);
      return outcome;
    },
    async known(sender, messageIds) {
      const items = await parts.table.getMany(messageIds.map((id) => payoutMessageKey(sender, id)));
      return items.map((item) => item && recordedMessageOf(item));
    },
  };
}

async function recordWhole(table: Table, payouts: NewPayouts): Promise<RecordPayoutsOutcome> {
  const { debits, participant } = payouts.admitted;
  const counters = debits.map((debit) => debitWrite(participant, debit));
  const debited = counters.map(({ update }) => update.pk);
  const transactions = payoutItems(payouts, debited).map(putPayout);
  const effects = effectWrites(payouts);
  if (1 + counters.length + transactions.length + effects.length > payoutPolicy.actions)
    return recordByReservation(table, payouts, { transactions, counters, effects });
  const message: Write = { put: messageItem(payouts, 'committed'), when: absent() };
  try {
    await table.transact([message, ...counters, ...transactions, ...effects]);
    return { outcome: 'RECORDED' };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const [first] = error.failures;
    if (first?.index === 0) return known(first);
    return outcomeOf(error, [...counters, ...transactions], 1, payouts);
  }
}

const putPayout = (item: StoredItem): Write => ({ put: item, when: absent() });

const known = (failure: Failure): RecordPayoutsOutcome => ({
  outcome: 'KNOWN_MESSAGE',
  known: failure.old && recordedMessageOf(failure.old),
});

/** @param debited the counters of `admitted.debits`, by their keys */
function payoutItems(payouts: NewPayouts, debited: readonly string[]): readonly StoredItem[] {
  const { admitted, messageId, admittedAt, seed } = payouts;
  const counters = admitted.instructions.map((): string[] => []);
  for (const [place, { transactions }] of admitted.debits.entries()) {
    for (const at of transactions) counters[at]!.push(debited[place]!);
  }
  const idOf = networkTransactionIds(admittedAt, seed);
  return admitted.instructions.map(({ transactionId, place, payoutOperator, money }) =>
    payoutItem({
      participant: admitted.participant,
      transactionId,
      networkTransactionId: idOf(place),
      messageId,
      place,
      payoutOperator,
      ...money,
      state: 'pending',
      createdAt: admittedAt,
      day: admitted.day,
      counters: counters[place]!,
    }),
  );
}
