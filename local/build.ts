// Which bytes would be deployed for each function? One minified ES module a function, made by esbuild from what the
// template says in Metadata.BuildProperties, as `sam build` reads it. A function whose inputs did not change is not
// built again. Run: npm run build [-- <LogicalId>...]

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
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
  const plans = wanted.map((each) => planOf(each, dirname(templateFile), outputFolder));
  const stale = plans.filter((plan) => !isUpToDate(plan, digest));
  await Promise.all(groups(stale).map((group) => buildGroup(group, digest)));
  return plans.map(({ logicalId, folder, stampFile }) => {
    const { bytes } = readStamp(stampFile)!;
    return { logicalId, folder, bytes, rebuilt: stale.some((plan) => plan.logicalId === logicalId) };
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
    stampFile: join(outputFolder, '.stamps', `${logicalId}.json`),
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

/** Functions with the same options are bundled in one run: esbuild then reads what they share once. */
function groups(plans: readonly Plan[]): Plan[][] {
  const byOptions = Map.groupBy(plans, ({ options, output }) =>
    // Chunks are shared within a run, and must not be between functions.
    options.splitting ? output : JSON.stringify(options),
  );
  return [...byOptions.values()];
}

async function buildGroup(plans: readonly Plan[], digest: (file: string) => string): Promise<void> {
  const { options } = plans[0]!;
  for (const { folder } of plans) rmSync(folder, { recursive: true, force: true });
  const entryPoints = Object.fromEntries(plans.map(({ output, entry }) => [output, entry]));
  // A chunk name of its own folder keeps a split function in one piece.
  const chunkNames = `${plans[0]!.logicalId}/[name]-[hash]`;
  const { metafile } = (await build({ ...options, entryPoints, chunkNames })) as { metafile: Metafile };
  for (const plan of plans) writeStamp(plan, metafile, digest);
}

function writeStamp(plan: Plan, metafile: Metafile, digest: (file: string) => string): void {
  const root = plan.options.absWorkingDir;
  const inputs = reachable(metafile, relative(root, plan.entry));
  const own = relative(root, plan.folder);
  const outputs = Object.fromEntries(
    Object.entries(metafile.outputs).filter(([name]) => name.startsWith(`${own}/`)),
  );
  const scripts = Object.entries(outputs).filter(([name]) => name.endsWith('.mjs'));
  const bytes = scripts.reduce((sum, [, output]) => sum + output.bytes, 0);
  const digests = Object.fromEntries(Object.keys(inputs).map((name) => [name, digest(join(root, name))]));
  mkdirSync(dirname(plan.stampFile), { recursive: true });
  writeFileSync(join(plan.folder, 'meta.json'), JSON.stringify({ inputs, outputs }));
  writeFileSync(
    plan.stampFile,
    JSON.stringify({ settings: settingsOf(plan), inputs: digests, bytes } satisfies Stamp),
  );
}

/** What the entry imports, directly or not: a run of several functions lists the inputs of all of them together. */
function reachable(metafile: Metafile, entry: string): Metafile['inputs'] {
  const found: Metafile['inputs'] = {};
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const input = metafile.inputs[path];
    if (!input || found[path] || path.startsWith('(disabled)')) continue;
    found[path] = input;
    open.push(...input.imports.map((each) => each.path));
  }
  return found;
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
  for (const { logicalId, bytes, rebuilt } of bundles) {
    console.log(
      `${logicalId.padEnd(40)} ${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${rebuilt ? 'built' : 'unchanged'}`,
    );
  }
  console.log(`${bundles.length} functions in ${Math.round(performance.now() - started)} ms`);
}
