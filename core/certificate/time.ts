// Which instant does a certificate's time mean? RFC 5280 §4.1.2.5: Zulu, seconds given, no fraction,
// UTCTime from 1950 to 2049. Whether the instant is past is asked elsewhere, with `now` in hand.

import { Refusal } from '../errors.ts';

/** `YYMMDDHHMMSSZ`; YY >= 50 is 19YY (RFC 5280 §4.1.2.5.1). */
export function decodeUtcTime(content: Uint8Array, at: number): Date {
  if (content.length !== 13) throw wrongTime(at);
  const year = twoDigits(content, 0, at);
  return instant(year >= 50 ? 1900 + year : 2000 + year, content, 2, at);
}

/** `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5.2). */
export function decodeGeneralizedTime(content: Uint8Array, at: number): Date {
  if (content.length !== 15) throw wrongTime(at);
  return instant(twoDigits(content, 0, at) * 100 + twoDigits(content, 2, at), content, 4, at);
}

function instant(year: number, content: Uint8Array, from: number, at: number): Date {
  const month = twoDigits(content, from, at);
  const day = twoDigits(content, from + 2, at);
  const hour = twoDigits(content, from + 4, at);
  const minute = twoDigits(content, from + 6, at);
  const second = twoDigits(content, from + 8, at);
  if (content[from + 10] !== 0x5a || hour > 23 || minute > 59 || second > 59) throw wrongTime(at);
  // Years below 100 mean 19xx to Date.UTC; no certificate needs them. 31 April would roll over into May.
  if (year < 100 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) throw wrongTime(at);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function twoDigits(content: Uint8Array, index: number, at: number): number {
  const tens = content[index]! - 0x30;
  const ones = content[index + 1]! - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw wrongTime(at);
  return tens * 10 + ones;
}

function wrongTime(at: number): Refusal {
  return new Refusal('DER_MALFORMED', {
    found: `a time that is not Zulu with seconds at byte ${at}`,
    clause: 'RFC 5280 §4.1.2.5',
  });
}
