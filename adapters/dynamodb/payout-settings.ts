// What has been set for a participant's payouts? One sealed item (S22): its limits, and whether a message may name
// several payout operators. Where nothing was set, policy's own hold.

import type { PayoutSettings } from '../../core/payout/admission.ts';
import type { Currency } from '../../core/payout/amount.ts';
import type { CurrencyLimits, Limits } from '../../core/payout/limits.ts';
import { payoutPolicy } from '../../core/policy.ts';
import type { Sealer } from '../../core/ports.ts';
import { openRecord, type SealedWrite, sealedWrite } from './sealed-records.ts';
import type { Key, StoredItem, Table } from './table.ts';

export const payoutSettingsKey = (finId: string): Key => ({ pk: `PART#${finId}`, sk: 'PAYOUTS' });

/** Amounts as decimal strings of smallest units: no number of JSON holds 18 digits. */
interface StoredSettings {
  readonly limits: Readonly<Partial<Record<Currency, { readonly day: string; readonly creditor: string }>>>;
  readonly severalOperators: boolean;
  readonly version: number;
}

/** @throws Refusal SEAL_BROKEN */
export async function payoutSettingsOf(
  sealer: Sealer,
  item: StoredItem | undefined,
): Promise<PayoutSettings> {
  if (!item) return { limits: payoutPolicy.limits, severalOperators: false };
  const { limits, severalOperators } = await openRecord<StoredSettings>(sealer, item, []);
  const entries = Object.entries(limits).map(([currency, { day, creditor }]) => [
    currency,
    { day: BigInt(day), creditor: BigInt(creditor) },
  ]);
  return { limits: Object.fromEntries(entries) as Limits, severalOperators };
}

/** With the version that the next change has to follow; 0 where nothing was set. @throws Refusal SEAL_BROKEN */
export async function payoutSettings(
  table: Pick<Table, 'get'>,
  sealer: Sealer,
  finId: string,
): Promise<PayoutSettings & { readonly version: number }> {
  const item = await table.get(payoutSettingsKey(finId));
  const settings = await payoutSettingsOf(sealer, item);
  return { ...settings, version: Number(item?.version ?? 0) };
}

/** For the act of two node operators that sets it. @param version the stored one plus 1 */
export function payoutSettingsWrite(
  sealer: Sealer,
  finId: string,
  settings: PayoutSettings,
  version: number,
  proofs: readonly string[],
): Promise<SealedWrite> {
  const limits = Object.fromEntries(
    Object.entries(settings.limits).map(([currency, { day, creditor }]: [string, CurrencyLimits]) => [
      currency,
      { day: String(day), creditor: String(creditor) },
    ]),
  );
  const stored: StoredSettings = { limits, severalOperators: settings.severalOperators, version };
  return sealedWrite(sealer, payoutSettingsKey(finId), stored, proofs);
}
