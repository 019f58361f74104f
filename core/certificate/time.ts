// Which instant does a certificate's time mean? RFC 5280 §4.1.2.5: Zulu, seconds given, no fraction,
// UTCTime from 1950 to 2049. Whether the instant is past is asked elsewhere, with `now` in hand.

import { Refusal } from '../errors.ts';

/** `YYMMDDHHMMSSZ` from `start` to `end`; YY >= 50 is 19YY (RFC 5280 §4.1.2.5.1). */
export function decodeUtcTime(bytes: Uint8Array, start: number, end: number): Date {
  if (end - start !== 13) throw wrongTime(start);
  const year = twoDigits(bytes, start);
  return instant(year >= 50 ? 1900 + year : 2000 + year, bytes, start + 2);
}

/** `YYYYMMDDHHMMSSZ` from `start` to `end` (RFC 5280 §4.1.2.5.2). */
export function decodeGeneralizedTime(bytes: Uint8Array, start: number, end: number): Date {
  if (end - start !== 15) throw wrongTime(start);
  return instant(twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2), bytes, start + 4);
}

function instant(year: number, bytes: Uint8Array, at: number): Date {
  const month = twoDigits(bytes, at);
  const day = twoDigits(bytes, at + 2);
  const hour = twoDigits(bytes, at + 4);
  const minute = twoDigits(bytes, at + 6);
  const second = twoDigits(bytes, at + 8);
  if (bytes[at + 10] !== 0x5a || hour > 23 || minute > 59 || second > 59) throw wrongTime(at);
  // Years below 100 mean 19xx to Date.UTC; no certificate needs them. 31 April would roll over into May.
  if (year < 100 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) throw wrongTime(at);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw wrongTime(at);
  return tens * 10 + ones;
}

function wrongTime(at: number): Refusal {
  return new Refusal('DER_MALFORMED', {
    found: `a time that is not Zulu with seconds at byte ${at}`,
    clause: 'RFC 5280 §4.1.2.5',
  });
}
