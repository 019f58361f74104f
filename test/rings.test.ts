import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

// The rings of the architecture: an import may only point inward. Biome says it for packages and
// patterns; this test resolves every relative import, so that no spelling escapes it.
const root = resolve(import.meta.dirname, '..');
const mayImport: Record<string, readonly string[]> = {
  core: ['core'],
  adapters: ['core', 'adapters'],
  pages: ['core', 'adapters', 'pages'],
  functions: ['core', 'adapters', 'pages', 'functions'],
  proxy: ['core', 'adapters', 'proxy'],
  clients: ['clients'],
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

for (const [ring, allowed] of Object.entries(mayImport)) {
  test(`${ring}/ imports only ${allowed.join(', ')}`, () => {
    const wrong: string[] = [];
    let files: string[] = [];
    try {
      files = sources(ring);
    } catch {
      files = [];
    }
    for (const file of files) {
      for (const match of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        const target = relative(root, resolve(file, '..', match[1]!));
        if (!allowed.includes(target.split('/')[0]!)) wrong.push(`${relative(root, file)} -> ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });
}

test('no imports go in a circle but in the engine, where a Map runs a flow of states', () => {
  const folders = [...Object.keys(mayImport), 'cli', 'local', 'openapi', 'bench'];
  const imports = new Map(
    folders.flatMap(sources).map((file) => {
      const named = readFileSync(file, 'utf8').matchAll(/^(?:import|export) [^;']*?from '(\.[^']+)'/gm);
      return [file, [...named].map((match) => resolve(file, '..', match[1]!))] as const;
    }),
  );
  // Whatever imports nothing that is left, or is imported by nothing that is left, stands in no circle.
  let size: number;
  do {
    size = imports.size;
    const imported = new Set([...imports.values()].flat());
    for (const [file, targets] of imports)
      if (!imported.has(file) || !targets.some((one) => imports.has(one))) imports.delete(file);
  } while (imports.size < size);
  const left = [...imports.keys()].map((file) => relative(root, file));
  const engine = /^local\/stepfunctions\/(?:map|attempts|states|flow)\.ts$/;
  expect(left.filter((file) => !engine.test(file))).toEqual([]);
});
