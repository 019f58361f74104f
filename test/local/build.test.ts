import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildFunctions } from '../../local/build.ts';
import { freshFolder } from './endpoints/support.ts';

const fixtures = new URL('fixtures', import.meta.url).pathname;

function copied() {
  const folder = freshFolder();
  cpSync(fixtures, folder, { recursive: true });
  const build = (only?: string[]) =>
    buildFunctions({
      templateFile: join(folder, 'template.yaml'),
      outputFolder: join(folder, 'dist'),
      ...(only ? { only } : {}),
    });
  return { folder, build };
}

describe('build', () => {
  it('makes one loadable ES module a function with map and metafile', async () => {
    const { folder, build } = copied();
    const bundles = await build(['AuthorizeFunction']);
    expect(bundles.map(({ logicalId, rebuilt }) => [logicalId, rebuilt])).toEqual([
      ['AuthorizeFunction', true],
    ]);
    const module = await import(join(folder, 'dist/AuthorizeFunction/handler.mjs'));
    expect(module.handler).toBeTypeOf('function');
    const meta = JSON.parse(readFileSync(join(folder, 'dist/AuthorizeFunction/meta.json'), 'utf8'));
    expect(Object.keys(meta.inputs)).toEqual(['functions/authorize/handler.ts']);
    expect(readFileSync(join(folder, 'dist/AuthorizeFunction/handler.mjs.map'), 'utf8')).toContain(
      'mappings',
    );
  });

  it('builds again only the functions whose sources changed', async () => {
    const { folder, build } = copied();
    await build();
    const source = join(folder, 'functions/authorize/handler.ts');
    writeFileSync(source, `${readFileSync(source, 'utf8')}\nexport const changed = 1;\n`);
    const again = await build();
    expect(again.filter(({ rebuilt }) => rebuilt).map(({ logicalId }) => logicalId)).toEqual([
      'AuthorizeFunction',
    ]);
  });

  it('names a function that the template does not have', async () => {
    await expect(copied().build(['NoFunction'])).rejects.toThrow('"NoFunction"');
  });

  it('rejects when a function does not compile', async () => {
    const { folder, build } = copied();
    writeFileSync(join(folder, 'functions/authorize/handler.ts'), 'export const = 1;');
    await expect(build(['AuthorizeFunction'])).rejects.toThrow('functions/authorize/handler.ts');
  });
});
