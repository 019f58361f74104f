// How does a function speak to those who run it? By codes of log-codes.ts, as one JSON line each. Evidence is apart.

import { Logger } from '@aws-lambda-powertools/logger';
import { type LogCode, type LogFields, logCodes } from './log-codes.ts';

export interface Log {
  say(code: LogCode, fields?: LogFields): void;
}

/** A value that an id or a count cannot have is cut away: the last fence, not the first. */
const unfit = /-----BEGIN|\s.*\s.*\s|["{}<>@]/;
const longestField = 128;

export function fitFields(fields: LogFields): Record<string, string | number> {
  const fit: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(fields as Record<string, unknown>)) {
    if (typeof value === 'number') fit[name] = value;
    if (typeof value === 'string')
      fit[name] = value.length > longestField || unfit.test(value) ? 'unfit' : value;
  }
  return fit;
}

/** @param serviceName the function's folder, e.g. `admit-enrolment`. */
export function nodeLog(serviceName: string): Log {
  const logger = new Logger({ serviceName });
  return {
    say(code, fields = {}) {
      const [level, sentence] = logCodes[code];
      const line = { code, ...fitFields(fields) };
      if (level === 'info') logger.info(sentence, line);
      else if (level === 'warn') logger.warn(sentence, line);
      else logger.error(sentence, line);
    },
  };
}
