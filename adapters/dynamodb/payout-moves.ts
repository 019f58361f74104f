// Moves a payout from state to state, each by one conditional write together with its debits or their release, its
// evidence and what has to be told (S2, S7). Which move is due is decided by the use cases.

import { toldVersion } from '../../core/payout/moving.ts';
import { isTold, mayFollow } from '../../core/payout/payout.ts';
import type { PayoutMove, PayoutMoveOutcome, PayoutMoves, ReceivedPayouts } from '../../core/payout/ports.ts';
import { messagePolicy, payoutPolicy } from '../../core/policy.ts';
import { type Announce, commit, effectWrites } from './effects.ts';
import { outboxPut } from './outbox.ts';
import {
  counterKey,
  debitWrite,
  payoutAnswerKey,
  payoutAnswerOf,
  payoutForwardKey,
  payoutItem,
  payoutKey,
  payoutMessageKey,
  payoutOf,
  refusedKey,
  releaseWrite,
  type StoredPayout,
} from './payout-items.ts';
import { digestOfMessage } from './received-messages.ts';
import { itemOf } from './records.ts';
import type { LargeBytes } from './sent-messages.ts';
import {
  absent,
  all,
  any,
  ConditionFailed,
  equals,
  type Item,
  type Table,
  text,
  type Write,
} from './table.ts';

export interface PayoutMovesParts {
  readonly table: Table;
  readonly large: LargeBytes;
  readonly announce: Announce;
}

export function payoutMoves(parts: PayoutMovesParts): PayoutMoves {
  const { table, large, announce } = parts;
  return {
    async find(participant, transactionId) {
      const item = await table.get(payoutKey(participant, transactionId));
      return item && payoutOf(item);
    },
    async original(participant, messageId) {
      const item = await table.get(payoutMessageKey(participant, messageId));
      if (item?.kind !== 'payouts' || item.state !== 'committed') return undefined;
      const bytes = item.large ? await large.get(text(item, 'digest')) : (item.bytes as Uint8Array);
      return {
        original: { bytes, signature: text(item, 'signature') },
        admittedAt: new Date(text(item, 'at')),
      };
    },
    answerOf: (participant, transactionId) => payoutAnswerOf(table, participant, transactionId),
    async move(move) {
      const outcome = await moveOne(table, move);
      if (outcome.outcome === 'MOVED') await announce(move.outbox);
      return outcome;
    },
    async receive(received) {
      const outcome = await receive(parts, received);
      if (outcome === 'RECEIVED') await announce(received.payouts.map(({ entry }) => entry));
      return outcome;
    },
    async bury(tombstone, evidence, outbox) {
      const put: Write = {
        put: { ...payoutItem({ ...tombstone, counters: [] }), version: toldVersion(undefined) },
        when: absent(),
      };
      return (await commit(table, [put], { evidence, outbox }, announce)) === 'RECORDED';
    },
    async refuseFrom(network, { participant, transactionId, networkTransactionId }, evidence, outbox) {
      const key = refusedKey(participant, transactionId, network);
      const put: Write = { put: { ...key, networkTransactionId }, when: absent() };
      return (await commit(table, [put], { evidence, outbox }, announce)) === 'RECORDED';
    },
    async forwardOf(participant, messageId, sha256) {
      const item = await table.get(payoutForwardKey(participant, messageId, sha256));
      if (!item) return undefined;
      const bytes = item.large
        ? await large.get(Buffer.from(sha256, 'base64url').toString('hex'))
        : (item.bytes as Uint8Array);
      return { bytes, signature: text(item, 'signature') };
    },
    async enqueue(entry) {
      await table.transact([outboxPut(entry)]);
      await announce([entry]);
    },
  };
}

