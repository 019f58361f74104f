// Steps 7 to 12 of docs/payout.md at a payout operator: has one payout executed by the bank's core, once. Everything
// is verified again by itself (A-161, S1, S2); `executing` and the debit of its limits are written before the call;
// after a crash, where the outcome is not known, and before any "no" of ours, the core is asked by the payout's key:
// nothing is guessed, and a table that was restored has forgotten what it paid.

import { Refusal } from '../../core/errors.ts';
import { type Institution, readEnvelope } from '../../core/message/envelope.ts';
import { type SenderPorts, verifySender } from '../../core/message/sender.ts';
import { newOutboxEntry, type OutboxEntry } from '../../core/outbox.ts';
import type { PayingParticipant } from '../../core/payout/admission.ts';
import { resolvedKeys } from '../../core/payout/creditor.ts';
import {
  type Executor,
  type ExecutorOutcome,
  type PaymentOrder,
  paymentKey,
  sameTaxId,
} from '../../core/payout/executor.ts';
import { dayIn, debitsOf, exceedsAlone, limitRefusal } from '../../core/payout/limits.ts';
import { type Instruction, readInstructions, transactionsOf } from '../../core/payout/message.ts';
import { type Making, payoutEvidence, refusedResponse, tell } from '../../core/payout/moving.ts';
import type { Payout } from '../../core/payout/payout.ts';
import type { OriginalPayouts, PayoutMoves } from '../../core/payout/ports.ts';
import { payoutPolicy } from '../../core/policy.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface ExecutePayoutPorts extends SenderPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly node: Institution;
  readonly moves: PayoutMoves;
  readonly executor: Executor;
  /** After a restore: what was paid is not known for sure until people have said so. */
  readonly frozen?: boolean;
  debtor(
    finId: string,
  ): Promise<(PayingParticipant & { readonly taxId: string; readonly suspended: boolean }) | undefined>;
}

export type ExecuteOutcome =
  | { readonly outcome: 'DONE' }
  /** The core does not know yet: ask again. */
  | { readonly outcome: 'NOT_NOW'; readonly because: string }
  /** Only people can say what became of it: it stays pending, and this rings. */
  | { readonly outcome: 'STUCK'; readonly code: string };

const DONE: ExecuteOutcome = { outcome: 'DONE' };
const NEVER_SEEN: ExecuteOutcome = { outcome: 'STUCK', code: 'PAYMENT_NEVER_SEEN' };

export async function executePayout(ports: ExecutePayoutPorts, entry: OutboxEntry): Promise<ExecuteOutcome> {
  if (ports.frozen) return { outcome: 'NOT_NOW', because: 'PAYOUTS_FROZEN' };
  const { participant = '', transactionId = '', refused } = entry.refs;
  if (refused) return refuseUnseen(ports, entry);
  const payout = await ports.moves.find(participant, transactionId);
  if (payout?.state === 'tombstone') return speakOf(ports, payout);
  if (payout && isDecided(payout))
    return heardLater(ports, payout, await ports.executor.find(paymentKey(payout)));
  if (payout?.state !== 'received' && payout?.state !== 'executing') return DONE;
  const recorded = await ports.moves.original(participant, payout.messageId);
  if (!recorded) throw new Error('a payout stands without its message');
  const instruction = instructionOf(recorded, payout, ports.clock.now());
  const order = orderOf(recorded, payout, instruction);
  if (payout.state === 'executing') return resume(ports, payout, recorded, instruction, order);
  // Before `executing` is written: a question that failed must not look like an order that was lost.
  const known = ports.executor.idempotent
    ? ({ outcome: 'NEVER_SEEN' } as const)
    : await ports.executor.find(order.key);
  if (known.outcome === 'UNKNOWN') return { outcome: 'NOT_NOW', because: 'PAYMENT_UNKNOWN' };
  const started = await start(ports, payout, recorded, instruction, order);
  if (started !== 'STARTED') return started;
  const executing = { ...payout, state: 'executing' } as const;
  const paid = known.outcome === 'NEVER_SEEN' ? await ports.executor.pay(order) : known;
  return conclude(ports, executing, paid);
}

