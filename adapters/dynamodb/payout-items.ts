// How do messages of payouts, payouts and limit counters stand in the table? `(sender, message_id)` and
// `(sender, transaction_id)` are keys, put if absent, for ever; counters are one item each, added to under a condition.

import { hash } from 'node:crypto';
import type { OriginalMessage } from '../../core/enrolment/ports.ts';
import type { Debit } from '../../core/payout/limits.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { NewPayouts, RecordedMessage, RecordPayoutsOutcome } from '../../core/payout/ports.ts';
import { messagePolicy } from '../../core/policy.ts';
import { receivedMessageKey } from './received-messages.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import {
  absent,
  any,
  type ConditionFailed,
  compare,
  type Key,
  type StoredItem,
  type Table,
  text,
  type Write,
} from './table.ts';

export { receivedMessageKey as payoutMessageKey } from './received-messages.ts';

export const payoutKey = (participant: string, transactionId: string): Key => ({
  pk: `TX#${participant}#${transactionId}`,
  sk: 'PAYOUT',
});

/** One reservation of a large message, to be undone as a whole; of one attempt only. */
export const reservationKey = (sender: string, messageId: string, chunk: number): Key => ({
  pk: receivedMessageKey(sender, messageId).pk,
  sk: `RESERVED#${String(chunk).padStart(3, '0')}`,
});

/** `0` is the first, and only, shard of a counter. Whom it counts stands in it as 132 bits of SHA-256. */
export const counterKey = (
  participant: string,
  { kind, currency, day, name }: Pick<Debit, 'kind' | 'currency' | 'day' | 'name'>,
): Key => ({
  pk: `LIM#${participant}#${currency}#${day}#${kind}#${name === '' ? '' : hidden(name)}`,
  sk: '0',
});

const hidden = (name: string) => hash('sha256', name, 'base64url').slice(0, 22);

/** Its condition fails where the counter would pass the limit. */
export function debitWrite(participant: string, debit: Debit): Write & { readonly update: Key } {
  const room = debit.limitMinor - debit.amountMinor;
  return {
    update: counterKey(participant, debit),
    change: { add: { spent: debit.amountMinor } },
    when: any(absent('spent'), compare('spent', '<=', room)),
  };
}

/** Unconditional: the write that it stands beside makes it happen once. */
export const releaseWrite = (counter: Key, amountMinor: bigint): Write => ({
  update: { pk: counter.pk, sk: counter.sk },
  change: { add: { spent: -amountMinor } },
});

/** A payout as stored: with the counters that it was debited from, and whether its message was a large one. */
export interface StoredPayout extends Payout {
  readonly counters: readonly string[];
  readonly large?: boolean;
}

export const payoutsIndex = (participant: string) => `PAYOUTS#${participant}`;

export function payoutItem(payout: StoredPayout): StoredItem {
  return {
    ...itemOf(payout),
    ...payoutKey(payout.participant, payout.transactionId),
    gsi1pk: payoutsIndex(payout.participant),
    gsi1sk: payout.networkTransactionId,
  };
}

export function payoutOf(item: StoredItem): StoredPayout {
  const payout = recordOf<StoredPayout>(withoutKeys(item), ['createdAt', 'at', 'notAfter']);
  return { ...payout, amountMinor: BigInt(payout.amountMinor) };
}

/** Undefined where the id was used by a message of another kind. */
export function recordedMessageOf(item: StoredItem): RecordedMessage | undefined {
  if (item.kind !== 'payouts') return undefined;
  return {
    digest: text(item, 'digest'),
    state: text(item, 'state') as RecordedMessage['state'],
    admittedAt: new Date(text(item, 'at')),
    seed: Buffer.from(text(item, 'seed'), 'base64url'),
  };
}

/** At a payout operator: refused to this network before it could be anybody's payout, and so for ever. */
export const refusedKey = (participant: string, transactionId: string, network: string): Key => ({
  pk: payoutKey(participant, transactionId).pk,
  sk: `REFUSED#${network}`,
});

/** What a network signed around a message of payouts, by the SHA-256 (base64url) of its bytes. */
export const payoutForwardKey = (sender: string, messageId: string, sha256: string): Key => ({
  pk: receivedMessageKey(sender, messageId).pk,
  sk: `FORWARD#${sha256}`,
});

/** The signed words that moved a payout last, byte for byte. */
export const payoutAnswerKey = (participant: string, transactionId: string): Key => ({
  pk: payoutKey(participant, transactionId).pk,
  sk: 'ANSWER',
});

export async function payoutAnswerOf(
  table: Pick<Table, 'get'>,
  participant: string,
  transactionId: string,
): Promise<Required<OriginalMessage> | undefined> {
  const item = await table.get(payoutAnswerKey(participant, transactionId));
  return item && { bytes: item.bytes as Uint8Array, signature: text(item, 'signature') };
}

/**
 * Which counters, or which transactions, were in the way?
 * @param writes counters and payouts, which stand from `offset` on in the transaction that failed
 */
export function outcomeOf(
  error: ConditionFailed,
  writes: readonly Write[],
  offset: number,
  { admitted }: NewPayouts,
): RecordPayoutsOutcome {
  const failed = new Set(
    error.failures.flatMap(({ index }) => {
      const write = writes[index - offset];
      return write ? [nameOf(write)] : [];
    }),
  );
  const places = admitted.instructions.flatMap(({ transactionId, place }) =>
    failed.has(payoutKey(admitted.participant, transactionId).pk) ? [place] : [],
  );
  if (places.length > 0) return { outcome: 'KNOWN_TRANSACTIONS', places };
  const debits = admitted.debits.filter((debit) => failed.has(counterKey(admitted.participant, debit).pk));
  if (debits.length > 0) return { outcome: 'OVER_LIMIT', debits };
  throw error;
}

const nameOf = (write: Write) => ('put' in write ? write.put.pk : 'update' in write ? write.update.pk : '');

export function messageItem(payouts: NewPayouts, state: 'reserving' | 'committed'): StoredItem {
  const { admitted, messageId, message, digest, admittedAt, seed } = payouts;
  return {
    ...receivedMessageKey(admitted.participant, messageId),
    kind: 'payouts',
    subject: 'payouts',
    digest,
    state,
    seed: Buffer.from(seed).toString('base64url'),
    at: admittedAt.toISOString(),
    payoutOperators: admitted.payoutOperators,
    ...(message.bytes.length > messagePolicy.inItemBytes ? { large: true } : { bytes: message.bytes }),
    signature: message.signature,
  };
}
