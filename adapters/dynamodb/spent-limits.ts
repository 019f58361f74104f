// How much of a participant's daily limits is spent? Its own counter of each currency beside what is set for it; what
// counts per creditor is never listed.

import type { Currency } from '../../core/payout/amount.ts';
import type { Sealer } from '../../core/ports.ts';
import { counterKey } from './payout-items.ts';
import { payoutSettingsKey, payoutSettingsOf } from './payout-settings.ts';
import type { Table } from './table.ts';

export interface SpentLimit {
  readonly currency: Currency;
  /** Smallest units. */
  readonly spentMinor: bigint;
  readonly limitMinor: bigint;
}

/**
 * @param day YYYY-MM-DD where the participant is
 * @throws Refusal SEAL_BROKEN
 */
export async function spentLimits(
  table: Table,
  sealer: Sealer,
  participant: string,
  day: string,
): Promise<readonly SpentLimit[]> {
  const settings = await table.get(payoutSettingsKey(participant));
  const { limits } = await payoutSettingsOf(sealer, settings);
  const set = Object.entries(limits).map(([currency, { day: limitMinor }]) => ({
    currency: currency as Currency,
    limitMinor,
  }));
  const counters = await table.getMany(
    set.map(({ currency }) => counterKey(participant, { kind: 'day', currency, day, name: '' })),
  );
  return set.map((each, at) => ({ ...each, spentMinor: BigInt(String(counters[at]?.spent ?? 0)) }));
}
