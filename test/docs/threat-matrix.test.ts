import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documents, matrix } from '../attacks/report.ts';

const root = join(import.meta.dirname, '../..');
const attacks = readdirSync(join(root, 'test/attacks'))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(root, 'test/attacks', name), 'utf8'))
  .join('\n');

test('A-092 each of the 31 cells of mitigation and threat has an attack test, or the document that states it', () => {
  const cells = Object.entries(matrix).flatMap(([threat, mitigations]) =>
    mitigations.map((mitigation) => ({ mitigation, cell: `${mitigation}/${threat}` })),
  );
  expect(cells).toHaveLength(31);
  const without = cells.filter(({ mitigation, cell }) => {
    const document = documents[mitigation];
    if (document === undefined) return !new RegExp(`['\`]${cell}\\b`).test(attacks);
    return !readFileSync(join(root, document), 'utf8').includes(mitigation);
  });
  expect(without).toEqual([]);
  expect(Object.values(documents).every((document) => existsSync(join(root, document)))).toBe(true);
});
