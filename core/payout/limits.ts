// How much may still go out today? M10 and M11: per creditor (by identification and by account) and per participant,
// each per currency and per day in the participant's time zone. Here: which counters a message debits and by how
// much. That no counter ever passes its limit is the condition of the write (adapters/dynamodb/payouts.ts).

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
  /** Whom it counts: personal data, for the store to hide; empty for the participant's own. */
  readonly name: string;
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

/**
 * Each counter once, the participant's own first: a chunk that fails then fails early.
 * @throws Refusal CURRENCY_UNKNOWN
 */
export function debitsOf(payouts: readonly Countable[], limits: Limits, day: string): readonly Debit[] {
  const days = new Counters('day', day);
  const creditors = new Counters('creditor', day);
  const accounts = new Counters('account', day);
  for (let at = 0; at < payouts.length; at++) {
    const { money, creditor } = payouts[at]!;
    const limit = limits[money.currency];
    if (!limit) throw new Refusal('CURRENCY_UNKNOWN', { found: money.currency });
    days.count('', money, limit.day, at);
    const ofCreditor = creditor.knownSchema
      ? limit.creditor
      : limit.creditor / payoutPolicy.unknownSchemaShare;
    creditors.count(creditor.identification, money, ofCreditor, at);
    accounts.count(creditor.account, money, limit.creditor, at);
  }
  return [...days.debits, ...creditors.debits, ...accounts.debits];
}

/** Those of one kind, in the order in which the message comes to them. */
class Counters {
  readonly debits: (Debit & { amountMinor: bigint; transactions: number[] })[] = [];
  readonly #kind: CounterKind;
  readonly #day: string;
  readonly #places = new Map<Currency, Map<string, number>>();

  constructor(kind: CounterKind, day: string) {
    this.#kind = kind;
    this.#day = day;
  }

  count(name: string, { currency, amountMinor }: Money, limitMinor: bigint, at: number): void {
    const places = this.#places.get(currency) ?? new Map<string, number>();
    if (places.size === 0) this.#places.set(currency, places);
    const place = places.get(name);
    if (place !== undefined) {
      const debit = this.debits[place]!;
      debit.amountMinor += amountMinor;
      debit.transactions.push(at);
      return;
    }
    places.set(name, this.debits.length);
    const [kind, day] = [this.#kind, this.#day];
    this.debits.push({ kind, currency, day, name, amountMinor, limitMinor, transactions: [at] });
  }
}

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
