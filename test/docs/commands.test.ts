import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadNoun } from '../../cli/dispatch.ts';

const root = join(import.meta.dirname, '../..');
const documents = ['README.md', 'CHANGELOG.md', ...globSync('{docs,clients}/**/*.md', { cwd: root })].sort();
const ofEveryVerb = ['json', 'help', 'no-color'];

interface Command {
  readonly noun: string;
  readonly verb: string;
  readonly options: readonly string[];
}

/** `apodera admin suspend --participant ...` and, where the text has said whose it is, `admin suspend ...`. */
function commandsOf(text: string): Command[] {
  const spans = [...text.matchAll(/`([^`\n]+)`|^\s*((?:npx )?apodera .+)$/gm)].map(
    ([, span, line]) => span ?? line!,
  );
  return spans.flatMap((span) => {
    const found = /^(?:.*\bapodera ([a-z-]+)|admin) ([a-z-]+)( .*)?$/.exec(span);
    if (!found || found[1] === 'help') return [];
    const [, noun = 'admin', verb = '', rest = ''] = found;
    const options = [...rest.matchAll(/(?:^| )--([a-z-]+)/g)].map(([, option]) => option!);
    return [{ noun, verb, options }];
  });
}

const named = documents.flatMap((name) =>
  commandsOf(readFileSync(join(root, name), 'utf8')).map((command) => ({ name, command })),
);

test('the documents name commands', () => {
  expect(named.length).toBeGreaterThan(40);
});

describe('a command that a document names', () => {
  test.each(
    named.map(
      ({ name, command }) =>
        [name, [command.noun, command.verb, ...command.options].join(' '), command] as const,
    ),
  )('%s: apodera %s exists, with these options', async (_name, _words, { noun, verb, options }) => {
    const { verbs } = await loadNoun(noun);
    expect(Object.keys(verbs)).toContain(verb);
    const known = [...Object.keys(verbs[verb]!.options ?? {}), ...ofEveryVerb];
    expect(options.filter((option) => !known.includes(option))).toEqual([]);
  });
});
