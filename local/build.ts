// Which bytes would be deployed for each function? One minified ES module a function, made by esbuild from what the
// template says in Metadata.BuildProperties, as `sam build` reads it. A function whose inputs did not change is not
// built again. Run: npm run build [-- <LogicalId>...]

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type Loader, type Metafile, version } from 'esbuild';
import { type FunctionResource, functionsOf } from './template/functions.ts';
import { readTemplate } from './template/template.ts';

export interface Bundle {
  readonly logicalId: string;
  /** `<outputFolder>/<LogicalId>/`; it holds `<module>.mjs`, its source map and `meta.json`. */
  readonly folder: string;
  readonly bytes: number;
  /** Of `bytes`, what a start reads: the handler and what it imports at once; the rest is loaded on first use. */
  readonly startBytes: number;
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
  readonly startBytes: number;
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
  const plans = wanted.map((each) => planOf(each, dirname(templateFile), outputFolder));
  const stale = plans.filter((plan) => !isUpToDate(plan, digest));
  await Promise.all(stale.map((plan) => buildOne(plan, digest)));
  return plans.map((plan) => {
    const { bytes, startBytes } = readStamp(plan.stampFile)!;
    const { logicalId, folder } = plan;
    return { logicalId, folder, bytes, startBytes, rebuilt: stale.includes(plan) };
  });
}

interface Plan {
  readonly logicalId: string;
  readonly folder: string;
  readonly stampFile: string;
  /** `<LogicalId>/<module>`, without extension. */
  readonly output: string;
  readonly entry: string;
  readonly options: BuildOptions & { readonly absWorkingDir: string; readonly outdir: string };
}

function planOf(resource: FunctionResource, root: string, outputFolder: string): Plan {
  const { logicalId, module } = resource;
  return {
    logicalId,
    folder: join(outputFolder, logicalId),
    stampFile: join(outputFolder, '.built', `${logicalId}.json`),
    output: `${logicalId}/${module}`,
    entry: entryOf(resource, root),
    options: { ...optionsOf(resource), absWorkingDir: root, outdir: outputFolder },
  };
}

const settingsOf = ({ entry, options }: Plan): string =>
  `esbuild ${version} ${entry} ${JSON.stringify(options)}`;

function isUpToDate(plan: Plan, digest: (file: string) => string): boolean {
  const stamp = readStamp(plan.stampFile);
  return (
    stamp?.settings === settingsOf(plan) &&
    existsSync(join(plan.options.outdir, `${plan.output}.mjs`)) &&
    Object.entries(stamp.inputs).every(
      ([file, sha]) => digest(join(plan.options.absWorkingDir, file)) === sha,
    )
  );
}

async function buildOne(plan: Plan, digest: (file: string) => string): Promise<void> {
  const { options, output, entry, folder, logicalId, stampFile } = plan;
  rmSync(folder, { recursive: true, force: true });
  const entryPoints = { [output]: entry };
  const chunkNames = `${logicalId}/[name]-[hash]`;
  const { metafile } = (await build({ ...options, entryPoints, chunkNames })) as { metafile: Metafile };
  const { inputs, outputs } = metafile;
  const sources = Object.keys(inputs).filter((name) => !name.startsWith('(disabled)'));
  const stamp: Stamp = {
    settings: settingsOf(plan),
    inputs: Object.fromEntries(sources.map((name) => [name, digest(join(options.absWorkingDir, name))])),
    bytes: bytesOf(outputs, Object.keys(outputs).filter(isScript)),
    startBytes: bytesOf(outputs, readAtStart(outputs, `${output}.mjs`)),
  };
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ inputs, outputs }));
  writeFileSync(stampFile, JSON.stringify(stamp));
}

const isScript = (output: string) => output.endsWith('.mjs');

const bytesOf = (outputs: Metafile['outputs'], names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + outputs[name]!.bytes, 0);

/** The handler's module and every chunk that it imports without waiting for a first use. */
function readAtStart(outputs: Metafile['outputs'], handler: string): ReadonlySet<string> {
  const read = new Set(Object.keys(outputs).filter((name) => name.endsWith(`/${handler}`)));
  for (const name of read) {
    for (const { path, kind } of outputs[name]!.imports)
      if (kind === 'import-statement' && outputs[path]) read.add(path);
  }
  return read;
}

/** What a CommonJS dependency inside an ES module needs in order to `require` a built-in module. */
const requireBanner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** Of several entry points, the one that Handler names. */
function entryOf({ logicalId, properties, build: said, module }: FunctionResource, root: string): string {
  const entries = (said.EntryPoints as string[] | undefined) ?? [];
  const named = entries.find((each) => basename(each).replace(/\.tsx?$/, '') === module) ?? entries[0];
  if (!named) throw new Error(`"${logicalId}" has no Metadata.BuildProperties.EntryPoints.`);
  return resolve(root, String(properties.CodeUri ?? '.'), named);
}

function optionsOf({ logicalId, build: said }: FunctionResource): BuildOptions {
  const format = String(said.Format ?? 'esm');
  if (format !== 'esm') throw new Error(`"${logicalId}" must be built with Format: esm, found "${format}".`);
  return {
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
  const kib = (count: number) => `${String(Math.ceil(count / 1024)).padStart(6)} KiB`;
  for (const { logicalId, bytes, startBytes, rebuilt } of bundles) {
    const said = rebuilt ? 'built' : 'unchanged';
    console.log(`${logicalId.padEnd(40)} ${kib(startBytes)} at start of ${kib(bytes)}  ${said}`);
  }
  console.log(`${bundles.length} functions in ${Math.round(performance.now() - started)} ms`);
}
