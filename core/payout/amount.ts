// How much is this, exactly? Decimal strings become integers of the currency's smallest unit (S8); nothing is ever
// rounded. Whether so much may be paid is asked in limits.ts.

import { Refusal } from '../errors.ts';
import { payoutPolicy } from '../policy.ts';

export type Currency = keyof typeof payoutPolicy.currencies;

export interface Money {
  readonly currency: Currency;
  /** In the smallest unit: pesos for CLP, cents for the others. */
  readonly amountMinor: bigint;
}

const AMOUNT = /^(\d+)(?:\.(\d+))?$/;
const MOST_DIGITS = 18;

/**
 * `"100000.00000"` is legal: zeros beyond the smallest unit lose nothing.
 * @throws Refusal AMOUNT_MALFORMED, AMOUNT_NOT_POSITIVE, AMOUNT_FRACTION_LOST, CURRENCY_UNKNOWN
 */
export function readMoney(amount: string, currency: string): Money {
  const decimals = decimalsOf(currency);
  const [, whole, fraction = ''] = AMOUNT.exec(amount) ?? [];
  if (whole === undefined || whole.length + fraction.length > MOST_DIGITS)
    throw new Refusal('AMOUNT_MALFORMED', { parameter: 'amount' });
  if (/[1-9]/.test(fraction.slice(decimals)))
    throw new Refusal('AMOUNT_FRACTION_LOST', { parameter: 'amount', expected: `${decimals} decimals` });
  const amountMinor = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  if (amountMinor === 0n) throw new Refusal('AMOUNT_NOT_POSITIVE', { parameter: 'amount' });
  return { currency: currency as Currency, amountMinor };
}

/** `428617` and 0 decimals, `5000.00` and 2. */
export function writeAmount({ currency, amountMinor }: Money): string {
  const decimals = payoutPolicy.currencies[currency];
  const digits = amountMinor.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function decimalsOf(currency: string): number {
  if (Object.hasOwn(payoutPolicy.currencies, currency)) return payoutPolicy.currencies[currency as Currency];
  throw new Refusal('CURRENCY_UNKNOWN', { parameter: 'currency', found: currency.slice(0, 8) });
}
