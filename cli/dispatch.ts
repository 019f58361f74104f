// From words on the command line to one verb's result, printed, and an exit code. Nouns are the files of
// commands/; options are read by node:util parseArgs, strictly: an unknown one is refused, never ignored.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { Refusal, Transient } from '../core/errors.ts';
import { Call, type Noun, type Verb } from './command.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import { helpOfAll, helpOfNoun, helpOfVerb } from './help.ts';
import { NodeRefusal } from './node-api.ts';
import { styleFor } from './style.ts';
import type { Terminal } from './terminal.ts';

const commands = join(import.meta.dirname, 'commands');

/** Names of the nouns: one file each in commands/. */
export function nounNames(): string[] {
  return readdirSync(commands)
    .filter((file) => /^[a-z-]+\.ts$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort();
}

export async function loadNoun(name: string): Promise<Noun> {
  if (!nounNames().includes(name)) {
    throw new UsageError(`no such command "${name}"; "apodera help" lists them`);
  }
  return ((await import(`./commands/${name}.ts`)) as { default: Noun }).default;
}

export async function dispatch(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const json = words.includes('--json');
  try {
    return await run(words, terminal);
  } catch (error) {
    return report(error, json, terminal);
  }
}

async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [nounName, verbName, ...rest] = helpLast(words);
  if (nounName === '--version') return show(`${version()}\n`, terminal);
  if (nounName === undefined || isHelp(nounName)) {
    return show(await helpOfAll(nounNames(), loadNoun), terminal);
  }
  const noun = await loadNoun(nounName);
  if (verbName === undefined || isHelp(verbName)) {
    return show(helpOfNoun(nounName, noun), terminal);
  }
  const verb = noun.verbs[verbName];
  if (!Object.hasOwn(noun.verbs, verbName) || !verb) {
    throw new UsageError(
      `"apodera ${nounName}" knows ${Object.keys(noun.verbs).join(', ')}, not "${verbName}"`,
    );
  }
  const { values, positionals } = parse(verb, rest);
  if (values.help) return show(helpOfVerb(nounName, verbName, verb), terminal);
  checkWords(verb, values, positionals);
  const colours = terminal.outIsTty && !terminal.env.NO_COLOR && !values['no-color'] && !values.json;
  const outcome = await verb.run(new Call(values, positionals, terminal, styleFor(colours)));
  terminal.out(values.json ? `${JSON.stringify(outcome.json, undefined, 2)}\n` : `${outcome.text}\n`);
  return outcome.exitCode ?? exitCodes.DONE;
}

/** "help payout send" asks what "payout send --help" asks. */
function helpLast(words: readonly string[]): readonly string[] {
  const [first = '', ...others] = words;
  return isHelp(first) && others.length > 0 ? [...others, '--help'] : words;
}

const isHelp = (word: string) => ['help', '--help', '-h'].includes(word);

function parse(verb: Verb, args: readonly string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = {
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    'no-color': { type: 'boolean' },
  };
  for (const [name, { type, short, multiple }] of Object.entries(verb.options ?? {})) {
    options[name] = { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) };
  }
  try {
    return parseArgs({ args: dashed(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's own sentence goes on with how a word could begin with a dash.
    throw new UsageError((error as Error).message.replace(/ To specify a positional.*$/s, ''));
  }
}

/** One thumbprint in 64 begins with a dash: it is a word all the same, or the value of the option before it. */
function dashed(args: readonly string[], options: Readonly<Record<string, { type: string }>>): string[] {
  const words: string[] = [];
  const thumbprints: string[] = [];
  for (const word of args) {
    const before = words.at(-1) ?? '';
    if (!/^-[\w-]{42}$/.test(word)) words.push(word);
    else if (options[before.replace(/^--/, '')]?.type === 'string') words.splice(-1, 1, `${before}=${word}`);
    else thumbprints.push(word);
  }
  if (thumbprints.length === 0) return words;
  return [...words, ...(words.includes('--') ? [] : ['--']), ...thumbprints];
}

function checkWords(verb: Verb, values: Record<string, unknown>, positionals: readonly string[]): void {
  const wanted = verb.positionals ?? [];
  const missing = wanted.find(({ optional }, at) => !optional && positionals[at] === undefined);
  if (missing) throw new UsageError(`"<${missing.name}>" is missing: ${missing.help}`);
  if (positionals.length > wanted.length) {
    throw new UsageError(`"${positionals[wanted.length]}" is one word too many`);
  }
  for (const [name, { required }] of Object.entries(verb.options ?? {})) {
    if (required && values[name] === undefined) throw new UsageError(`"--${name}" is missing`);
  }
}

function show(text: string, terminal: Terminal): ExitCode {
  terminal.out(text);
  return exitCodes.DONE;
}

function report(error: unknown, json: boolean, terminal: Terminal): ExitCode {
  const { exitCode, code, message, detail } = readable(error);
  if (json) {
    terminal.out(
      `${JSON.stringify({ error: { code, message, ...(detail ? { detail } : {}) } }, undefined, 2)}\n`,
    );
  } else {
    const paint = styleFor(terminal.errIsTty && !terminal.env.NO_COLOR);
    terminal.err(`${paint.bad('apodera:')} ${message}\n`);
  }
  return exitCode;
}

interface Readable {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

function readable(error: unknown): Readable {
  if (error instanceof UsageError)
    return { exitCode: exitCodes.USAGE, code: 'USAGE', message: error.message };
  if (error instanceof Refusal) {
    const { code, detail } = error;
    return { exitCode: exitCodes.REFUSED, code, message: `${code}: ${error.message}`, detail };
  }
  if (error instanceof NodeRefusal) {
    const { code, problem } = error;
    return { exitCode: exitCodes.REFUSED, code, message: `${code}: ${error.message}`, detail: problem };
  }
  if (error instanceof Transient) {
    // Of a service that is not there its client says no more than "Error".
    const { code, message } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const why = code?.startsWith('E') && !error.message.includes(message) ? ` (${message || code})` : '';
    return { exitCode: exitCodes.UNAVAILABLE, code: error.name, message: error.message + why };
  }
  const message = error instanceof Error ? error.message : String(error);
  // A file that cannot be opened is the person's to repair.
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const trouble = fileTroubles[code ?? ''];
  if (trouble)
    return { exitCode: exitCodes.USAGE, code: 'USAGE', message: `"${path ?? 'a file'}" ${trouble}` };
  return { exitCode: exitCodes.FAULT, code: 'FAULT', message };
}

const fileTroubles: Readonly<Record<string, string>> = {
  ENOENT: 'is not there: no such file or folder',
  EACCES: 'may not be opened by you',
  EPERM: 'may not be opened by you',
  EISDIR: 'is a folder; expected a file',
  ENOTDIR: 'is not there: a part of the name is a file, not a folder',
  EEXIST: 'exists; nothing is written over a file',
};

function version(): string {
  const file = join(import.meta.dirname, '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
