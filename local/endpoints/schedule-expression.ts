// When does a schedule fire next? EventBridge Scheduler's at(), rate() and cron() in a time zone. It does not know
// schedules or targets; of cron, `W` and `#` are refused.

import { AwsError } from './wire.ts';

/** The first moment after `after` at which the expression fires, or undefined when there is none any more. */
export type NextFiring = (after: Date) => Date | undefined;

const minuteMs = 60_000;
const rateUnits: Record<string, number> = { minute: minuteMs, hour: 60 * minuteMs, day: 1440 * minuteMs };

/** `anchor`: start of a rate, which fires at the anchor itself too. */
export function parseScheduleExpression(expression: string, timeZone: string, anchor: Date): NextFiring {
  const match = /^(at|rate|cron)\((.*)\)$/.exec(expression);
  const [kind, inner = ''] = [match?.[1], match?.[2]];
  if (kind === 'at' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(inner)) {
    const at = fromWallClock(new Date(`${inner}Z`), timeZone);
    return (after) => (at > after ? at : undefined);
  }
  if (kind === 'rate') return rate(expression, inner, anchor);
  if (kind === 'cron') return cron(expression, inner, timeZone);
  throw invalid(expression);
}

const invalid = (expression: string): AwsError =>
  new AwsError('ValidationException', `Invalid Schedule Expression "${expression}".`);

function rate(expression: string, inner: string, anchor: Date): NextFiring {
  const [, count, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(inner) ?? [];
  const every = Number(count) * (rateUnits[unit] ?? 0);
  if (!(every > 0)) throw invalid(expression);
  return (after) => {
    const passed = Math.floor((after.getTime() - anchor.getTime()) / every) + 1;
    return new Date(anchor.getTime() + Math.max(passed, 0) * every);
  };
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** minutes hours day-of-month month day-of-week year; exactly one of the two days is `?`. */
function cron(expression: string, inner: string, timeZone: string): NextFiring {
  const fields = inner.trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) throw invalid(expression);
  const minutes = numbers(expression, minute, 0, 59);
  const hours = numbers(expression, hour, 0, 23);
  const months = numbers(expression, month, 1, 12, monthNames, 1);
  const years = numbers(expression, year, 1970, 2199);
  const monthDays = dayOfMonth === '?' || dayOfMonth === 'L' ? [] : numbers(expression, dayOfMonth, 1, 31);
  const weekDays = dayOfWeek === '?' ? [] : numbers(expression, dayOfWeek, 1, 7, dayNames, 1);
  const dayMatches = (day: Date): boolean => {
    if (!months.includes(day.getUTCMonth() + 1) || !years.includes(day.getUTCFullYear())) return false;
    if (dayOfMonth === 'L') return new Date(day.getTime() + 1440 * minuteMs).getUTCDate() === 1;
    return dayOfWeek === '?' ? monthDays.includes(day.getUTCDate()) : weekDays.includes(day.getUTCDay() + 1);
  };
  return (after) => {
    const day = toWallClock(after, timeZone);
    day.setUTCHours(0, 0, 0, 0);
    // Eight years hold at least one 29 February, whatever the century does.
    for (let days = 0; days < 8 * 366; days += 1, day.setUTCDate(day.getUTCDate() + 1)) {
      if (!dayMatches(day)) continue;
      for (const h of hours) {
        for (const m of minutes) {
          const at = fromWallClock(new Date(day.getTime() + (h * 60 + m) * minuteMs), timeZone);
          if (at > after) return at;
        }
      }
    }
    return undefined;
  };
}

/** `*`, `a`, `a-b`, `a/step`, `*​/step`, lists of them; names where the field has them. */
function numbers(
  expression: string,
  field: string,
  low: number,
  high: number,
  names: string[] = [],
  first = 0,
): number[] {
  const found = new Set<number>();
  const toNumber = (word: string): number => {
    const named = names.indexOf(word.toUpperCase());
    return named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const part of field.split(',')) {
    const [span = '', step] = part.split('/');
    const [from = '', to] = span === '*' ? [String(low), String(high)] : span.split('-');
    const start = toNumber(from);
    const end = to === undefined ? (step === undefined ? start : high) : toNumber(to);
    const by = step === undefined ? 1 : Number(step);
    if (!(start >= low && end <= high && start <= end && by >= 1)) throw invalid(expression);
    for (let value = start; value <= end; value += by) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

/** A Date whose UTC fields show what clocks in the zone show. */
function toWallClock(at: Date, timeZone: string): Date {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return new Date(Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!));
}

/** An hour that does not exist (clocks go forward) becomes the one after; of an hour that comes twice, one counts. */
function fromWallClock(wall: Date, timeZone: string): Date {
  if (timeZone === 'UTC') return wall;
  const offset = (at: Date): number => toWallClock(at, timeZone).getTime() - at.getTime();
  const guess = new Date(wall.getTime() - offset(wall));
  return new Date(wall.getTime() - offset(guess));
}
