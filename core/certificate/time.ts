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
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // 31 April rolls over into May: such a day does not exist.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) throw wrongTime(at);
  return date;
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
