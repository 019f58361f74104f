// How much may still go out today? M10 and M11: per creditor (by identification and by account) and per participant,
// each per currency and per day in the participant's time zone. Here: which counters a message debits and by how
// much. That no counter ever passes its limit is the condition of the write (adapters/dynamodb/payouts.ts).

import { hash } from 'node:crypto';
import { Refusal, type RefusalCode } from '../errors.ts';
import { payoutPolicy } from '../policy.ts';
import type { Currency, Money } from './amount.ts';
import type { CreditorKeys } from './creditor.ts';

export interface CurrencyLimits {
  /** Of the participant and day, smallest unit. */
  readonly day: bigint;
  /** Of one creditor identification, and of one account, and day. */
  readonly creditor: bigint;
}

export type Limits = Readonly<Partial<Record<Currency, CurrencyLimits>>>;

export type CounterKind = 'day' | 'creditor' | 'account';

/** One counter and what a message takes from it. */
export interface Debit {
  readonly kind: CounterKind;
  readonly currency: Currency;
  /** YYYY-MM-DD where the participant is. */
  readonly day: string;
  /** 132 bits of SHA-256 (base64url) of whom it counts; empty for the participant's own. */
  readonly value: string;
  readonly amountMinor: bigint;
  readonly limitMinor: bigint;
  /** Places of the transactions that it counts. */
  readonly transactions: readonly number[];
}

export interface Countable {
  readonly money: Money;
  readonly creditor: CreditorKeys;
}

const codes: Readonly<Record<CounterKind, RefusalCode>> = {
  day: 'LIMIT_PAYOUT_DAY',
  creditor: 'LIMIT_CREDITOR',
  account: 'LIMIT_ACCOUNT',
};

/** Each counter once, the participant's own first: a chunk that fails then fails early. */
export function debitsOf(payouts: readonly Countable[], limits: Limits, day: string): readonly Debit[] {
  const debits = new Map<string, Debit & { amountMinor: bigint; transactions: number[] }>();
  const count = (kind: CounterKind, name: string, limitMinor: bigint, money: Money, at: number) => {
    const key = `${kind}#${money.currency}#${name}`;
    const debit = debits.get(key);
    if (debit) {
      debit.amountMinor += money.amountMinor;
      debit.transactions.push(at);
      return;
    }
    const value = name === '' ? '' : hash('sha256', name, 'base64url').slice(0, 22);
    const { currency, amountMinor } = money;
    debits.set(key, { kind, currency, day, value, amountMinor, limitMinor, transactions: [at] });
  };
  for (const [at, { money, creditor }] of payouts.entries()) {
    const limit = limits[money.currency];
    if (!limit) throw new Refusal('CURRENCY_UNKNOWN', { found: money.currency });
    count('day', '', limit.day, money, at);
    const ofCreditor = creditor.knownSchema
      ? limit.creditor
      : limit.creditor / payoutPolicy.unknownSchemaShare;
    count('creditor', creditor.identification, ofCreditor, money, at);
    count('account', creditor.account, limit.creditor, money, at);
  }
  return [...debits.values()].sort((a, b) => order[a.kind] - order[b.kind]);
}

const order: Readonly<Record<CounterKind, number>> = { day: 0, creditor: 1, account: 2 };

/** More than the whole limit: no counter need be asked. */
export const exceedsAlone = (debit: Debit) => debit.amountMinor > debit.limitMinor;

/** Says which limit; never whom it counts beside the sender's own transactions. */
export function limitRefusal(debit: Debit, transactionId: string): Refusal {
  return new Refusal(codes[debit.kind], { parameter: transactionId, found: debit.currency });
}

const calendars = new Map<string, Intl.DateTimeFormat>();
/** The last answer in each zone: clocks of zones change at whole quarters of an hour, and days with them. */
const quarters = new Map<string, { readonly quarter: number; readonly day: string }>();
const quarterMilliseconds = 15 * 60_000;

/** YYYY-MM-DD at this instant in an IANA time zone. */
export function dayIn(timeZone: string, now: Date): string {
  const quarter = Math.floor(now.getTime() / quarterMilliseconds);
  const last = quarters.get(timeZone);
  if (last?.quarter === quarter) return last.day;
  const day = format(timeZone, now);
  quarters.set(timeZone, { quarter, day });
  return day;
}

function format(timeZone: string, now: Date): string {
  let calendar = calendars.get(timeZone);
  if (!calendar) {
    // en-CA writes ISO 8601 dates.
    calendar = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    calendars.set(timeZone, calendar);
  }
  return calendar.format(now);
}
