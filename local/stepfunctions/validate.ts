// Is this text a definition that the engine runs exactly as AWS does? Whatever it does not run is refused by name when
// the state machine is created, never ignored. House rules (timeouts, retries, names) are asked in
// test/statemachines/lint.ts, not here.

import { type Definition, isRecord, type Json } from './definition.ts';
import { ApiError } from './errors.ts';
import { checkExpressions, checkVariables } from './validate-expressions.ts';
import { checkState, type Names, stateTypes } from './validate-state.ts';

export interface Problem {
  /** JSON pointer into the definition. */
  readonly location: string;
  readonly message: string;
}

type Report = (location: string, message: string) => void;

const topFields = ['Comment', 'QueryLanguage', 'Version', 'TimeoutSeconds', 'StartAt', 'States'];
/** 1 MiB, the longest definition that AWS takes. */
const longestDefinition = 1_048_576;

/** The definition, or ApiError `InvalidDefinition` that names the first problems. */
export function readDefinition(text: string): Definition {
  const { definition, problems } = examine(text);
  if (definition) return definition;
  const sentence = problems
    .slice(0, 5)
    .map((problem) => `${problem.message} at ${problem.location}`)
    .join(', ');
  throw new ApiError(
    'InvalidDefinition',
    `Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ${sentence}'`,
  );
}

/** All problems of a definition (`ValidateStateMachineDefinition`). */
export function examine(text: string): { definition?: Definition; problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (location, message) => void problems.push({ location, message });
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch (error) {
    return { problems: [{ location: '/', message: `not JSON: ${(error as Error).message}` }] };
  }
  if (Buffer.byteLength(text) > longestDefinition) report('/', 'the definition is longer than 1 MiB');
  if (!isRecord(parsed)) return { problems: [{ location: '/', message: 'must be a JSON object' }] };
  checkTop(parsed, report);
  checkFlow(parsed, '', { all: new Set() }, report);
  checkExpressions(parsed, '', report);
  if (problems.length === 0) checkVariables(parsed as unknown as Definition, '', new Set(), report);
  return problems.length === 0 ? { definition: parsed as unknown as Definition, problems } : { problems };
}

function checkTop(top: Record<string, Json>, report: Report): void {
  for (const field of Object.keys(top)) {
    if (!topFields.includes(field)) report('/', `field '${field}' is not supported`);
  }
  if (top.QueryLanguage !== 'JSONata') report('/QueryLanguage', "'QueryLanguage' must be 'JSONata'");
  if (top.Version !== undefined && top.Version !== '1.0') report('/Version', "'Version' must be '1.0'");
  const timeout = top.TimeoutSeconds;
  if (timeout !== undefined && !(Number.isInteger(timeout) && (timeout as number) > 0)) {
    report('/TimeoutSeconds', 'must be a positive integer');
  }
}

/** A flow is the top or the ItemProcessor of a Map: `StartAt` and `States`, every state reachable, names unique. */
function checkFlow(
  flow: Record<string, Json>,
  at: string,
  known: { all: Set<string> },
  report: Report,
): void {
  const states = flow.States;
  if (!isRecord(states) || Object.keys(states).length === 0) {
    report(at || '/', 'These fields are required: [States]');
    return;
  }
  if (typeof flow.StartAt !== 'string' || !(flow.StartAt in states)) {
    report(`${at}/StartAt`, `state '${String(flow.StartAt)}' does not exist`);
  }
  const names: Names = { inFlow: new Set(Object.keys(states)), reached: new Set([String(flow.StartAt)]) };
  for (const [name, state] of Object.entries(states)) {
    const location = `${at}/States/${name}`;
    if (name.length > 80) report(location, 'a state name has at most 80 characters');
    if (known.all.has(name)) report(location, `state name '${name}' is used twice`);
    known.all.add(name);
    if (!isRecord(state)) report(location, 'must be an object');
    else if (!stateTypes.has(String(state.Type)))
      report(location, `state type '${String(state.Type)}' is not supported`);
    else {
      checkState(state, location, names, report);
      if (state.Type === 'Map' && isRecord(state.ItemProcessor)) {
        checkProcessor(state.ItemProcessor, `${location}/ItemProcessor`, report);
        checkFlow(state.ItemProcessor, `${location}/ItemProcessor`, known, report);
      }
    }
  }
  for (const name of names.inFlow) {
    if (!names.reached.has(name)) report(`${at}/States/${name}`, `state '${name}' is not reachable`);
  }
}

function checkProcessor(processor: Record<string, Json>, at: string, report: Report): void {
  for (const field of Object.keys(processor)) {
    if (!['Comment', 'ProcessorConfig', 'StartAt', 'States'].includes(field)) {
      report(at, `field '${field}' is not supported`);
    }
  }
  const config = processor.ProcessorConfig;
  if (config === undefined) return;
  if (!isRecord(config) || config.Mode !== 'INLINE' || Object.keys(config).length > 1) {
    report(`${at}/ProcessorConfig`, "only {'Mode': 'INLINE'} is supported");
  }
}
