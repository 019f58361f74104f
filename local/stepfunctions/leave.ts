// What does a state hand on, and to whom? Every state that goes on leaves through here.

import type { Assignments, Json } from './definition.ts';
import { evaluate } from './expression.ts';
import { asker, bindings, type Exit, type Here, type Line, type Run } from './run.ts';

/** Evaluates `Output` and `Assign`; both see the values from before. */
export async function leave(
  run: Run,
  line: Line,
  here: Here,
  fields: { readonly Output?: Json; readonly Assign?: Assignments },
  next: string | undefined,
  more: { result?: Json; errorOutput?: Json; retryCount?: number; at?: string } = {},
): Promise<Exit> {
  const seen = bindings(run, line, here, more);
  const at = more.at ?? '';
  // A result may be null.
  const given = more.errorOutput ?? (more.result === undefined ? here.input : more.result);
  const output =
    fields.Output === undefined
      ? given
      : await evaluate(fields.Output, `${at}Output`, seen, asker(run, here));
  const assigned = fields.Assign ? await evaluate(fields.Assign, `${at}Assign`, seen, asker(run, here)) : {};
  return { ...(next === undefined ? {} : { next }), output, assigned: assigned as Exit['assigned'] };
}
