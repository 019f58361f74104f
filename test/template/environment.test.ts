import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { environmentNames } from '../../adapters/config.ts';
import { type Bundle, buildFunctions } from '../../local/build.ts';
import { type FunctionResource, functionsOf } from '../../local/template/functions.ts';
import { readTemplate } from '../../local/template/template.ts';

const root = resolve(import.meta.dirname, '../..');
const templateFile = join(root, 'template.yaml');
const functions = functionsOf(readTemplate(templateFile));
/** Those with a default in adapters/config.ts; a stage may leave them out. */
const optional = ['PAST_SEAL_KEY_IDS', 'PAST_EVIDENCE_KEY_IDS', 'APODERA_CLOCK_URL'];
let bundles: readonly Bundle[];

beforeAll(async () => {
  bundles = await buildFunctions({ templateFile, outputFolder: join(root, '.cache/template') });
});

/** Values that say nothing: init reads them and calls nobody. */
function plausible(name: string): string {
  if (name === 'NODE_ROLE') return 'network';
  if (name === 'NODE_STAGE') return 'dev';
  if (name === 'PASSWORD_FALLBACK') return 'allowed';
  if (name === 'PAYOUTS_FROZEN' || name === 'EXECUTOR_IDEMPOTENT') return 'no';
  if (/SECONDS|DAYS/.test(name)) return '60';
  return /URL|ORIGIN/.test(name) ? 'https://example.invalid' : 'x';
}

function variablesOf({ properties }: FunctionResource): Record<string, string> {
  const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: object };
  return Object.fromEntries(Object.keys(Variables).map((name) => [name, plausible(name)]));
}

const ours = new Set(Object.values(environmentNames));

/** What init asks for, in a process that has this function's variables and nothing else. */
async function namesRead(bundle: string, variables: Record<string, string>): Promise<string[]> {
  const script = `
    const read = new Set();
    process.env = new Proxy(process.env, { get(env, name) { read.add(String(name)); return env[name]; } });
    await import(${JSON.stringify(bundle)});
    process.stdout.write(JSON.stringify([...read]));
    process.exit(0);`;
  const env = { PATH: process.env.PATH ?? '', AWS_REGION: 'us-east-1', ...variables };
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  return JSON.parse((await run).stdout) as string[];
}

test.each(functions.map((one) => [one.logicalId, one] as const))(
  'the start of %s reads no variable that the template does not give it',
  async (logicalId, resource) => {
    const { folder } = bundles.find((one) => one.logicalId === logicalId)!;
    const variables = variablesOf(resource);
    const read = await namesRead(join(folder, 'handler.mjs'), variables);
    const missing = read.filter((name) => ours.has(name) && !(name in variables) && !optional.includes(name));
    expect(missing).toEqual([]);
  },
  60_000,
);

test.each(functions.map((one) => [one.logicalId]))(
  '%s is given no variable of its own that its code never asks for',
  (logicalId) => {
    const { folder } = bundles.find((one) => one.logicalId === logicalId)!;
    const code = globSync('**/*.mjs', { cwd: folder }).map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    // readConfig names its settings as text; the table of settings does not.
    const asked = Object.entries(environmentNames).filter(([setting]) =>
      code.some((text) => new RegExp(`["'\`]${setting}["'\`]`).test(text)),
    );
    const { Environment } = readTemplate(templateFile).Resources[logicalId]!.Properties as {
      Environment?: { Variables: object };
    };
    const names = new Set(asked.map(([, name]) => name));
    expect(Object.keys(Environment?.Variables ?? {}).filter((name) => !names.has(name))).toEqual([]);
  },
);

/** KiB; what a payout waits for is held closer than the others (docs/payout.md, what it costs). */
const mostAtStart: Readonly<Record<string, number>> = {
  AdmitPayoutFunction: 334,
  ApplyActFunction: 466,
  ServeAdminFunction: 456,
  ServeConsoleFunction: 534,
  SendMailFunction: 465,
};

test.each(functions.map((one) => [one.logicalId]))(
  'the start of %s reads no more code than its budget',
  (logicalId) => {
    const { startBytes } = bundles.find((one) => one.logicalId === logicalId)!;
    expect(startBytes / 1024).toBeLessThan(mostAtStart[logicalId] ?? 450);
  },
);