/** S6: told only once the core says that nothing moved under its key; what moved after all is told as that. */
async function speakOf(ports: ExecutePayoutPorts, tombstone: Payout): Promise<ExecuteOutcome> {
  const found = await ports.executor.find(paymentKey(tombstone));
  if (found.outcome === 'UNKNOWN') return { outcome: 'NOT_NOW', because: 'PAYMENT_UNKNOWN' };
  const making = makingOf(ports);
  const outbox = tombstone.network ? [tell('payout.answer', tombstone, tombstone.network, making)] : [];
  if (found.outcome !== 'OK') {
    for (const entry of outbox) await ports.moves.enqueue(entry);
    return DONE;
  }
  const { reference } = found;
  const moved = await ports.moves.move({
    from: tombstone,
    to: 'ok',
    response: { id: making.responseId, status: 'ok', message: '', at: making.now },
    evidence: [payoutEvidence(tombstone, 'payout.foundPaid', making, { reference }, 'ok')],
    outbox,
  });
  return moved.outcome === 'MOVED' ? DONE : { outcome: 'NOT_NOW', because: moved.outcome };
}

/** Asked after, and not ours to execute: said without a record, unless the core knows its key. */
async function refuseUnseen(
  { executor, moves, ids, clock }: ExecutePayoutPorts,
  entry: OutboxEntry,
): Promise<ExecuteOutcome> {
  const { receiver = '', participant = '', transactionId = '' } = entry.refs;
  const found = await executor.find(paymentKey({ participant, transactionId }));
  if (found.outcome === 'UNKNOWN') return { outcome: 'NOT_NOW', because: 'PAYMENT_UNKNOWN' };
  if (found.outcome === 'OK') return { outcome: 'STUCK', code: 'PAYMENT_WITHOUT_RECORD' };
  await moves.enqueue(
    newOutboxEntry({
      id: ids.next(),
      queue: 'deliver',
      kind: 'payout.answer',
      refs: entry.refs,
      receiver,
      now: clock.now(),
    }),
  );
  return DONE;
}

/** A process began it and died, or heard nothing: what does the core know of the key? */
async function resume(
  ports: ExecutePayoutPorts,
  payout: Payout,
  recorded: OriginalPayouts,
  instruction: Instruction,
  order: PaymentOrder,
): Promise<ExecuteOutcome> {
  const found = await ports.executor.find(order.key);
  if (found.outcome !== 'NEVER_SEEN') return conclude(ports, payout, found);
  if (!ports.executor.idempotent) return NEVER_SEEN;
  try {
    // Who can write the table can write `executing` and the bytes beside it (S22): nothing is ordered on its word.
    await admitStart(ports, payout, recorded, instruction);
  } catch (error) {
    if (!(error instanceof Refusal) || busy.has(error.code)) throw error;
    // A call of before may still be under way: no error is told.
    return NEVER_SEEN;
  }
  return conclude(ports, payout, await ports.executor.pay(order));
}

async function conclude(
  ports: ExecutePayoutPorts,
  payout: Payout,
  result: ExecutorOutcome,
): Promise<ExecuteOutcome> {
  if (result.outcome === 'UNKNOWN') return { outcome: 'NOT_NOW', because: 'PAYMENT_UNKNOWN' };
  const making = makingOf(ports);
  const ok = result.outcome === 'OK';
  // The counters were written with `executing`: read them again before a release.
  const from = isDebited(payout) ? payout : await ports.moves.find(payout.participant, payout.transactionId);
  if (from && isDecided(from)) return heardLater(ports, from, result);
  if (from?.state !== 'executing') return DONE;
  const moved = await ports.moves.move({
    from,
    to: ok ? 'ok' : 'error',
    response: {
      id: making.responseId,
      status: ok ? 'ok' : result.status,
      message: ok ? '' : result.message,
      at: making.now,
    },
    release: !ok,
    evidence: [
      payoutEvidence(
        payout,
        ok ? 'payout.executed' : 'payout.failed',
        making,
        { reference: ok ? result.reference : result.status },
        ok ? 'ok' : 'error',
      ),
    ],
    outbox: payout.network ? [tell('payout.answer', payout, payout.network, making)] : [],
  });
  return moved.outcome === 'MOVED' ? DONE : { outcome: 'NOT_NOW', because: moved.outcome };
}

