// How are enrolments kept? Each method is one transaction whose conditions decide (core/enrolment/ports.ts says
// what they promise); a refused enrolment leaves nothing behind that could stop the next one.

import type { Enrolment, Step } from '../../core/enrolment/enrolment.ts';
import type {
  Activation,
  ActivationOutcome,
  EnrolmentStore,
  Move,
  NewEnrolment,
  OperatorRow,
  RecordOutcome,
  WithTrace,
} from '../../core/enrolment/ports.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { Sealer } from '../../core/ports.ts';
import type { Announcer } from '../sqs/announce.ts';
import { certificateItem } from './certificate-items.ts';
import {
  chainItem,
  chainKey,
  endedKey,
  enrolmentItem,
  enrolmentKey,
  enrolmentOf,
  messageOf,
  openKey,
  operatorRows,
  rowItem,
  rowKey,
  stepAttribute,
} from './enrolment-items.ts';
import { endingWrites, madeActive, unchanged } from './enrolment-states.ts';
import { evidencePut } from './evidence.ts';
import { isOutboxItem, outboxPut, readEntry } from './outbox.ts';
import {
  digestOfMessage,
  knownMessage,
  type ReceivedMessage,
  receivedMessageKey,
  receivedMessageWrite,
} from './received-messages.ts';
import { watchWrites } from './swept-sources.ts';
import {
  absent,
  all,
  any,
  ConditionFailed,
  compare,
  equals,
  oneOf,
  queryAll,
  type Table,
  text,
  type Write,
} from './table.ts';

/** The same table, whose transactions are followed by the announcement of the outbox entries in them. */
function announcing(table: Table, announcer: Announcer): Table {
  return {
    ...table,
    async transact(writes, options) {
      await table.transact(writes, options);
      const entries = writes.flatMap((write) =>
        'put' in write && isOutboxItem(write.put) ? [readEntry(write.put)] : [],
      );
      if (entries.length > 0) await announcer.announce(entries);
    },
  };
}

const traceWrites = (trace: WithTrace): Write[] => [
  ...trace.evidence.map(evidencePut),
  ...trace.outbox.map(outboxPut),
];

export interface EnrolmentStoreParts {
  readonly table: Table;
  /** Tells the queues after each commit; what it misses the sweep finds. */
  readonly announcer: Announcer;
  /** Only settle-enrolment has one that can sign. */
  readonly sealer?: Sealer;
}

export function enrolmentStore({ table: plain, announcer, sealer }: EnrolmentStoreParts): EnrolmentStore {
  const table = announcing(plain, announcer);
  return {
    async find(id) {
      const item = await table.get(enrolmentKey(id));
      return item && enrolmentOf(item);
    },
    async messageOf({ participant, messageId }) {
      const item = await table.get(receivedMessageKey(participant, messageId));
      return item && messageOf(item);
    },
    knownMessage: (sender, messageId) => knownMessage(table, sender, messageId),
    async chainOf(thumbprint) {
      const item = await table.get(chainKey(thumbprint));
      return item?.path as readonly Uint8Array[] | undefined;
    },
    rows: (id) => operatorRows(table, id),
    async list(participant, page) {
      const found = await table.query({
        hash: `ENROLMENTS#${participant}`,
        index: 'GSI1',
        backward: true,
        ...page,
      });
      return {
        items: found.items.map(enrolmentOf),
        ...(found.cursor === undefined ? {} : { cursor: found.cursor }),
      };
    },
    async ofCertificate(participant, thumbprint) {
      const found: Enrolment[] = [];
      const query = {
        hash: `ENROLMENTS#${participant}`,
        index: 'GSI1',
        filter: equals('thumbprint', thumbprint),
      } as const;
      for await (const item of queryAll(table, query)) found.push(enrolmentOf(item));
      return found;
    },
    record: (fresh) => record(table, fresh),
    move: (move) => moveEnrolment(table, move),
    note: (from, steps, trace, seen) => note(table, from, steps, trace, seen),
    activate: (activation) => activate(table, sealer!, activation),
    widen: (activation) => widen(table, sealer!, activation),
    putRow: (row, trace) => putRow(table, row, trace),
    async forestall(enrolmentId, from) {
      // The enrolment itself may have come between the caller's look and this write: then there is nothing to keep.
      const kept = await committed(table, [
        { put: { ...endedKey(enrolmentId, from), from } },
        { check: enrolmentKey(enrolmentId), when: absent() },
      ]);
      return kept ? 'KEPT' : 'ARRIVED';
    },
    async enqueue(entries) {
      await committed(table, traceWrites({ evidence: [], outbox: entries }));
    },
  };
}

