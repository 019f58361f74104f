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
/** With two more for decimals still below 2^53. */
const EXACT_DIGITS = 13;
/** What '.' is when '0' is 0. */
const DOT = -2;

/**
 * `"100000.00000"` is legal: zeros beyond the smallest unit lose nothing.
 * @throws Refusal AMOUNT_MALFORMED, AMOUNT_NOT_POSITIVE, AMOUNT_FRACTION_LOST, CURRENCY_UNKNOWN
 */
export function readMoney(amount: string, currency: string): Money {
  const decimals = decimalsOf(currency);
  const minor = amount.length <= EXACT_DIGITS ? smallAmount(amount, decimals) : undefined;
  if (minor !== undefined) return { currency: currency as Currency, amountMinor: BigInt(minor) };
  const [, whole, fraction = ''] = AMOUNT.exec(amount) ?? [];
  if (whole === undefined || whole.length + fraction.length > MOST_DIGITS)
    throw new Refusal('AMOUNT_MALFORMED', { parameter: 'amount' });
  if (/[1-9]/.test(fraction.slice(decimals)))
    throw new Refusal('AMOUNT_FRACTION_LOST', { parameter: 'amount', expected: `${decimals} decimals` });
  const amountMinor = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  if (amountMinor === 0n) throw new Refusal('AMOUNT_NOT_POSITIVE', { parameter: 'amount' });
  return { currency: currency as Currency, amountMinor };
}

/**
 * The usual amount, read digit by digit as a number that is exact: a message has a thousand of them. Undefined for
 * whatever is unusual or wrong, which the rules above say.
 */
function smallAmount(amount: string, decimals: number): number | undefined {
  let minor = 0;
  let missing = decimals;
  for (let at = 0, inFraction = false; at < amount.length; at++) {
    const digit = amount.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9 && !(inFraction && missing === 0)) {
      minor = minor * 10 + digit;
      if (inFraction) missing--;
    } else if (digit === DOT && !inFraction && at > 0 && at < amount.length - 1) inFraction = true;
    else return undefined;
  }
  for (; missing > 0; missing--) minor *= 10;
  return minor > 0 ? minor : undefined;
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
