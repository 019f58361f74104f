import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const documents = globSync('**/*.md', {
  cwd: root,
  exclude: (name) => /^(node_modules|\.local|\.cache|\.aws-sam|dist|\.venv|vectors)$/.test(name),
}).sort();

const withoutCode = (text: string) => text.replace(/^ *```[\s\S]*?^ *```/gm, '');

/** Targets of `[text](target)`, without what leads outside. */
function linksOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/.test(target));
}

/** What GitHub makes of a heading. */
const anchorsOf = (text: string) =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const folders =
  'adapters|bench|cli|clients|core|docs|events|functions|local|openapi|pages|proxy|statemachines|test';
/** `core/policy.ts`, `test/attacks/s23-audit.test.ts`, `functions/`: a path from the root, in backticks. */
const pathsOf = (text: string) =>
  [...withoutCode(text).matchAll(/`((?:\.\/)?(?:\w[\w.-]*\/)+[\w.-]*)`/g)]
    .map(([, path]) => path!)
    .filter((path) => new RegExp(`^(${folders})/`).test(path));

test('there are documents to look at', () => {
  expect(documents).toContain('docs/enrolment.md');
  expect(documents.flatMap((name) => linksOf(readFileSync(join(root, name), 'utf8'))).length).toBeGreaterThan(
    50,
  );
});

describe.each(documents)('%s', (name) => {
  const text = readFileSync(join(root, name), 'utf8');

  test('links lead to files and headings that exist', () => {
    const broken = linksOf(text).filter((target) => {
      const [path, anchor] = target.split('#') as [string, string | undefined];
      const file = path === '' ? join(root, name) : join(root, dirname(name), path);
      if (!existsSync(file)) return true;
      if (anchor === undefined || statSync(file).isDirectory() || !file.endsWith('.md')) return false;
      return !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('files named by their path from the root exist', () => {
    expect(pathsOf(text).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

test('every decision stands in the list of decisions', () => {
  const list = readFileSync(join(root, 'docs/adr/README.md'), 'utf8');
  const decisions = globSync('docs/adr/0*.md', { cwd: root }).map((name) => relative('docs/adr', name));
  expect(decisions.filter((name) => !list.includes(`](${name})`))).toEqual([]);
});
