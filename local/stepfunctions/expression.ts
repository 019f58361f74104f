// What does a JSONata field of a definition evaluate to? Strings `{% … %}` are evaluated with the reference `jsonata`
// package; everything else is taken as it stands. What $states holds is decided by who calls.

import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import type { Json } from './definition.ts';
import { EvaluationError } from './errors.ts';

/** Names without `$`: `states` and the variables in scope. */
export type Bindings = Readonly<Record<string, unknown>>;

/** Who asks, for the sentence of an error, and when. */
export interface Asker {
  readonly state: string;
  readonly enteredEvent: number;
  /** What $now() and $millis() say. */
  readonly now: Date;
}

export type ResultType = 'any' | 'array' | 'boolean' | 'object' | 'string' | 'number' | 'integer';

const opening = '{%';
const closing = '%}';
/** An expression may think for 5 s of machine time; AWS has a limit too, and does not say which. */
const limits = { timeout: 5000, stack: 500 };

export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(opening) && value.endsWith(closing);
}

export function sourceOf(expression: string): string {
  return expression.slice(opening.length, -closing.length).trim();
}

/** Why an expression cannot be parsed, or undefined. `$eval` does not exist in Step Functions. */
export function parseProblem(expression: string): string | undefined {
  const source = sourceOf(expression);
  if (source === '') return 'the expression is empty';
  try {
    jsonata(source);
  } catch (error) {
    return (error as Error).message;
  }
  return /\$eval\s*\(/.test(source) ? '$eval is not supported' : undefined;
}

/** Evaluates a whole field: objects and arrays are walked, expressions in them replaced by their results. */
export async function evaluate(
  field: Json,
  location: string,
  bindings: Bindings,
  asker: Asker,
): Promise<Json> {
  if (isExpression(field)) return evaluateExpression(sourceOf(field), location, bindings, asker);
  if (Array.isArray(field)) {
    return Promise.all(field.map((item, index) => evaluate(item, `${location}[${index}]`, bindings, asker)));
  }
  if (field === null || typeof field !== 'object') return field;
  const entries: [string, Json][] = [];
  for (const [name, value] of Object.entries(field)) {
    entries.push([name, await evaluate(value, `${location}/${name}`, bindings, asker)]);
  }
  return Object.fromEntries(entries);
}

/** Like `evaluate`, and the result must be of the type that the field asks for. */
export async function evaluateAs(
  type: ResultType,
  field: Json,
  location: string,
  bindings: Bindings,
  asker: Asker,
): Promise<Json> {
  const value = await evaluate(field, location, bindings, asker);
  const found = typeOf(value);
  if (type === 'any' || found === type || (type === 'number' && found === 'integer')) return value;
  const source = isExpression(field) ? sourceOf(field) : JSON.stringify(field);
  const was = found === 'integer' ? 'number' : found;
  throw fail(
    asker,
    location,
    `The JSONata expression '${source}' specified for the field '${location}' returned an unexpected result type. Expected '${type}', but was '${was}' for value: ${JSON.stringify(value)}`,
  );
}

function typeOf(value: Json): Exclude<ResultType, 'any'> | 'null' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'object' | 'string';
}

async function evaluateExpression(
  source: string,
  location: string,
  bindings: Bindings,
  asker: Asker,
): Promise<Json> {
  const about = `The JSONata expression '${source}' specified for the field '${location}'`;
  let result: unknown;
  try {
    const expression = jsonata(source, limits);
    for (const [name, implementation] of Object.entries({ ...functions, ...times(asker.now) })) {
      expression.registerFunction(name, implementation as Parameters<typeof expression.registerFunction>[1]);
    }
    // The top level has no context value: input is reached by $states.input alone.
    result = await expression.evaluate(undefined, { ...bindings, eval: undefined });
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    throw fail(
      asker,
      location,
      `${about} threw an error during evaluation. ${code ?? ''}: ${message ?? error}`,
    );
  }
  if (result === undefined) throw fail(asker, location, `${about} returned nothing (undefined).`);
  if (!isData(result)) throw fail(asker, location, `${about} returned an unsupported result type.`);
  return JSON.parse(JSON.stringify(result)) as Json;
}

function fail(asker: Asker, location: string, sentence: string): EvaluationError {
  const at = `An error occurred while executing the state '${asker.state}' (entered at the event id #${asker.enteredEvent}).`;
  return new EvaluationError(location, `${at} ${sentence}`);
}

/** Functions and regular expressions are values of JSONata, but no JSON. */
function isData(value: unknown): boolean {
  if (typeof value === 'function' || value instanceof RegExp) return false;
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return true;
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) return false;
  return Object.values(value).every((inner) => inner === undefined || isData(inner));
}

/** What Step Functions adds to JSONata: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html */
const functions: Record<string, (...args: never[]) => unknown> = {
  partition: (list: unknown[], size: number) => {
    const parts: unknown[][] = [];
    for (let i = 0; i < list.length; i += size) parts.push(list.slice(i, i + size));
    return parts;
  },
  range: (first: number, last: number, step: number) => {
    if (!step || Math.floor((last - first) / step) > 1000)
      throw new Error('$range gives at most 1000 numbers');
    const numbers: number[] = [];
    for (let n = first; step > 0 ? n <= last : n >= last; n += step) numbers.push(n);
    return numbers;
  },
  hash: (text: string, algorithm: string) =>
    createHash(algorithm.toLowerCase().replace('-', '')).update(text, 'utf8').digest('hex'),
  random: (seed?: number) => (seed === undefined ? Math.random() : seeded(seed)),
  uuid: () => randomUUID(),
  parse: (text: string) => JSON.parse(text) as unknown,
};

/** The time of the local clock instead of the machine's. */
function times(now: Date): Record<string, (...args: never[]) => unknown> {
  return {
    millis: () => now.getTime(),
    now: (picture?: string, timezone?: string) =>
      jsonata('$fromMillis($at, $picture, $timezone)').evaluate(undefined, {
        at: now.getTime(),
        picture,
        timezone,
      }),
  };
}

/** mulberry32: the same seed gives the same number (not AWS's number for that seed). */
function seeded(seed: number): number {
  let t = (seed + 0x6d2b79f5) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
