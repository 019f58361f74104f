import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endings } from '../../core/enrolment/enrolment.ts';
import { refusals } from '../../core/errors.ts';

const core = join(import.meta.dirname, '../../core');
const codes = globSync('**/refusals.ts', { cwd: core }).flatMap((file) =>
  [...readFileSync(join(core, file), 'utf8').matchAll(/^ {2}([A-Z0-9_]+):/gm)].map(([, code]) => code!),
);

test('a code has one sentence: no two folders say it', () => {
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  expect(codes.sort()).toEqual(Object.keys(refusals).sort());
});

test('what ends an enrolment has no name of a refusal: each has one sentence', () => {
  expect(Object.keys(endings).filter((code) => code in refusals)).toEqual([]);
});

test('a sentence is one line that ends', () => {
  expect(Object.values(refusals).filter((sentence) => !/^[A-Z][^\n]*\.$/.test(sentence))).toEqual([]);
});
