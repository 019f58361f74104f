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
