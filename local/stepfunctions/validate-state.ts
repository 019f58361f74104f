// Is one state well formed: its fields, where it goes, whom it retries and catches? Flows and reachability are
// checked in validate.ts, expressions in validate-expressions.ts.

import { invokeResource, isRecord, type Json, longestSeconds, tokenResource } from './definition.ts';
import { isExpression } from './expression.ts';

type Report = (location: string, message: string) => void;
type Fields = Record<string, Json>;

/** The names that exist in the state's flow, and those that some state leads to. */
export interface Names {
  readonly inFlow: ReadonlySet<string>;
  readonly reached: Set<string>;
}

const common = ['Type', 'Comment', 'QueryLanguage'];
const flowing = [...common, 'Next', 'End', 'Output', 'Assign'];
const guarded = [...flowing, 'Retry', 'Catch'];
const fieldsOf: Record<string, readonly string[]> = {
  Task: [...guarded, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Map: [...guarded, 'Items', 'ItemSelector', 'MaxConcurrency', 'ItemProcessor'],
  Pass: flowing,
  Wait: [...flowing, 'Seconds', 'Timestamp'],
  Choice: [...common, 'Choices', 'Default'],
  Succeed: [...common, 'Output'],
  Fail: [...common, 'Error', 'Cause'],
};
const retrierFields = [
  'Comment',
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
];

export const stateTypes: ReadonlySet<string> = new Set(Object.keys(fieldsOf));

export function checkState(state: Fields, at: string, names: Names, report: Report): void {
  only(state, fieldsOf[state.Type as string]!, at, report);
  if (state.QueryLanguage !== undefined && state.QueryLanguage !== 'JSONata') {
    report(at, "'QueryLanguage' must be 'JSONata'");
  }
  if (fieldsOf[state.Type as string]!.includes('Next')) checkTransition(state, at, names, report);
  if (state.Retry !== undefined) checkRetry(state.Retry, `${at}/Retry`, report);
  if (state.Catch !== undefined) checkCatch(state.Catch, `${at}/Catch`, names, report);
  checks[state.Type as string]?.(state, at, names, report);
}

const checks: Record<string, (state: Fields, at: string, names: Names, report: Report) => void> = {
  Task: (state, at, _names, report) => {
    if (state.Resource !== invokeResource && state.Resource !== tokenResource) {
      report(`${at}/Resource`, `resource '${String(state.Resource)}' is not supported`);
    }
    checkArguments(state.Arguments, `${at}/Arguments`, report);
    seconds(state, 'TimeoutSeconds', 1, at, report);
    seconds(state, 'HeartbeatSeconds', 1, at, report);
    if (state.HeartbeatSeconds !== undefined && state.Resource !== tokenResource) {
      report(`${at}/HeartbeatSeconds`, "'HeartbeatSeconds' is only for '.waitForTaskToken'");
    }
    const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
    if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
      report(`${at}/HeartbeatSeconds`, "must be smaller than 'TimeoutSeconds'");
    }
  },
  Map: (state, at, _names, report) => {
    if (!isRecord(state.ItemProcessor)) report(at, 'These fields are required: [ItemProcessor]');
    if (state.Items !== undefined && !Array.isArray(state.Items) && !isExpression(state.Items)) {
      report(`${at}/Items`, 'must be an array or an expression that gives one');
    }
    seconds(state, 'MaxConcurrency', 0, at, report);
  },
  Wait: (state, at, _names, report) => {
    if ((state.Seconds === undefined) === (state.Timestamp === undefined)) {
      report(at, "exactly one of 'Seconds' and 'Timestamp' is required");
    }
    seconds(state, 'Seconds', 0, at, report);
    const time = state.Timestamp;
    if (time !== undefined && !isExpression(time) && !isTimestamp(time)) {
      report(`${at}/Timestamp`, 'must be an RFC 3339 time');
    }
  },
  Choice: (state, at, names, report) => {
    if (!Array.isArray(state.Choices) || state.Choices.length === 0) {
      report(at, 'These fields are required: [Choices]');
      return;
    }
    for (const [index, rule] of state.Choices.entries()) {
      const location = `${at}/Choices[${index}]`;
      if (!isRecord(rule)) {
        report(location, 'must be an object');
        return;
      }
      only(rule, ['Comment', 'Condition', 'Next', 'Output', 'Assign'], location, report);
      if (typeof rule.Condition !== 'boolean' && !isExpression(rule.Condition)) {
        report(`${location}/Condition`, 'must be a boolean or an expression that gives one');
      }
      goes(rule.Next, `${location}/Next`, names, report);
    }
    if (state.Default !== undefined) goes(state.Default, `${at}/Default`, names, report);
  },
  Fail: (state, at, _names, report) => {
    for (const field of ['Error', 'Cause']) {
      if (state[field] !== undefined && typeof state[field] !== 'string')
        report(`${at}/${field}`, 'must be a string');
    }
  },
};

