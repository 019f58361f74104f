// The manual that the command line carries: all nouns, one noun, one verb.

import type { Noun, Option, Verb } from './command.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { columns } from './style.ts';

export async function helpOfAll(
  names: readonly string[],
  load: (name: string) => Promise<Noun>,
): Promise<string> {
  const rows: [string, string][] = [];
  for (const name of names) {
    const noun = await load(name);
    for (const [verb, { summary }] of Object.entries(noun.verbs)) rows.push([`${name} ${verb}`, summary]);
  }
  const codes = exitCodeMeanings.map(([code, meaning]) => [String(code), meaning] as const);
  return [
    'apodera: keys, certificates and payouts of a participant, and the administration of a node',
    `\nUsage: apodera <noun> <verb> [options]    (--help after any of them tells more)\n`,
    columns(rows),
    '\nEverywhere: --json (one JSON document on standard output), --no-color, --help',
    '\nExit codes:',
    `${columns(codes)}\n`,
  ].join('\n');
}

export function helpOfNoun(name: string, noun: Noun): string {
  const rows = Object.entries(noun.verbs).map(([verb, { summary }]) => [`${name} ${verb}`, summary] as const);
  return `${noun.summary}\n\n${columns(rows)}\n`;
}

export function helpOfVerb(noun: string, name: string, verb: Verb): string {
  const words = (verb.positionals ?? []).map((word) =>
    word.optional ? `[<${word.name}>]` : `<${word.name}>`,
  );
  const options = Object.entries(verb.options ?? {});
  const rows = [
    ...(verb.positionals ?? []).map((word) => [`<${word.name}>`, word.help] as const),
    ...options.map(([option, spec]) => [spelling(option, spec), spec.help] as const),
  ];
  const usage = ['apodera', noun, name, ...words, ...(options.length > 0 ? ['[options]'] : [])];
  const parts = [verb.summary, `\nUsage: ${usage.join(' ')}`];
  if (rows.length > 0) parts.push(`\n${columns(rows)}`);
  if (verb.notes) parts.push(`\n${verb.notes}`);
  return `${parts.join('\n')}\n`;
}

function spelling(name: string, { type, short, value, required, multiple }: Option): string {
  const long = type === 'string' ? `--${name} ${value ?? '<text>'}` : `--${name}`;
  const both = short ? `-${short}, ${long}` : long;
  return `${both}${multiple ? ' ...' : ''}${required ? ' (needed)' : ''}`;
}
