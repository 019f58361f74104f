// What may a change of a participant's limits be called? Whatever lets more out is a raise and needs two node
// operators; what lets out less is a lowering, and one suffices. Who signed is the act's; counters are not touched.

import { Refusal } from '../errors.ts';
import type { PayoutSettings } from './admission.ts';
import { type Currency, readMoney } from './amount.ts';
import type { CurrencyLimits } from './limits.ts';

export interface LimitChange {
  readonly currency: Currency;
  /** Decimal strings, as in messages. */
  readonly day: string;
  readonly creditor: string;
}

/**
 * @param of `settings` in force, policy's own where nothing was set
 * @throws Refusal LIMITS_NOT_RAISED, LIMITS_NOT_LOWERED, LIMIT_CREDITOR_ABOVE_DAY, AMOUNT_*, CURRENCY_UNKNOWN
 */
export function changedLimits(
  of: PayoutSettings,
  change: LimitChange,
  direction: 'raise' | 'lower',
): PayoutSettings {
  const { currency } = change;
  const wanted: CurrencyLimits = {
    day: readMoney(change.day, currency).amountMinor,
    creditor: readMoney(change.creditor, currency).amountMinor,
  };
  if (wanted.creditor > wanted.day) throw new Refusal('LIMIT_CREDITOR_ABOVE_DAY', { parameter: 'creditor' });
  const standing = of.limits[currency] ?? { day: 0n, creditor: 0n };
  const wider = wanted.day > standing.day || wanted.creditor > standing.creditor;
  const same = wanted.day === standing.day && wanted.creditor === standing.creditor;
  if (direction === 'raise' && !wider) throw new Refusal('LIMITS_NOT_RAISED', { parameter: currency });
  if (direction === 'lower' && (wider || same))
    throw new Refusal('LIMITS_NOT_LOWERED', { parameter: currency });
  return { ...of, limits: { ...of.limits, [currency]: wanted } };
}