async function record(table: Table, fresh: NewEnrolment): Promise<RecordOutcome> {
  const { enrolment } = fresh;
  const pending = enrolment.networkStatus === 'pending';
  const received: ReceivedMessage = {
    sender: enrolment.participant,
    messageId: enrolment.messageId,
    subject: enrolment.id,
    ...fresh.message,
  };
  const writes: Write[] = [
    receivedMessageWrite(received, enrolment.createdAt),
    { put: enrolmentItem(enrolment), when: absent() },
    { check: endedKey(enrolment.id, enrolment.receivedFrom), when: absent() },
  ];
  const open = openKey(enrolment.participant, enrolment.thumbprint);
  if (pending) writes.push({ put: { ...open, enrolmentId: enrolment.id }, when: absent() });
  if (fresh.path) {
    // Content-addressed: writing it again changes nothing.
    writes.push({ put: chainItem(enrolment.thumbprint, fresh.path) });
  }
  if (fresh.watch) writes.push(...watchWrites(fresh.watch, enrolment, enrolment.createdAt));
  try {
    await table.transact([...writes, ...traceWrites(fresh)]);
    return { outcome: 'RECORDED' };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const before = await knownMessage(table, received.sender, received.messageId);
    if (before) {
      const sameBytes = before.digest === digestOfMessage(received.bytes);
      return { outcome: 'KNOWN_MESSAGE', enrolmentId: before.subject, sameBytes };
    }
    if (await table.get(endedKey(enrolment.id, enrolment.receivedFrom))) return { outcome: 'FORESTALLED' };
    const opened = await table.get(open);
    if (opened) return { outcome: 'PENDING_ALREADY', enrolmentId: opened.enrolmentId as string };
    throw error;
  }
}

async function moveEnrolment(table: Table, move: Move): Promise<Enrolment | undefined> {
  const { written, writes, mark } = endingWrites(move, move.evidence[0]?.at);
  const trace = mark ? marked(move, mark) : move;
  const { message, from, evidence } = move;
  const kept = message ? [receivedMessageWrite({ ...message, subject: from.id }, evidence[0]!.at)] : [];
  return (await committed(table, [...writes, ...kept, ...traceWrites(trace)])) ? written : undefined;
}

async function note(
  table: Table,
  from: Enrolment,
  steps: readonly Step[],
  trace: WithTrace,
  seen: Pick<Enrolment, 'unheard'> = {},
) {
  const written = { ...from, ...seen, steps: [...from.steps, ...steps], version: from.version + 1 };
  const write: Write = {
    update: enrolmentKey(from.id),
    change: {
      append: { steps: steps.map(stepAttribute) },
      add: { version: 1 },
      ...(seen.unheard && { set: { unheard: seen.unheard.map((one) => ({ ...one })) } }),
    },
    when: unchanged(from),
  };
  return (await committed(table, [write, ...traceWrites(trace)])) ? written : undefined;
}

async function activate(table: Table, sealer: Sealer, activation: Activation): Promise<ActivationOutcome> {
  const { from, status } = activation;
  const written = madeActive(activation);
  const sealed = await certificateItem(status, sealer, written.version, activation.proofs);
  const writes: Write[] = [
    { put: enrolmentItem(written), when: unchanged(from) },
    {
      put: sealed.item,
      // A thumbprint is active for one participant at most; a disabled one may be enrolled anew, a revoked one never.
      // Anew: the enrolment that made it active before, put back to `pending`, does not make it active again (S22).
      when: any(
        absent(),
        all(
          equals('networkStatus', 'disabled'),
          equals('validity', 'valid'),
          compare('enrolmentId', '<>', from.id),
        ),
      ),
    },
    {
      put: { pk: `SPKI#${status.keyThumbprint}`, sk: 'OWNER', participant: from.participant },
      when: any(absent(), equals('participant', from.participant)),
    },
  ];
  try {
    await table.transact([...writes, ...traceWrites(marked(activation, sealed.mark))]);
    return 'ACTIVATED';
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const failed = error.failures.map((failure) => failure.index);
    if (failed.includes(0)) return 'STALE';
    return failed.includes(1) ? 'ALREADY_ACTIVE' : 'KEY_OF_ANOTHER';
  }
}

/** The evidence of a grant names the seal that it put, that of an end what it left. */
function marked(trace: WithTrace, mark: StateMark): WithTrace {
  const [first, ...others] = trace.evidence;
  if (!first) throw new TypeError('expected evidence of what is granted or taken away');
  return { ...trace, evidence: [{ ...first, states: [mark] }, ...others] };
}

async function widen(table: Table, sealer: Sealer, activation: Activation): Promise<boolean> {
  const { from, status } = activation;
  const sealed = await certificateItem(status, sealer, from.version + 1, activation.proofs);
  const writes: Write[] = [
    {
      update: enrolmentKey(from.id),
      change: { append: { steps: activation.steps.map(stepAttribute) }, add: { version: 1 } },
      when: unchanged(from),
    },
    {
      put: sealed.item,
      when: { all: [equals('enrolmentId', from.id), equals('networkStatus', 'active')] },
    },
  ];
  return committed(table, [...writes, ...traceWrites(marked(activation, sealed.mark))]);
}

async function putRow(table: Table, row: OperatorRow, trace: WithTrace): Promise<'WRITTEN' | 'FINAL'> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const known = await table.get(rowKey(row.enrolmentId, row.operator));
    // An operator's final word stands: only `waiting` and `pending`, and silence, are overtaken.
    if (known && !openStates.includes(text(known, 'status'))) return 'FINAL';
    const before =
      known?.bytes === undefined ? undefined : { bytes: known.bytes, signature: known.signature };
    const earlier = before ?? known?.earlier;
    // A second `pending` says nothing new.
    if (earlier && row.message && row.status === 'pending') return 'FINAL';
    const same = known?.messageId === undefined ? absent('messageId') : equals('messageId', known.messageId);
    const open = all(same, any(absent(), oneOf('status', openStates)));
    if (await committed(table, [{ put: rowItem(row, earlier), when: open }, ...traceWrites(trace)]))
      return 'WRITTEN';
  }
  return 'FINAL';
}

const openStates = ['waiting', 'pending', 'silent'];

async function committed(table: Table, writes: readonly Write[]): Promise<boolean> {
  try {
    await table.transact(writes);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
