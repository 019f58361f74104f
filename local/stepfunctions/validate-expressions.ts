// Are the expressions of a definition well formed, and do they use $states and variables where these exist? What an
// expression gives is only known when it runs (expression.ts).

import type { Definition, Flow, Json } from './definition.ts';
import { isExpression, parseProblem, sourceOf } from './expression.ts';

type Report = (location: string, message: string) => void;

/** Walks every string of the definition. */
export function checkExpressions(value: unknown, at: string, report: Report): void {
  if (typeof value === 'string') {
    checkString(value, at, report);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    checkExpressions(inner, Array.isArray(value) ? `${at}[${name}]` : `${at}/${name}`, report);
  }
}

function checkString(value: string, at: string, report: Report): void {
  const left = /\$\{[A-Za-z][A-Za-z0-9]*\}/.exec(value);
  if (left && !at.endsWith('/Comment')) report(at, `substitution ${left[0]} was not replaced`);
  const expression: boolean = isExpression(value);
  if (!expression) {
    if (value.startsWith('{%') || value.endsWith('%}'))
      report(at, 'an expression must start with {% and end with %}');
    return;
  }
  const problem = parseProblem(value);
  if (problem) report(at, `the JSONata expression is malformed: ${problem}`);
  const source = sourceOf(value);
  if (/\$states\.errorOutput\b/.test(source) && !/\/Catch\[\d+\]\/(Output|Assign)/.test(at)) {
    report(at, "'$states.errorOutput' exists only in 'Output' and 'Assign' of a Catch");
  }
  // Only Task and Map have a result; it exists once they are done.
  if (/\$states\.result\b/.test(source) && !/\/States\/[^/]+\/(Output|Assign)/.test(at)) {
    report(at, "'$states.result' exists only in 'Output' and 'Assign' of a state");
  }
}

/** Variable names are JSONata's, at most 80 long; an inner flow may read, not assign, the outer flow's variables. */
export function checkVariables(
  flow: Definition | Flow,
  at: string,
  outer: ReadonlySet<string>,
  report: Report,
): void {
  const own = new Set(outer);
  const assigned: { name: string; location: string }[] = [];
  for (const [name, state] of Object.entries(flow.States)) {
    for (const { assign, location } of assignments(state as unknown as Json, `${at}/States/${name}`)) {
      for (const variable of Object.keys(assign)) assigned.push({ name: variable, location });
    }
  }
  for (const { name, location } of assigned) {
    if (!/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name) || name.length > 80 || name === 'states') {
      report(location, `'${name}' is not a variable name`);
    }
    if (outer.has(name)) report(location, `variable '${name}' belongs to the outer flow`);
    own.add(name);
  }
  for (const [name, state] of Object.entries(flow.States)) {
    if (state.Type === 'Map')
      checkVariables(state.ItemProcessor, `${at}/States/${name}/ItemProcessor`, own, report);
  }
}

/** The `Assign` fields of a state: its own, its choices' and its catchers'. */
function assignments(state: Json, at: string): { assign: object; location: string }[] {
  const { Assign, Choices, Catch } = state as { Assign?: object; Choices?: Json[]; Catch?: Json[] };
  const found = Assign ? [{ assign: Assign, location: `${at}/Assign` }] : [];
  for (const inner of [...(Choices ?? []), ...(Catch ?? [])]) found.push(...assignments(inner, at));
  return found;
}
