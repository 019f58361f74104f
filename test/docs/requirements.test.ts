import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/requirements.md'), 'utf8');

interface Line {
  readonly id: string;
  readonly state: string;
  readonly shownBy: string;
}
const lines: readonly Line[] = [
  ...text.matchAll(/^\| ([AB]-\d{3}) \| [^|]+ \| ([^|]+) \| ([^|]*) \|$/gm),
].map(([, id, state, shownBy]) => ({ id: id!, state: state!, shownBy: shownBy! }));

/** `path`: "title", as a cell names them. */
const testsOf = ({ shownBy }: Line) =>
  [...shownBy.matchAll(/`([^`]+)`: "([^"]+)"/g)].map(([, file, title]) => ({ file: file!, title: title! }));

/** Every id of the table of lines that are no code, ranges spelt out. */
function idsWithoutCode(): string[] {
  const [, table = ''] = text.split('## Lines that are no code');
  return [...table.matchAll(/([AB])-(\d{3})(?: to [AB]-(\d{3}))?/g)].flatMap(
    ([, letter, from, to = from]) => {
      const count = Number(to) - Number(from) + 1;
      return Array.from(
        { length: count },
        (_, n) => `${letter}-${String(Number(from) + n).padStart(3, '0')}`,
      );
    },
  );
}

test('every line of both designs stands once, as code or as none', () => {
  const ids = (letter: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${letter}-${String(n + 1).padStart(3, '0')}`);
  const named = [...lines.map(({ id }) => id), ...idsWithoutCode()];
  expect(named.sort()).toEqual([...ids('A', 165), ...ids('B', 44)]);
});

test('a line says done, part and what is missing, or not yet', () => {
  const wrong = lines.filter(({ state }) => !/^(done|not yet|part: .+)$/.test(state));
  expect(wrong).toEqual([]);
});

test('a line is shown by tests unless it says not yet', () => {
  const wrong = lines.filter((line) => (line.state === 'not yet') !== (testsOf(line).length === 0));
  expect(wrong).toEqual([]);
});

test('every test that is named exists under its title', () => {
  const missing = lines.flatMap((line) =>
    testsOf(line).filter(({ file, title }) => {
      const path = join(root, file);
      if (!file.startsWith('test/') || !existsSync(path)) return true;
      return !readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(title);
    }),
  );
  expect(missing).toEqual([]);
});

test('the counts of its first paragraph are those of the table', () => {
  const count = (word: string) => lines.filter(({ state }) => state.startsWith(word)).length;
  expect(text).toContain(
    `${count('done')} lines are done, ${count('part')} in part, ${count('not yet')} not yet.`,
  );
});
