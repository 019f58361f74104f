// biome-ignore-all lint/suspicious/noTemplateCurlyInString: SAM's substitutions look like this
// Does a statemachines/*.asl.json keep the house rules? They are what the language and its validators do not ask:
// every wait for a person ends, nothing is retried but a busy world, a Choice reads one `outcome`. Whether the engine
// runs the definition is asked of the engine itself (local/stepfunctions/validate.ts).

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type {
  Catcher,
  ChoiceState,
  Definition,
  Flow,
  Retrier,
  State,
  TaskState,
} from '../../local/stepfunctions/definition.ts';
import { tokenResource } from '../../local/stepfunctions/definition.ts';
import { examine } from '../../local/stepfunctions/validate.ts';
import { unassignedReads } from './variables.ts';

/** The package ships no types. It writes into what it is given. */
const aslValidator = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => {
  readonly isValid: boolean;
  readonly errorsText: (separator: string) => string;
};

/** What AWS itself may fail with; our own busy world is `Transient…`. */
const serviceErrors = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
];
const mostStates = 15;
const substitution = /\$\{([A-Za-z][A-Za-z0-9]*)\}/;

/** Problems in words, one each, `<state>: <what>`; none for a definition that keeps the rules. */
export function lint(text: string, functionsFolder?: string): string[] {
  const definition = parse(text);
  if (!definition) return ['the file is no JSON object'];
  const problems = [
    ...lintTop(definition),
    ...engineProblems(text),
    ...lintNames(definition),
    ...unassignedReads(definition),
  ];
  const states = allStates(definition);
  if (states.length > mostStates) problems.push(`${states.length} states, where ${mostStates} are the most`);
  for (const [name, state] of states) {
    const say = (what: string) => problems.push(`${name}: ${what}`);
    if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) say('a state is named in PascalCase');
    if (state.Type === 'Task') lintTask(state, say, functionsFolder);
    if (state.Type === 'Map') lintGuards(state.Retry, state.Catch, say);
    if (state.Type === 'Choice') lintChoice(state, say);
  }
  return problems;
}

/** The words that each Choice compares `outcome` with, for tests that hold them against a TypeScript union. */
export function outcomesIn(text: string): Record<string, string[]> {
  const choices = allStates(parse(text)!).filter(
    (entry): entry is [string, ChoiceState] => entry[1].Type === 'Choice',
  );
  return Object.fromEntries(
    choices.map(([name, choice]) => [
      name,
      choice.Choices.flatMap((rule) => readCondition(rule.Condition)?.words ?? []),
    ]),
  );
}

/** The names in `${…}`. */
export function substitutionsIn(text: string): string[] {
  return [...new Set([...text.matchAll(new RegExp(substitution, 'g'))].map((match) => match[1]!))].sort();
}

function parse(text: string): Definition | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'States' in value
      ? (value as Definition)
      : undefined;
  } catch {
    return undefined;
  }
}

function lintTop(definition: Definition): string[] {
  const problems: string[] = [];
  const comment = definition.Comment ?? '';
  if (definition.QueryLanguage !== 'JSONata') problems.push("'QueryLanguage' must be 'JSONata'");
  if (!/start/i.test(comment) || !/\bend/i.test(comment) || !/\b(last|long|most)/i.test(comment)) {
    problems.push("the top 'Comment' must say what starts it, what ends it and how long it may last");
  }
  return problems;
}

/** What asl-validator says of the definition as deployed; apart from `lint`, because it takes its time. */
export function validatorProblems(text: string): string[] {
  const { isValid, errorsText } = aslValidator(JSON.parse(deployed(text)));
  return isValid ? [] : [errorsText(', ')];
}

function engineProblems(text: string): string[] {
  const { problems } = examine(deployed(text));
  return problems.map(({ location, message }) => `the engine: ${message} at ${location}`);
}

/** With a value for every substitution. */
function deployed(text: string): string {
  return text.replace(new RegExp(substitution, 'g'), '1');
}

/**
 * A Task carries the name of its function (folder ask-confirmation, AskConfirmationFunction, AskConfirmation…); where
 * several call one function, at least one does, and the others may say what they are for.
 */
function lintNames(definition: Definition): string[] {
  const callers = new Map<string, string[]>();
  for (const [name, state] of allStates(definition)) {
    const base = state.Type === 'Task' ? functionOf(state) : undefined;
    if (base) callers.set(base, [...(callers.get(base) ?? []), name]);
  }
  return [...callers]
    .filter(([base, names]) => !names.some((name) => name.startsWith(base)))
    .map(([base, names]) => `${names.join(', ')}: a Task is named after its function: ${base}…`);
}

