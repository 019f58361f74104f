// How does a function speak to those who run it? By codes of log-codes.ts, as one JSON line each. Evidence is apart.

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

const levels = { info: 'INFO', warn: 'WARN', alarm: 'ERROR' } as const;

/**
 * The members are those of Powertools for AWS Lambda, whose logger itself was a sixth of a start's processor time.
 * @param service the function's folder, e.g. `admit-enrolment`.
 */
export function nodeLog(
  service: string,
  write: (line: string) => unknown = (line) => process.stdout.write(line),
): Log {
  return {
    say(code, fields = {}) {
      const [kind, message] = logCodes[code];
      const timestamp = new Date().toISOString();
      const said = { level: levels[kind], message, timestamp, service, xray_trace_id: traceId(), code };
      write(`${JSON.stringify({ ...said, ...fitFields(fields) })}\n`);
    },
  };
}

/** Root of the X-Ray trace of this invocation, as the runtime says it. */
const traceId = () => /Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1];
