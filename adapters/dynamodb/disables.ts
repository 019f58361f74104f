// How do disables reach the table? All ends, the message, the record, the flag, evidence and outbox: one transaction.
// Reading what a participant holds goes by OPEN#, which is consistent: what became active just now is in it. Seals are
// not asked for: a broken one must not keep a certificate from being ended.

import { parseCertificate } from '../../core/certificate/parse.ts';
import type { Holding } from '../../core/disable/plan.ts';
import type { DisableChange, DisableRecord, DisableStore, HoldingEnd } from '../../core/disable/ports.ts';
import { plainSerial } from '../../core/disable/request.ts';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import type { StateMark } from '../../core/evidence/record.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { statusAsStored, statusKey } from './certificate-items.ts';
import { effectWrites } from './effects.ts';
import { chainKey, enrolmentKey, enrolmentOf } from './enrolment-items.ts';
import { endingWrites, takeAway, takenAway } from './enrolment-states.ts';
import { receivedMessageWrite } from './received-messages.ts';
import { itemOf, recordOf, withoutKeys } from './records.ts';
import { suspensionKey, suspensionWrite } from './suspensions.ts';
import {
  absent,
  ConditionFailed,
  equals,
  type Key,
  queryAll,
  type StoredItem,
  type Table,
  type Write,
} from './table.ts';

export const disableKey = (id: string): Key => ({ pk: `DIS#${id}`, sk: 'DISABLE' });

export function disableStore(
  table: Table,
  announce: (entries: readonly OutboxEntry[]) => Promise<unknown>,
): DisableStore {
  return {
    async find(id) {
      const item = await table.get(disableKey(id));
      return item && recordOf<DisableRecord>(withoutKeys(item), ['at']);
    },
    async suspended(participant) {
      // What was taken out of the table is put again: taking away needs no seal.
      const item = await table.get(suspensionKey(participant));
      return item !== undefined && item.state !== 'none';
    },
    async remindOnce(about, days, told) {
      const said = { pk: `DIS#reminder.${about}.${days}`, sk: 'REMINDER' };
      const effects = effectWrites({ evidence: [], outbox: told });
      const isNew = await unlessMoved(table.transact([{ put: said, when: absent() }, ...effects]));
      if (isNew && told.length > 0) await announce(told);
      return isNew;
    },
    holdings: (participant) => holdings(table, participant),
    async commit(change) {
      const writes = changeWrites(change);
      try {
        await table.transact(writes);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        // The record, or the message beside it, was there before.
        return error.index === 0 || (change.message && error.index === 1) ? 'KNOWN' : 'MOVED';
      }
      if (change.outbox.length > 0) await announce(change.outbox);
      return 'DONE';
    },
  };
}

/** @returns false where a condition did not hold */
export async function unlessMoved(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

function changeWrites(change: DisableChange): Write[] {
  const { record, message, mustStayActive, suspension } = change;
  const subject = { subject: record.id };
  const ends = change.ends.map((end) => endWrites(end, record.at));
  const marks: StateMark[] = ends.flatMap(({ mark }) => (mark ? [mark] : []));
  const flag = suspension && suspensionWrite(suspension);
  if (flag) marks.push(flag.mark);
  const [first, ...others] = change.evidence;
  return [
    { put: { ...itemOf(record), ...disableKey(record.id) }, when: absent() },
    ...(message ? [receivedMessageWrite({ ...message, ...subject }, record.at)] : []),
    ...ends.flatMap(({ writes }) => writes),
    ...(mustStayActive
      ? [{ check: statusKey(mustStayActive), when: equals('networkStatus', 'active') }]
      : []),
    ...(flag ? [flag.write] : []),
    ...effectWrites({
      evidence: first ? [{ ...first, states: [...(first.states ?? []), ...marks] }, ...others] : [],
      outbox: change.outbox,
    }),
  ];
}

function endWrites({ holding, to, code, step }: HoldingEnd, at: Date) {
  const { enrolment, status, thumbprint } = holding;
  if (enrolment) return endingWrites({ from: enrolment, to, code, steps: [step] }, at);
  const pinned = { id: status!.enrolmentId, thumbprint };
  const take = takeAway(pinned, to, code, at);
  const still = { all: [equals('enrolmentId', pinned.id), equals('networkStatus', 'active')] };
  return { writes: [{ ...take, when: still } as Write], mark: takenAway(pinned, to) };
}

async function holdings(table: Table, participant: string): Promise<readonly Holding[]> {
  const ids = new Set<string>();
  for await (const item of queryAll(table, { hash: `OPEN#${participant}`, consistent: true }))
    ids.add(String(item.enrolmentId));
  // The index lags behind, but nothing that it shows as ended becomes active again under the same enrolment.
  const statuses = new Map<string, CertificateStatus>();
  for await (const item of queryAll(table, { hash: `CERTIFICATES#${participant}`, index: 'GSI1' }))
    statuses.set(String(item.thumbprint), statusAsStored(item));
  const enrolments = await enrolmentsOf(table, [
    ...new Set([...ids, ...[...statuses.values()].map(({ enrolmentId }) => enrolmentId)]),
  ]);
  const fresh = await statusesNow(table, [
    ...new Set([...statuses.keys(), ...[...enrolments.values()].map(({ thumbprint }) => thumbprint)]),
  ]);
  const own = fresh.filter((status) => status.participant === participant);
  const pending = [...enrolments.values()].filter(({ networkStatus }) => networkStatus === 'pending');
  const found = [
    ...own.map((status) => ({ ...status, enrolment: enrolments.get(status.enrolmentId), status })),
    ...pending.map((enrolment) => ({ ...enrolment, enrolment, status: undefined })),
  ];
  const chains = await table.getMany(found.map(({ thumbprint }) => chainKey(thumbprint)));
  return found.map(({ thumbprint, keyThumbprint, use, enrolment, status }, at) => ({
    thumbprint,
    keyThumbprint,
    use,
    ...(enrolment && { enrolment }),
    ...(status && { status }),
    ...nameIn(chains[at]),
  }));
}

async function enrolmentsOf(table: Table, ids: readonly string[]): Promise<ReadonlyMap<string, Enrolment>> {
  const items = await table.getMany(ids.map(enrolmentKey));
  return new Map(items.flatMap((item) => (item ? [[String(item.id), enrolmentOf(item)] as const] : [])));
}

async function statusesNow(table: Table, thumbprints: readonly string[]): Promise<CertificateStatus[]> {
  const items = await table.getMany(thumbprints.map(statusKey));
  return items.flatMap((item) => (item ? [statusAsStored(item)] : []));
}

/** Without a chain no issuer and serial number name it; its thumbprint still does. */
function nameIn(chain: StoredItem | undefined): Pick<Holding, 'issuer' | 'serialNumber'> {
  const [der] = (chain?.path ?? []) as readonly Uint8Array[];
  if (!der) return { issuer: new Uint8Array(0), serialNumber: '' };
  const leaf = parseCertificate(der);
  return {
    issuer: leaf.issuer.der,
    serialNumber: plainSerial(Buffer.from(leaf.serialNumber).toString('hex')),
  };
}