function functionOf(task: TaskState): string | undefined {
  const given = (task.Arguments as { FunctionName?: unknown }).FunctionName;
  return /^\$\{([A-Z][A-Za-z0-9]*)Function(Arn|Name)?\}$/.exec(String(given))?.[1];
}

function lintTask(task: TaskState, say: (what: string) => void, functionsFolder?: string): void {
  const waits = task.Resource === tokenResource;
  // A function that did not answer in time is a busy world; a person who did not is an outcome.
  lintGuards(task.Retry, task.Catch, say, waits ? [] : ['States.Timeout']);
  if (!task.Retry?.length) say('a Task retries service errors');
  if (!task.Catch?.length) say('a Task has a Catch');
  if (task.TimeoutSeconds === undefined) say("a Task has 'TimeoutSeconds'");
  const passesToken = JSON.stringify(task.Arguments).includes('$states.context.Task.Token');
  if (waits && !passesToken) say('it waits for a token that it gives to nobody');
  if (!waits && passesToken) say('it gives away a token that it does not wait for');
  if (waits) lintWait(task, say);
  lintFunction(task, say, functionsFolder);
}

/** Silence of a person is an outcome of the business, not an error. */
function lintWait(task: TaskState, say: (what: string) => void): void {
  if (!substitution.test(String(task.TimeoutSeconds)))
    say("'TimeoutSeconds' of a wait comes from a substitution");
  const timeouts = ['States.Timeout', 'States.HeartbeatTimeout'];
  const own = task.Catch?.find((catcher) => catcher.ErrorEquals.includes('States.Timeout'));
  if (!own || own.ErrorEquals.some((error) => !timeouts.includes(error)))
    say("a wait has its own Catch of 'States.Timeout'");
  const rest = task.Catch?.find((catcher) => catcher.ErrorEquals.includes('States.ALL'));
  if (own && rest && JSON.stringify(handling(own)) === JSON.stringify(handling(rest))) {
    say("'States.Timeout' of a wait is not handled as failures are");
  }
  const [heartbeat, timeout] = [Number(task.HeartbeatSeconds), Number(task.TimeoutSeconds)];
  if (heartbeat >= timeout) say("'HeartbeatSeconds' is smaller than 'TimeoutSeconds'");
}

function handling({ Next, Assign, Output }: Catcher): object {
  return { Next, Assign, Output };
}

function lintFunction(task: TaskState, say: (what: string) => void, functionsFolder?: string): void {
  const base = functionOf(task);
  if (!base) {
    say("'FunctionName' is a substitution such as `${AskConfirmationFunction}`");
    return;
  }
  const folder = base.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
  if (functionsFolder && !existsSync(join(functionsFolder, folder)))
    say(`functions/${folder} does not exist`);
}

function lintGuards(
  retry: readonly Retrier[] = [],
  guard: readonly Catcher[] = [],
  say: (what: string) => void,
  also: readonly string[] = [],
): void {
  for (const retrier of retry) {
    if (retrier.JitterStrategy !== 'FULL') say("a retrier has 'JitterStrategy': 'FULL'");
    if (retrier.MaxAttempts === undefined) say("a retrier says its 'MaxAttempts'");
    for (const error of retrier.ErrorEquals) {
      if (![...serviceErrors, ...also].includes(error) && !/^Transient[A-Za-z]+$/.test(error))
        say(`'${error}' is not retried`);
    }
  }
  if (guard.length > 0 && !guard.at(-1)!.ErrorEquals.includes('States.ALL'))
    say("the last catcher takes 'States.ALL'");
}

function lintChoice(choice: ChoiceState, say: (what: string) => void): void {
  const conditions = choice.Choices.map((rule) => readCondition(rule.Condition));
  if (conditions.includes(undefined))
    say("a Choice compares one string, `outcome`: {% $states.input.outcome = 'REFUSED' %}");
  if (new Set(conditions.map((condition) => condition?.of)).size > 1)
    say('a Choice compares one `outcome`, not several');
}

function readCondition(condition: boolean | string): { of: string; words: string[] } | undefined {
  const parts =
    /^\{%\s*(\$[\w.]*\boutcome)\s*(?:=\s*('[A-Z_]+')|in\s*\[((?:\s*'[A-Z_]+'\s*,?)+)\])\s*%\}$/.exec(
      String(condition),
    );
  if (!parts) return undefined;
  const words = (parts[2] ?? parts[3]!).match(/[A-Z_]+/g)!;
  return { of: parts[1]!, words };
}

function allStates(flow: Flow): [string, State][] {
  return Object.entries(flow.States).flatMap(([name, state]): [string, State][] =>
    state.Type === 'Map' && state.ItemProcessor
      ? [[name, state], ...allStates(state.ItemProcessor)]
      : [[name, state]],
  );
}
