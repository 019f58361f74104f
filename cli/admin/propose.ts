// How does a verb propose an act, and how is a list printed? What every subject of the administration shares on the
// command line.

import { readFileSync } from 'node:fs';
import { operatorsNeeded } from '../../core/people/act.ts';
import type { ActKind } from '../../core/people/act-parameters.ts';
import type { Call, Option, Outcome, Verb } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { columns, printable } from '../style.ts';
import { type ActJson, adminApi } from './admin-api.ts';
import { exampleOf, type FromFile } from './examples.ts';
import { described } from './sign-act.ts';

export const reason: Option = {
  type: 'string',
  value: '<text>',
  required: true,
  help: 'why; whoever signs it reads it',
};
export const file: Option = {
  type: 'string',
  value: '<file>',
  required: true,
  help: 'JSON, as the example below',
};
export const participant: Option = {
  type: 'string',
  value: '<fin_id>',
  required: true,
  help: 'which one; "admin participants" lists them',
};

/** A verb that proposes one kind of act. */
export function proposes(
  summary: string,
  kind: ActKind,
  options: Record<string, Option>,
  parameters: (call: Call) => unknown,
): Verb {
  const signers = operatorsNeeded[kind] === 1 ? 'one node operator signs' : 'two node operators sign';
  return {
    summary,
    options: { ...options, reason },
    notes: `It proposes an act, which ${signers}: "admin confirm".`,
    async run(call) {
      const body = { kind, parameters: await parameters(call), reason: call.required('reason') };
      return proposed(await adminApi(call.terminal).post<ActJson>('acts', body));
    },
  };
}

/** A verb whose act is read from a file. */
export function proposesFile(summary: string, kind: FromFile): Verb {
  const verb = proposes(summary, kind, { file }, jsonFile);
  return { ...verb, notes: `${verb.notes}\n\n${exampleOf(kind)}` };
}

export function proposed(body: ActJson): Outcome {
  const text = `proposed\n${described(body)}\n\nTo sign it: apodera admin confirm ${body.act_id}`;
  return { json: body, text };
}

function jsonFile(call: Call): unknown {
  try {
    return JSON.parse(readFileSync(call.required('file'), 'utf8'));
  } catch (error) {
    throw new UsageError(`"${call.required('file')}": ${(error as Error).message}`);
  }
}

/** As the API lists things: text, or null where there is none. */
export interface Row {
  readonly [name: string]: string | null;
}

export function listed(body: unknown, rows: readonly (readonly [string, string])[], empty: string): Outcome {
  const text =
    rows.length === 0
      ? empty
      : columns(
          rows.map(([left, right]) => [left, printable(right)] as const),
          '',
        );
  return { json: body, text };
}