/** The payout's own first. One that was told may be told better without moving. */
export function moveWrites(move: PayoutMove): readonly Write[] {
  const { from, to, response, debits = [] } = move;
  if (to !== from.state && !mayFollow(from.state, to))
    throw new Error(`no payout goes from ${from.state} to ${to}`);
  const { participant, transactionId } = from;
  const { counters = [] } = from as Partial<StoredPayout>;
  const debited = debits.map((debit) => counterKey(participant, debit).pk);
  return [
    {
      update: payoutKey(participant, transactionId),
      change: {
        set: {
          state: to,
          ...(response && { response: itemOf(response) }),
          ...(debits[0] && { counters: debited, day: debits[0].day }),
          ...(isTold(to) && to !== from.state && { version: toldVersion(from.state) }),
        },
      },
      when: all(
        equals('state', from.state),
        equals('networkTransactionId', from.networkTransactionId),
        equals('payoutOperator', from.payoutOperator),
      ),
    },
    ...debits.map((debit) => debitWrite(participant, debit)),
    ...(move.release ? counters.map((pk) => releaseWrite({ pk, sk: '0' }, from.amountMinor)) : []),
    ...(move.redebit ? counters.map((pk) => releaseWrite({ pk, sk: '0' }, -from.amountMinor)) : []),
    ...(move.answer ? [{ put: { ...payoutAnswerKey(participant, transactionId), ...move.answer } }] : []),
  ];
}

async function moveOne(table: Table, move: PayoutMove): Promise<PayoutMoveOutcome> {
  const { debits = [] } = move;
  try {
    await table.transact([...moveWrites(move), ...effectWrites(move)]);
    return { outcome: 'MOVED' };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (error.index === 0) return { outcome: 'STALE' };
    const over = error.failures.flatMap(({ index }) => debits[index - 1] ?? []);
    if (over.length === 0) throw error;
    return { outcome: 'OVER_LIMIT', debits: over };
  }
}

/**
 * The message first, then its payouts: a process that dies between is taken up by the network's next attempt, which meets
 * its own payouts as they are. A payout is put with the entry that has it executed, or not at all.
 */
async function receive(
  { table, large }: PayoutMovesParts,
  received: ReceivedPayouts,
): Promise<'RECEIVED' | 'OTHER_MESSAGE'> {
  const { participant, messageId, original, envelope } = received;
  const digest = digestOfMessage(original.bytes);
  const at = received.receivedAt.toISOString();
  const content = { kind: 'payouts', subject: 'payouts', state: 'committed', digest, seed: '', at };
  const bytes = await held(large, digest, original.bytes);
  const message: Write = {
    update: payoutMessageKey(participant, messageId),
    // As it came first: a later forward of the same bytes changes neither when it came nor how it was signed.
    change: { setIfAbsent: { ...content, signature: original.signature, ...bytes } },
    // Another payout operator's transactions of the same message may be forwarded apart: the same bytes are the same.
    when: any(absent(), equals('digest', digest)),
  };
  const around = digestOfMessage(envelope.bytes);
  const key = payoutForwardKey(participant, messageId, Buffer.from(around, 'hex').toString('base64url'));
  const forward: Write = {
    put: { ...key, signature: envelope.signature, ...(await held(large, around, envelope.bytes)) },
  };
  const effects = effectWrites({ evidence: received.evidence, outbox: [] });
  try {
    await table.transact([message, forward, ...effects]);
  } catch (error) {
    if (error instanceof ConditionFailed && error.index === 0) return 'OTHER_MESSAGE';
    throw error;
  }
  const each = Math.floor(payoutPolicy.actions / 3);
  for (let from = 0; from < received.payouts.length; from += each)
    await putEach(table, received.network, received.payouts.slice(from, from + each));
  return 'RECEIVED';
}

/** In the item, or where there is room for it, put before the item names it. */
async function held(large: LargeBytes, digest: string, bytes: Uint8Array): Promise<Item> {
  if (bytes.length <= messagePolicy.inItemBytes) return { bytes };
  await large.put(digest, bytes);
  return { large: true };
}

async function putEach(table: Table, network: string, payouts: ReceivedPayouts['payouts']): Promise<void> {
  const writes = payouts.flatMap(({ entry, ...payout }): Write[] => [
    { check: refusedKey(payout.participant, payout.transactionId, network), when: absent() },
    { put: payoutItem({ ...payout, counters: [] }), when: absent() },
    outboxPut(entry),
  ]);
  try {
    await table.transact(writes);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    // Some are there already, or were refused: one by one, so that the others are not held up.
    if (payouts.length > 1) for (const one of payouts) await putEach(table, network, [one]);
  }
}
