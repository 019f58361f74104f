import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openJournal } from '../../../local/stepfunctions/journal.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'journal-')), 'journal');
const written = async (records: object[], file = newFile()) => {
  const { journal } = await openJournal(file);
  await Promise.all(records.map((record) => journal.append(record)));
  await journal.close();
  return file;
};
const read = async (file: string) => {
  const { records, journal } = await openJournal(file);
  await journal.close();
  return records;
};
const record = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((value) => JSON.parse(JSON.stringify(value)) as object);

test('gives back what was appended, in order, over restarts', () =>
  fc.assert(
    fc.asyncProperty(fc.array(record), fc.array(record), async (first, second) => {
      const file = await written(first);
      await written(second, file);
      expect(await read(file)).toEqual([...first, ...second]);
    }),
    { numRuns: 40 },
  ));

test('torn at any byte gives back a beginning, and goes on from there', () =>
  fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1 }), fc.nat(), record, async (records, at, next) => {
      const file = await written(records);
      const length = readFileSync(file).length;
      truncateSync(file, at % (length + 1));
      const kept = await read(file);
      expect(kept).toEqual(records.slice(0, kept.length));
      await written([next], file);
      expect(await read(file)).toEqual([...kept, next]);
    }),
    { numRuns: 60 },
  ));

test('cuts off a last line of rubbish', async () => {
  const file = await written([{ a: 1 }]);
  appendFileSync(file, '00000000 {"b":2}\n\u0000\u0000');
  expect(await read(file)).toEqual([{ a: 1 }]);
});

test('refuses a file that was changed in the middle', async () => {
  const file = await written([{ a: 1 }, { b: 2 }, { c: 3 }]);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"b":2', '"b":3'));
  await expect(openJournal(file)).rejects.toThrow('is damaged at byte 17');
});

test('rejects what comes after it was closed', async () => {
  const { journal } = await openJournal(newFile());
  await journal.close();
  await expect(journal.append({ a: 1 })).rejects.toThrow('closed');
});