/** Its limits were debited, so that its core was called. */
function isDebited(payout: Payout): boolean {
  const { counters } = payout as Payout & { readonly counters?: readonly string[] };
  return (counters?.length ?? 0) > 0;
}

/** By its core's word, by a refusal of ours, or by two node operators while the core was silent. */
const isDecided = ({ state }: Payout) => state === 'ok' || state === 'error';

/** What the core says of it after all. Money that moved is recorded whatever people said, and either contradiction rings. */
async function heardLater(
  ports: ExecutePayoutPorts,
  payout: Payout,
  result: Awaited<ReturnType<Executor['find']>>,
): Promise<ExecuteOutcome> {
  if (result.outcome === 'UNKNOWN') return { outcome: 'NOT_NOW', because: 'PAYMENT_UNKNOWN' };
  if ((result.outcome === 'OK') === (payout.state === 'ok')) return DONE;
  const contradicted = { outcome: 'STUCK', code: 'PAYMENT_DECIDED_OTHERWISE' } as const;
  if (result.outcome !== 'OK') return contradicted;
  const making = makingOf(ports);
  const { reference } = result;
  const moved = await ports.moves.move({
    from: payout,
    to: 'ok',
    response: { id: making.responseId, status: 'ok', message: '', at: making.now },
    redebit: true,
    evidence: [payoutEvidence(payout, 'payout.executedAfterError', making, { reference }, 'ok')],
    outbox: payout.network ? [tell('payout.answer', payout, payout.network, making)] : [],
  });
  return moved.outcome === 'MOVED' ? contradicted : { outcome: 'NOT_NOW', because: moved.outcome };
}

async function start(
  ports: ExecutePayoutPorts,
  payout: Payout,
  recorded: OriginalPayouts,
  instruction: Instruction,
  order: PaymentOrder,
): Promise<'STARTED' | ExecuteOutcome> {
  const making = makingOf(ports);
  try {
    const debtor = await admitStart(ports, payout, recorded, instruction);
    const account = await ports.executor.creditorAccount(order.creditor, instruction.money.currency);
    const counted = { ...instruction, creditor: resolvedKeys(instruction.creditor, account) };
    const debits = debitsOf([counted], debtor.settings.limits, dayIn(debtor.timeZone, making.now));
    const over = debits.find(exceedsAlone);
    if (over) throw limitRefusal(over, payout.transactionId);
    const moved = await ports.moves.move({
      from: payout,
      to: 'executing',
      debits,
      evidence: [payoutEvidence(payout, 'payout.executing', making)],
      outbox: [],
    });
    if (moved.outcome === 'OVER_LIMIT') throw limitRefusal(moved.debits[0]!, payout.transactionId);
    return moved.outcome === 'MOVED' ? 'STARTED' : { outcome: 'NOT_NOW', because: moved.outcome };
  } catch (error) {
    if (!(error instanceof Refusal) || busy.has(error.code)) throw error;
    return refuse(ports, payout, error);
  }
}

/** The node's own trouble is nobody's refusal. */
const busy = new Set<string>(['SEAL_BROKEN', 'PROOF_BROKEN', 'ANCHORS_MISSING']);

