// Which bytes would be deployed for each function? One minified ES module a function, made by esbuild from what the
// template says in Metadata.BuildProperties, as `sam build` reads it. A function whose inputs did not change is not
// built again. Run: npm run build [-- <LogicalId>...]

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type Loader, type Metafile, version } from 'esbuild';
import { type FunctionResource, functionsOf } from './template/functions.ts';
import { readTemplate } from './template/template.ts';

export interface Bundle {
  readonly logicalId: string;
  /** `<outputFolder>/<LogicalId>/`; it holds `<module>.mjs`, its source map and `meta.json`. */
  readonly folder: string;
  readonly bytes: number;
  readonly rebuilt: boolean;
}

export interface BuildRequest {
  readonly templateFile?: string;
  readonly outputFolder?: string;
  /** Absent: every function of the template. */
  readonly only?: readonly string[];
}

interface Stamp {
  readonly settings: string;
  /** SHA-256 by input path, relative to the working folder. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly bytes: number;
}

/** Paths in the template are relative to it. Rejects with esbuild's messages when a function does not compile. */
export async function buildFunctions(request: BuildRequest = {}): Promise<Bundle[]> {
  const templateFile = resolve(request.templateFile ?? 'template.yaml');
  const outputFolder = resolve(request.outputFolder ?? 'dist');
  const digest = rememberingDigest();
  const all = functionsOf(readTemplate(templateFile));
  const unknown = request.only?.find((name) => !all.some(({ logicalId }) => logicalId === name));
  if (unknown) throw new Error(`The template has no function "${unknown}".`);
  const wanted = all.filter(({ logicalId }) => request.only?.includes(logicalId) ?? true);
  return Promise.all(wanted.map((each) => buildOne(each, dirname(templateFile), outputFolder, digest)));
}

async function buildOne(
  resource: FunctionResource,
  root: string,
  outputFolder: string,
  digest: (file: string) => string,
): Promise<Bundle> {
  const { logicalId } = resource;
  const folder = join(outputFolder, logicalId);
  const stampFile = join(outputFolder, '.stamps', `${logicalId}.json`);
  const options = optionsOf(resource, root, folder);
  const settings = `esbuild ${version} ${JSON.stringify(options)}`;
  const stamp = readStamp(stampFile);
  const outputs = Object.keys(options.entryPoints as Record<string, string>).map((name) => `${name}.mjs`);
  const unchanged =
    stamp?.settings === settings &&
    outputs.every((name) => existsSync(join(folder, name))) &&
    Object.entries(stamp.inputs).every(([file, sha]) => digest(join(root, file)) === sha);
  if (unchanged) return { logicalId, folder, bytes: stamp.bytes, rebuilt: false };
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = (await build(options)) as { metafile: Metafile };
  const scripts = Object.entries(metafile.outputs).filter(([name]) => name.endsWith('.mjs'));
  const bytes = scripts.reduce((sum, [, output]) => sum + output.bytes, 0);
  const inputs = Object.keys(metafile.inputs).filter((name) => !name.startsWith('(disabled)'));
  const written = {
    settings,
    inputs: Object.fromEntries(inputs.map((name) => [name, digest(join(root, name))])),
    bytes,
  };
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(join(folder, 'meta.json'), JSON.stringify(metafile));
  writeFileSync(stampFile, JSON.stringify(written));
  return { logicalId, folder, bytes, rebuilt: true };
}

/** What a CommonJS dependency inside an ES module needs in order to `require` a built-in module. */
const requireBanner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

function optionsOf(
  { logicalId, properties, build: said, module }: FunctionResource,
  root: string,
  folder: string,
): BuildOptions {
  const codeFolder = resolve(root, String(properties.CodeUri ?? '.'));
  const entries = said.EntryPoints as string[] | undefined;
  const entry =
    entries?.find(
      (each) =>
        each
          .replace(/\.tsx?$/, '')
          .split('/')
          .at(-1) === module,
    ) ?? entries?.[0];
  if (!entry) throw new Error(`"${logicalId}" has no Metadata.BuildProperties.EntryPoints.`);
  const format = String(said.Format ?? 'esm');
  if (format !== 'esm') throw new Error(`"${logicalId}" must be built with Format: esm, found "${format}".`);
  return {
    absWorkingDir: root,
    entryPoints: { [module]: join(codeFolder, entry) },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: String(said.Target ?? 'node24'),
    minify: said.Minify !== false,
    sourcemap: said.Sourcemap === false ? false : 'linked',
    sourcesContent: false,
    splitting: said.Splitting === true,
    metafile: true,
    mainFields: (said.MainFields as string | undefined)?.split(',') ?? ['module', 'main'],
    external: (said.External as string[] | undefined) ?? [],
    loader: pairsOf(said.Loader) as Record<string, Loader>,
    banner: { js: pairsOf(said.Banner).js ?? requireBanner },
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    logLevel: 'silent',
  };
}

/** SAM writes `Loader: ['.html=text']`, `Banner: ['js=...']`. */
function pairsOf(said: unknown): Record<string, string> {
  const pairs = ((said as string[] | undefined) ?? []).map((each) => [
    each.slice(0, each.indexOf('=')),
    each.slice(each.indexOf('=') + 1),
  ]);
  return Object.fromEntries(pairs);
}

function readStamp(file: string): Stamp | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Stamp) : undefined;
}

/** Functions share most of their inputs: each file is read once a build. */
function rememberingDigest(): (file: string) => string {
  const known = new Map<string, string>();
  return (file) => {
    const found = known.get(file) ?? (existsSync(file) ? sha256(readFileSync(file)) : 'gone');
    known.set(file, found);
    return found;
  };
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('base64url');

if (import.meta.main) {
  const started = performance.now();
  const only = process.argv.slice(2);
  const bundles = await buildFunctions(only.length > 0 ? { only } : {});
  for (const { logicalId, bytes, rebuilt } of bundles) {
    console.log(
      `${logicalId.padEnd(40)} ${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${rebuilt ? 'built' : 'unchanged'}`,
    );
  }
  console.log(`${bundles.length} functions in ${Math.round(performance.now() - started)} ms`);
}
