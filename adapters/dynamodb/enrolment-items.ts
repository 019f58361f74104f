// How do an enrolment, its message, its operators' rows and its chain stand in the table? Only the mapping;
// the writes and their conditions are in enrolment.ts.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { Enrolment, OperatorAnswer, Step } from '../../core/enrolment/enrolment.ts';
import type { ForwardedMessage, OperatorRow } from '../../core/enrolment/ports.ts';
import type { Attribute, Item } from './attributes.ts';
import { envelopeIn } from './received-messages.ts';
import { queryAll, type StoredItem, type Table, text } from './table.ts';

export const enrolmentKey = (id: string) => ({ pk: `ENR#${id}`, sk: 'ENROLMENT' });
/** Left by the end of an enrolment that has not arrived yet. */
/** One per sender: what one network ends in advance hinders no other's enrolment. */
export const endedKey = (id: string, from: string) => ({ pk: `ENR#${id}`, sk: `ENDED#${from}` });
export const rowKey = (id: string, operator: string) => ({ pk: `ENR#${id}`, sk: `OPERATOR#${operator}` });
/** Apart from CERT#, so that admission may write a chain and never a status. */
export const chainKey = (thumbprint: string) => ({ pk: `CHAIN#${thumbprint}`, sk: 'CHAIN' });
/** One per participant and certificate while it is pending or active: the same one twice at once is found here. */
export const openKey = (participant: string, thumbprint: string) => ({
  pk: `OPEN#${participant}`,
  sk: `CERT#${thumbprint}`,
});

export function enrolmentItem(enrolment: Enrolment): StoredItem {
  const { steps, creationDate, notBefore, notAfter, createdAt, ...plain } = enrolment;
  return {
    ...enrolmentKey(enrolment.id),
    ...(plain as unknown as Item),
    creationDate: creationDate.toISOString(),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    createdAt: createdAt.toISOString(),
    steps: steps.map(stepAttribute),
    gsi1pk: `ENROLMENTS#${enrolment.participant}`,
    gsi1sk: `${createdAt.toISOString()}#${enrolment.id}`,
  };
}

export function stepAttribute(step: Step): Attribute {
  return { number: step.number, outcome: step.outcome, at: step.at.toISOString(), by: step.by };
}

export function enrolmentOf(item: StoredItem): Enrolment {
  const { pk, sk, gsi1pk, gsi1sk, steps, ...plain } = item;
  return {
    ...(plain as unknown as Enrolment),
    creationDate: new Date(text(item, 'creationDate')),
    notBefore: new Date(text(item, 'notBefore')),
    notAfter: new Date(text(item, 'notAfter')),
    createdAt: new Date(text(item, 'createdAt')),
    steps: (steps as readonly Item[]).map(stepOf),
  };
}

function stepOf(item: Item): Step {
  const { number, outcome, by } = item as { number: Step['number']; outcome: string; by?: string };
  return { number, outcome, at: new Date(text(item, 'at')), ...(by === undefined ? {} : { by }) };
}

export function messageOf(item: Item): ForwardedMessage {
  const signature = item.signature as string | undefined;
  const envelope = envelopeIn(item);
  return {
    bytes: item.bytes as Uint8Array,
    ...(signature === undefined ? {} : { signature }),
    ...(envelope && { envelope }),
  };
}

/** @param earlier a signed word whose place this one takes: its record may not be locked yet */
export function rowItem(row: OperatorRow, earlier?: Attribute): StoredItem {
  const { message, at, askedAt, pendingAt, confirmedAt, ...plain } = row;
  return {
    ...rowKey(row.enrolmentId, row.operator),
    ...(plain as unknown as Item),
    at: at.toISOString(),
    askedAt: askedAt?.toISOString(),
    pendingAt: pendingAt?.toISOString(),
    confirmedAt: confirmedAt?.toISOString(),
    bytes: message?.bytes,
    signature: message?.signature,
    earlier,
  };
}

export async function operatorRows(table: Table, enrolmentId: string): Promise<readonly OperatorRow[]> {
  const rows: OperatorRow[] = [];
  const hash = enrolmentKey(enrolmentId).pk;
  for await (const item of queryAll(table, { hash, range: { beginsWith: 'OPERATOR#' }, consistent: true }))
    rows.push(rowOf(item));
  return rows;
}

function rowOf(item: StoredItem): OperatorRow {
  const { pk, sk, bytes, signature, earlier, at, askedAt, pendingAt, confirmedAt, ...plain } = item;
  const times = Object.entries({ askedAt, pendingAt, confirmedAt }).flatMap(([name, time]) =>
    typeof time === 'string' ? [[name, new Date(time)] as const] : [],
  );
  return {
    ...(plain as unknown as OperatorAnswer),
    at: new Date(text(item, 'at')),
    ...(Object.fromEntries(times) as Pick<OperatorAnswer, 'askedAt' | 'pendingAt' | 'confirmedAt'>),
    ...(bytes === undefined ? {} : { message: messageOf({ bytes, signature }) }),
  };
}

export function chainItem(thumbprint: Thumbprint, path: readonly Uint8Array[]): StoredItem {
  return { ...chainKey(thumbprint), path: [...path] };
}