/** RFC 3339 with `T` and an offset, as the Amazon States Language asks. */
export function isTimestamp(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function checkArguments(value: Json | undefined, at: string, report: Report): void {
  if (isExpression(value)) return;
  if (!isRecord(value)) {
    report(at, 'must be an object or an expression that gives one');
    return;
  }
  if (value.FunctionName === undefined) report(at, 'These fields are required: [FunctionName]');
  only(value, ['FunctionName', 'Payload', 'Qualifier'], at, report);
}

function checkTransition(state: Fields, at: string, names: Names, report: Report): void {
  if ((state.Next === undefined) === (state.End === undefined)) {
    report(at, "exactly one of 'Next' and 'End' is required");
    return;
  }
  if (state.End !== undefined && state.End !== true) report(`${at}/End`, "'End' must be true");
  if (state.Next !== undefined) goes(state.Next, `${at}/Next`, names, report);
}

function checkRetry(value: Json, at: string, report: Report): void {
  if (!Array.isArray(value)) {
    report(at, 'must be an array');
    return;
  }
  for (const [index, retrier] of value.entries()) {
    const location = `${at}[${index}]`;
    if (!isRecord(retrier)) {
      report(location, 'must be an object');
      return;
    }
    only(retrier, retrierFields, location, report);
    checkErrorEquals(retrier, index === value.length - 1, location, report);
    range(retrier, 'IntervalSeconds', 1, longestSeconds, location, report);
    range(retrier, 'MaxAttempts', 0, longestSeconds, location, report);
    range(retrier, 'MaxDelaySeconds', 1, 31_622_400, location, report);
    if (retrier.BackoffRate !== undefined && !((retrier.BackoffRate as number) >= 1)) {
      report(`${location}/BackoffRate`, 'must be a number of at least 1');
    }
    if (
      retrier.JitterStrategy !== undefined &&
      !['FULL', 'NONE'].includes(retrier.JitterStrategy as string)
    ) {
      report(`${location}/JitterStrategy`, "must be 'FULL' or 'NONE'");
    }
  }
}

function checkCatch(value: Json, at: string, names: Names, report: Report): void {
  if (!Array.isArray(value)) {
    report(at, 'must be an array');
    return;
  }
  for (const [index, catcher] of value.entries()) {
    const location = `${at}[${index}]`;
    if (!isRecord(catcher)) {
      report(location, 'must be an object');
      return;
    }
    only(catcher, ['Comment', 'ErrorEquals', 'Next', 'Output', 'Assign'], location, report);
    checkErrorEquals(catcher, index === value.length - 1, location, report);
    goes(catcher.Next, `${location}/Next`, names, report);
  }
}

function checkErrorEquals(of: Fields, last: boolean, at: string, report: Report): void {
  const errors = of.ErrorEquals;
  if (!Array.isArray(errors) || errors.length === 0 || errors.some((error) => typeof error !== 'string')) {
    report(`${at}/ErrorEquals`, 'must be a non-empty array of strings');
    return;
  }
  if (errors.includes('States.ALL') && (errors.length > 1 || !last)) {
    report(`${at}/ErrorEquals`, "'States.ALL' must stand alone, and last");
  }
}

function goes(target: Json | undefined, at: string, names: Names, report: Report): void {
  if (typeof target !== 'string' || !names.inFlow.has(target)) {
    report(at, `state '${String(target)}' does not exist`);
    return;
  }
  names.reached.add(target);
}

function only(value: Fields, allowed: readonly string[], at: string, report: Report): void {
  for (const field of Object.keys(value)) {
    if (!allowed.includes(field)) report(at, `field '${field}' is not supported`);
  }
}

function range(value: Fields, field: string, least: number, most: number, at: string, report: Report): void {
  const found = value[field];
  if (found === undefined) return;
  if (!Number.isInteger(found) || (found as number) < least || (found as number) > most) {
    report(`${at}/${field}`, `must be an integer from ${least} to ${most}`);
  }
}

/** An integer, or an expression that gives one. */
function seconds(state: Fields, field: string, least: number, at: string, report: Report): void {
  if (!isExpression(state[field])) range(state, field, least, longestSeconds, at, report);
}
