// When does a participant's day begin and end? A calendar day in an IANA time zone as two instants; limits.ts says which
// day an instant belongs to, and this must never disagree with it.

import { Refusal } from '../errors.ts';
import { dayIn } from './limits.ts';

const hour = 3_600_000;
const quarter = hour / 4;

export interface DayRange {
  readonly from: Date;
  /** The first instant of the next day. */
  readonly to: Date;
}

/** @throws Refusal QUERY_MALFORMED for what is no day of the calendar */
export function dayRange(timeZone: string, day: string): DayRange {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // No UUIDv7 is of before 1970, and no text of a year with five digits: such a range would begin after its end.
  const isDay = /^2\d{3}-\d\d-\d\d$/.test(day) && !Number.isNaN(midnight);
  if (!isDay || new Date(midnight).toISOString().slice(0, 10) !== day)
    throw new Refusal('QUERY_MALFORMED', { parameter: 'day', expected: 'YYYY-MM-DD' });
  return { from: startOf(timeZone, midnight, day), to: startOf(timeZone, midnight + 24 * hour) };
}

/** Zones are at most 14 h ahead of UTC and 12 h behind, and change at whole quarters of an hour. */
function startOf(
  timeZone: string,
  midnight: number,
  day = new Date(midnight).toISOString().slice(0, 10),
): Date {
  let at = midnight - 14 * hour;
  while (dayIn(timeZone, new Date(at)) < day) at += quarter;
  return new Date(at);
}
