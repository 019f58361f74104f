// How does a person read a date? In the participant's time zone, named: DD/MM/AAAA in Spanish and Portuguese,
// D Month YYYY in English. An amount, to the last cent. A country by its name. A thumbprint: SHA-256 in hex, in groups
// of eight. A code by what it means. How a certificate is replaced: by the line that does it.

import { type Money, writeAmount } from '../core/payout/amount.ts';
import type { Locale } from '../core/people/person.ts';
import { fill, sharedTextsIn } from './texts/shared.ts';

export interface Place {
  readonly locale: Locale;
  /** IANA name. */
  readonly timeZone: string;
}

/** BCP 47 tags whose dates read as the text data says. */
const tags: Record<Locale, string> = { es: 'es-CL', pt: 'pt-BR', en: 'en-GB' };

/** Exactly, for no number of JavaScript holds 18 digits: `CLP 50.000.000`, `USD 5,000.00` in English. */
export function moneyText(money: Money, { locale }: Place): string {
  return `${money.currency} ${groupedText(writeAmount(money), { locale })}`;
}

/** @param decimal digits, and at most one dot */
export function groupedText(decimal: string, { locale }: Pick<Place, 'locale'>): string {
  const [whole, fraction] = decimal.split('.');
  const format = new Intl.NumberFormat(tags[locale]);
  const point = format.formatToParts(0.5).find(({ type }) => type === 'decimal')!.value;
  return `${format.format(BigInt(whole!))}${fraction === undefined ? '' : `${point}${fraction}`}`;
}

/** `Chile`, of ISO 3166-1 `CL`. */
export function countryText(code: string, { locale }: Place): string {
  return new Intl.DisplayNames(tags[locale], { type: 'region' }).of(code) ?? code;
}

export function dateText(date: Date, { locale, timeZone }: Place): string {
  const month = locale === 'en' ? 'long' : '2-digit';
  const day = locale === 'en' ? 'numeric' : '2-digit';
  const parts = new Intl.DateTimeFormat(tags[locale], {
    timeZone,
    day,
    month,
    year: 'numeric',
  }).formatToParts(date);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const between = locale === 'en' ? ' ' : '/';
  return [part('day'), part('month'), part('year')].join(between);
}

function timeText(date: Date, { locale, timeZone }: Place): string {
  const clock = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat(tags[locale], clock).format(date);
}

function zoneText(date: Date, { locale, timeZone }: Place): string {
  // ICU writes it as an offset of its own form, `GMT+00:00`; everybody calls it so.
  if (timeZone === 'UTC') return 'UTC';
  const format = new Intl.DateTimeFormat(tags[locale], { timeZone, timeZoneName: 'longGeneric' });
  return format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}

/** When something happened: `on 25 November 2026 at 10:40 (Chile Time)`. */
export function whenText(date: Date, place: Place): string {
  return filled(sharedTextsIn(place.locale).common.at, date, place);
}

/** The same after `until`, `from`, `by`: `25 November 2026 at 10:40 (Chile Time)`. */
export function momentText(date: Date, place: Place): string {
  return filled(sharedTextsIn(place.locale).common.moment, date, place);
}

function filled(text: string, date: Date, place: Place): string {
  return fill(text, {
    date: dateText(date, place),
    time: timeText(date, place),
    zone: zoneText(date, place),
  });
}

/** Why an enrolment ended, in words; the code itself where there are none for it. */
export function endingText({ locale }: Pick<Place, 'locale'>, code: string): string {
  return (sharedTextsIn(locale).endings as Readonly<Record<string, string>>)[code] ?? code;
}

/** x5t#S256 as hex, in groups of 8: what other tools print. */
export function thumbprintGroups(thumbprint: string): readonly string[] {
  return (
    Buffer.from(thumbprint, 'base64url')
      .toString('hex')
      .match(/.{1,8}/g) ?? []
  );
}

/** First 8 and last 6, for lists. */
export function thumbprintShort(thumbprint: string): string {
  const hex = Buffer.from(thumbprint, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}…${hex.slice(-6)}`;
}

/** Where the participant's system is; it asks for what else it needs. */
export const rotationCommand = (thumbprint: string) => `apodera certificate rotate --replaces ${thumbprint}`;

/** `4B:91:0E:7C` */
export function serialText(serialNumber: string): string {
  return (
    serialNumber
      .toUpperCase()
      .match(/.{1,2}/g)
      ?.join(':') ?? serialNumber
  );
}
