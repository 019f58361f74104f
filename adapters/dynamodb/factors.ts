// Where do a person's password and authenticator stand, and how often may somebody guess? The sealed factor with the
// last counted step beside it; failure counters per account and source that fade by themselves.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';
import type { FailureCount, FailureLimit } from '../../core/people/failures.ts';
import type { FactorRecord, Factors, Failures } from '../../core/people/ports.ts';
import type { Sealer } from '../../core/ports.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import {
  absent,
  any,
  ConditionFailed,
  compare,
  type Key,
  number,
  present,
  type StoredItem,
  type Table,
  text,
  type Write,
} from './table.ts';

const factorKey = (personId: string): Key => ({ pk: `PERSON#${personId}`, sk: 'FACTOR#password' });

export function factors(table: Table, sealer: Sealer): Factors {
  /** By person, the step that this process saw count: a table that says less was put back (S22). */
  const counted = new Map<string, number>();
  return {
    async factor(personId) {
      const item = await table.get(factorKey(personId));
      if (!item) return undefined;
      const factor = await openRecord<FactorRecord>(sealer, item, ['setAt'], ['lastStep']);
      // It stands there from the beginning.
      if (typeof item.lastStep !== 'number') throw new Refusal('SEAL_BROKEN', { parameter: 'lastStep' });
      return { ...factor, lastStep: Math.max(item.lastStep, counted.get(personId) ?? 0) };
    },
    async useStep(personId, step) {
      const when = compare('lastStep', '<', step);
      try {
        await table.write({ update: factorKey(personId), change: { set: { lastStep: step } }, when });
        counted.set(personId, step);
      } catch (error) {
        if (error instanceof ConditionFailed) throw new Refusal('FACTOR_STEP_USED');
        throw error;
      }
    },
  };
}

export function factorWrite(
  sealer: Sealer,
  factor: FactorRecord,
  proofs: readonly string[],
  lastStep = 0,
): Promise<SealedWrite> {
  return sealedWrite(sealer, factorKey(factor.personId), factor, proofs, { lastStep });
}

export function factorDelete(personId: string): Write {
  return { delete: factorKey(personId) };
}

/** The counter's name holds an address: its hash is the key, and the item fades within a day. */
const rateKey = (name: string): Key => ({
  pk: `RATE#${createHash('sha256').update(name).digest('hex')}`,
  sk: 'FAILURES',
});

export function failures(table: Table): Failures {
  return {
    begin: (limits, now) => Promise.all(limits.map((limit) => begin(table, limit, now))),
    async forget(anew, others) {
      const back = { change: { add: { failures: -1 } }, when: present() };
      await Promise.all([
        ...anew.map(({ key }) => table.write({ delete: rateKey(key) })),
        ...others.map(({ key }) => table.write({ update: rateKey(key), ...back }).catch(gone)),
      ]);
    },
  };
}

async function begin(table: Table, limit: FailureLimit, now: Date): Promise<FailureCount> {
  const key = rateKey(limit.key);
  const oldest = new Date(now.getTime() - limit.windowMs).toISOString();
  try {
    const open = { update: key, change: { add: { failures: 1 } }, when: compare('windowStart', '>', oldest) };
    return countOf(limit, (await table.write(open))!);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
  const fresh = {
    failures: 1,
    windowStart: now.toISOString(),
    expiresAt: Math.ceil((now.getTime() + limit.windowMs) / 1000),
  };
  const stale = any(absent(), compare('windowStart', '<=', oldest));
  try {
    await table.write({ put: { ...key, ...fresh }, when: stale });
    return { key: limit.key, failures: 1, windowStart: now };
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    // Another attempt opened the window in between.
    return countOf(limit, (await table.write({ update: key, change: { add: { failures: 1 } } }))!);
  }
}

function countOf(limit: FailureLimit, item: StoredItem): FailureCount {
  return {
    key: limit.key,
    failures: number(item, 'failures'),
    windowStart: new Date(text(item, 'windowStart')),
  };
}

function gone(error: unknown): void {
  if (!(error instanceof ConditionFailed)) throw error;
}
