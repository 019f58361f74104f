// May a state read a variable that nobody has assigned on some way to it? AWS says so only when it runs, as
// States.QueryEvaluationError. Definite assignment, as compilers do it: what holds on every way in, holds.

import type { Flow, State } from '../../local/stepfunctions/definition.ts';
import { isExpression, sourceOf } from '../../local/stepfunctions/expression.ts';

type Names = ReadonlySet<string>;
interface Way {
  readonly from: string;
  readonly to: string;
  readonly assigned: readonly string[];
}

/** `<state>: $name may be unassigned`, for every variable read too early. */
export function unassignedReads(flow: Flow, outer: Names = new Set()): string[] {
  const known = assignedBefore(flow, outer);
  return Object.entries(flow.States).flatMap(([name, state]) => {
    const before = known.get(name) ?? outer;
    const { ItemProcessor: inner, ...own } = state as State & { ItemProcessor?: Flow };
    const early = [...readsOf(own)].filter((variable) => !before.has(variable));
    const inside = inner ? unassignedReads(inner, before) : [];
    return [...early.map((variable) => `${name}: $${variable} may be unassigned`), ...inside];
  });
}

/** For each state the variables that every way to it has assigned; undefined means not reached yet. */
function assignedBefore(flow: Flow, outer: Names): Map<string, Names> {
  const known = new Map<string, Names>([[flow.StartAt, outer]]);
  const ways = Object.entries(flow.States).flatMap(([name, state]) => waysFrom(name, state));
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to, assigned } of ways) {
      const before = known.get(from);
      if (!before) continue;
      const after = new Set([...before, ...assigned]);
      const soFar = known.get(to);
      const both = soFar ? new Set([...soFar].filter((name) => after.has(name))) : after;
      if (soFar?.size === both.size) continue;
      known.set(to, both);
      changed = true;
    }
  }
  return known;
}

function waysFrom(from: string, state: State): Way[] {
  const way = (to: string | undefined, assign: object = {}): Way[] =>
    to === undefined ? [] : [{ from, to, assigned: Object.keys(assign) }];
  if (state.Type === 'Choice') {
    return [...state.Choices.flatMap((rule) => way(rule.Next, rule.Assign)), ...way(state.Default)];
  }
  if (!('Next' in state || 'Catch' in state)) return [];
  const caught = 'Catch' in state ? (state.Catch ?? []) : [];
  return [
    ...way(state.Next, 'Assign' in state ? state.Assign : {}),
    ...caught.flatMap((catcher) => way(catcher.Next, catcher.Assign)),
  ];
}

/** `$name` in expressions, but no functions (`$name(`), no parameters and no names bound in the expression itself. */
function readsOf(value: unknown): Set<string> {
  if (isExpression(value)) {
    const source = sourceOf(value).replace(/'[^']*'|"[^"]*"/g, "''");
    const bound = [...source.matchAll(/\$(\w+)\s*:=|function\(([^)]*)\)/g)].flatMap((match) =>
      match[1] ? [match[1]] : [...match[2]!.matchAll(/\w+/g)].map(String),
    );
    const names = [...source.matchAll(/\$([A-Za-z_]\w*)\b(?!\s*\()/g)].map((match) => match[1]!);
    return new Set(names.filter((name) => name !== 'states' && !bound.includes(name)));
  }
  if (value === null || typeof value !== 'object') return new Set();
  return new Set(Object.values(value).flatMap((inner) => [...readsOf(inner)]));
}