/** Everything again, by ourselves and now. @throws Refusal */
async function admitStart(
  ports: ExecutePayoutPorts,
  payout: Payout,
  recorded: OriginalPayouts,
  instruction: Instruction,
) {
  const { original } = recorded;
  const now = ports.clock.now();
  if (now > latestStart(recorded, payout)) throw new Refusal('PAYOUT_FORWARD_OVERDUE');
  const debtor = await ports.debtor(payout.participant);
  if (!debtor) throw new Refusal('PARTICIPANT_UNKNOWN');
  if (debtor.suspended) throw new Refusal('PARTICIPANT_SUSPENDED');
  await verifySender(
    ports,
    { body: original.bytes, signature: original.signature },
    { participant: payout.participant, now },
  );
  // Its message may name another operator's payouts, and an account of the same number may stand here.
  if (instruction.payoutOperator !== ports.node.finId)
    throw new Refusal('PAYOUT_NOT_OURS', { found: instruction.payoutOperator });
  const holder = await ports.executor.holderOf(instruction.debtorAccount);
  if (holder === undefined) throw new Refusal('DEBTOR_ACCOUNT_UNKNOWN');
  if (!sameTaxId(holder, debtor.taxId)) throw new Refusal('DEBTOR_ACCOUNT_OF_ANOTHER');
  return debtor;
}

/** S4: whatever the network says, nothing is started later than 48 h after the participant made it. */
function latestStart({ original }: OriginalPayouts, { notAfter }: Payout): Date {
  const { creationDate } = readEnvelope(original.bytes).header;
  const latest = new Date(creationDate.getTime() + payoutPolicy.startedAtMost);
  return notAfter && notAfter < latest ? notAfter : latest;
}

async function refuse(ports: ExecutePayoutPorts, payout: Payout, refusal: Refusal): Promise<ExecuteOutcome> {
  const making = makingOf(ports);
  const found = await ports.executor.find(paymentKey(payout));
  // It stays as it is: from `executing` it would be sent again, refused as it is, should the core know nothing after all.
  if (found.outcome === 'UNKNOWN') return { outcome: 'NOT_NOW', because: 'PAYMENT_UNKNOWN' };
  if (found.outcome !== 'NEVER_SEEN') {
    // Started before this table was restored to a moment when it was not: only the core's word counts.
    const evidence = [payoutEvidence(payout, 'payout.executing', making)];
    const known = await ports.moves.move({ from: payout, to: 'executing', evidence, outbox: [] });
    return known.outcome === 'MOVED'
      ? conclude(ports, { ...payout, state: 'executing' }, found)
      : { outcome: 'NOT_NOW', because: known.outcome };
  }
  const moved = await ports.moves.move({
    from: payout,
    to: 'error',
    response: refusedResponse(refusal, making),
    evidence: [payoutEvidence(payout, 'payout.notExecuted', making, { code: refusal.code }, 'error')],
    outbox: payout.network ? [tell('payout.answer', payout, payout.network, making)] : [],
  });
  return moved.outcome === 'MOVED' ? DONE : { outcome: 'NOT_NOW', because: moved.outcome };
}

function makingOf({ ids, clock }: ExecutePayoutPorts): Making {
  const by = 'execute-payout';
  return {
    evidenceId: ids.next(),
    entryId: ids.next(),
    responseId: ids.next(),
    by,
    now: clock.now(),
  };
}

function instructionOf({ original }: OriginalPayouts, payout: Payout, now: Date): Instruction {
  const instructions = readInstructions(transactionsOf(readEnvelope(original.bytes)), now);
  const instruction = instructions.find((one) => one.transactionId === payout.transactionId);
  if (!instruction) throw new Error('a payout stands that its message does not name');
  return instruction;
}

function orderOf({ original }: OriginalPayouts, payout: Payout, instruction: Instruction): PaymentOrder {
  const { transactions } = readEnvelope(original.bytes).document as unknown as {
    transactions: readonly { creditor: object; description: string }[];
  };
  const { creditor, description } = transactions[instruction.place]!;
  return {
    key: paymentKey(payout),
    money: instruction.money,
    debtorAccount: instruction.debtorAccount,
    creditor,
    description,
  };
}
